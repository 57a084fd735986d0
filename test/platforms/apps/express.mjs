import express from 'express';
import { finish, start } from './people.mjs';

export const app = express();
app.get('/auth/threads', start);
app.get('/auth/threads/callback', finish);
