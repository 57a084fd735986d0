import { createServer } from 'node:http';
import { serve } from 'micro';
import { listen } from './listen.mjs';
import { finish, start } from './people.mjs';

const app = async (req, res) => {
  const leg = req.url.startsWith('/auth/threads/callback') ? finish : start;
  await new Promise((resolve, reject) => {
    res.once('close', resolve);
    leg(req, res, reject);
  });
};
listen(createServer(serve(app)));
