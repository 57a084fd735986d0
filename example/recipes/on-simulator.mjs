// Tries a recipe on a simulator with 100 people whose tokens end in six days:
//
//   node example/recipes/on-simulator.mjs refresh-with-cron
//   node example/recipes/on-simulator.mjs refresh-from-queue
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';

const DAY = 24 * 60 * 60 * 1000;
const { clientID, clientSecret } = simulatedApp;
const ids = Array.from({ length: 100 }, (_, i) => `17841400000000${String(i).padStart(3, '0')}`);

const simulator = createThreadsSimulator({
  users: ids.map((id, i) => ({ id, username: `person.${i}`, name: `Person ${i}` })),
});
const now = Date.now();
simulator.travel(-54 * DAY);
const rows = ids.map((userId) => ({
  userId,
  accessToken: simulator.issueToken({ clientID, userId, longLived: true }),
  issuedAt: new Date(now - 54 * DAY),
  expiresAt: new Date(now + 6 * DAY),
}));
simulator.travel(54 * DAY);
// One of them has removed the app.
simulator.revoke({ clientID, userId: ids[0] });
const origin = await simulator.listen();
const settings = {
  THREADS_APP_ID: clientID,
  THREADS_APP_SECRET: clientSecret,
  THREADS_SIMULATOR_URL: origin,
};

const recipes = {
  async 'refresh-with-cron'() {
    const folder = join(mkdtempSync(join(tmpdir(), 'threads-')), 'tokens');
    mkdirSync(folder);
    for (const row of rows) writeFileSync(join(folder, `${row.userId}.json`), JSON.stringify(row));
    console.log(`The tokens are in ${folder}`);
    const recipe = fileURLToPath(new URL('refresh-with-cron.mjs', import.meta.url));
    const env = { ...process.env, ...settings, TOKENS: folder };
    const [code] = await once(spawn(process.execPath, [recipe], { env, stdio: 'inherit' }), 'exit');
    process.exitCode = code;
  },

  async 'refresh-from-queue'() {
    Object.assign(process.env, settings);
    const { refreshFromQueue } = await import('./refresh-from-queue.mjs');
    const database = new Map(rows.map((row) => [row.userId, row]));
    const store = {
      load: async (id) => database.get(id),
      async save(id, accessToken, changes) {
        const row = database.get(id);
        if (row?.accessToken === accessToken) database.set(id, { ...row, ...changes });
      },
    };
    console.table(await refreshFromQueue(ids.slice(0, 10), store, 60_000));
  },
};

const recipe = recipes[process.argv[2]];
if (!recipe) {
  console.error(`Name a recipe: ${Object.keys(recipes).join(', ')}`);
  process.exitCode = 1;
}
await recipe?.();
await simulator.close();
