import { Hono } from 'hono';
import { finish, start } from './threads-client.mjs';

const app = new Hono();
app.get('/auth/threads', (c) => start(c.req.raw));
app.get('/auth/threads/callback', (c) => finish(c.req.raw));
// Hono calls it with what is an `Error`, and throws everything else.
app.onError(({ name, reason, status }, c) => c.json({ name, reason }, status ?? 500));

const port = Number(process.env.PORT);
const hostname = '127.0.0.1';
const onListen = () => console.log('listening');
if (globalThis.Deno) {
  Deno.serve({ port, hostname, onListen }, app.fetch);
} else {
  Bun.serve({ port, hostname, fetch: app.fetch });
  onListen();
}
