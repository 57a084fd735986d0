import { createServer } from 'node:http';
import { app } from './express.mjs';
import { listen } from './listen.mjs';

listen(createServer(app));
