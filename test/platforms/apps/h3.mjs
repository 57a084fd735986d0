import { createServer } from 'node:http';
import { fromNodeHandler, H3, toNodeHandler } from 'h3';
import { listen } from './listen.mjs';
import { finish, start } from './people.mjs';

const app = new H3();
app.get('/auth/threads', fromNodeHandler(start));
app.get('/auth/threads/callback', fromNodeHandler(finish));
listen(createServer(toNodeHandler(app)));
