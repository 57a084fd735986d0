import { createServer } from 'node:http';
import express from '@feathersjs/express';
import { feathers } from '@feathersjs/feathers';
import { listen } from './listen.mjs';
import { finish, start } from './people.mjs';

const app = express(feathers());
app.get('/auth/threads', start);
app.get('/auth/threads/callback', finish);
listen(createServer(app));
