import { randomBytes } from 'node:crypto';
import { createThreadsSimulator } from 'passport-threads-oauth2/simulator';
import { createApp } from './app.js';

// The secrets below are known to everyone, and a simulator signs anyone in.
if (process.env.NODE_ENV === 'production')
  throw new Error('This is for development: see app.js for production');

const { PORT = '3000' } = process.env;
const origin = `http://localhost:${PORT}`;

const tenants = new Map([
  ['bakery', { clientID: '1001', clientSecret: 'of the bakery' }],
  ['library', { clientID: '1002', clientSecret: 'of the library' }],
]);
const simulator = createThreadsSimulator({
  apps: [...tenants].map(([name, app]) => ({
    ...app,
    name,
    redirectURIs: [`${origin}/${name}/auth/threads/callback`],
  })),
});
await simulator.listen();

const app = createApp({
  find: (name) => tenants.get(name),
  origin,
  sessionSecret: randomBytes(32).toString('hex'),
  endpoints: simulator.endpoints,
});
app.listen(Number(PORT), '127.0.0.1', () => {
  console.log([...tenants.keys()].map((name) => `Open ${origin}/${name}`).join('\n'));
});
