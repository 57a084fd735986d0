import { createServer } from 'node:http';
import { listen } from './listen.mjs';

// Everything is loaded by the request that needs it.
listen(
  createServer(async (req, res) => {
    const { finish, start } = await import('./people.mjs');
    const leg = req.url.startsWith('/auth/threads/callback') ? finish : start;
    leg(req, res, (error) => res.writeHead(500).end(error?.message));
  }),
);
