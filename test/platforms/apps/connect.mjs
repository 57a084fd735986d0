import { createServer } from 'node:http';
import connect from 'connect';
import { listen } from './listen.mjs';
import { finish, start } from './people.mjs';

const app = connect();
// The longer path first: Connect matches the beginning of a path.
app.use('/auth/threads/callback', finish);
app.use('/auth/threads', start);
listen(createServer(app));
