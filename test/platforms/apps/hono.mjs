import { serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { finish, start } from './people.mjs';

/** Passport's middleware answers on the response of Node, which Hono then leaves alone. */
const onNode = (middleware) => (c) =>
  new Promise((resolve, reject) => {
    const { incoming, outgoing } = c.env;
    outgoing.once('close', () => resolve(RESPONSE_ALREADY_SENT));
    middleware(incoming, outgoing, reject);
  });

const app = new Hono();
app.get('/auth/threads', onNode(start));
app.get('/auth/threads/callback', onNode(finish));

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' }, () =>
  console.log('listening'),
);
