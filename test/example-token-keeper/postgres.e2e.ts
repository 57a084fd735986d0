import { type Postgres, startPostgres } from '../support/postgres.js';
import { useServer } from './store.js';
// The same suite as on SQLite.
import './keep-token.test.js';

let server: Postgres;

before(async () => {
  server = await startPostgres(['fsync=off']);
  useServer(server);
});
after(() => server.remove());
