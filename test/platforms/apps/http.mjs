import { createServer } from 'node:http';
import { listen } from './listen.mjs';
import { finish, start } from './people.mjs';

listen(
  createServer((req, res) => {
    const leg = req.url.startsWith('/auth/threads/callback') ? finish : start;
    leg(req, res, (error) => res.writeHead(500).end(error?.message));
  }),
);
