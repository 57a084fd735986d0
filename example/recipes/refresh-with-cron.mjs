// Refreshes the tokens that are due, on this library alone. For cron, once an hour and never twice at a time:
//   17 * * * *  flock -n /tmp/refresh.lock node --env-file=.env refresh-with-cron.mjs
//
// It may be killed at any moment: a file is replaced in one step, and the next run does what is left. Each person has a
// file, tokens/USER_ID.json: { userId, accessToken, issuedAt, expiresAt, dataAccessExpiresAt }. Your app writes it at
// sign-in as `save` does, and deletes USER_ID.* when the person leaves.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { ThreadsClient } from 'passport-threads-oauth2';

const { TOKENS: folder = 'tokens', RATE: rate = '50', THREADS_TESTER_TOKEN: tester, ...env } = process.env;
const threads = new ThreadsClient({
  clientID: env.THREADS_APP_ID,
  clientSecret: env.THREADS_APP_SECRET,
  simulator: env.THREADS_SIMULATOR_URL,
});

function load(id) {
  try {
    const text = readFileSync(`${folder}/${id}.json`, 'utf8');
    return JSON.parse(text, (key, value) => (value && /^at$|At$/.test(key) ? new Date(value) : value));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function save(row) {
  const draft = `${folder}/${row.userId}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(row), { mode: 0o600, flush: true });
  renameSync(draft, `${folder}/${row.userId}.json`);
}

/** Saves what is new, unless the person has signed in again or left since the row was read. */
function update(row, changes) {
  if (load(row.userId)?.accessToken === row.accessToken) save({ ...row, ...changes });
}

function* stored(isWanted = () => true) {
  for (const name of readdirSync(folder)) {
    const row = name.endsWith('.json') ? load(name.slice(0, -5)) : undefined;
    if (row && isWanted(row)) yield row;
  }
}

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const options = { rate: Number(rate), signal: stop.signal, accessToken: tester || undefined };
const count = { refreshed: 0, skipped: 0, requires_login: 0, failed: 0 };
for await (const { input, outcome, token, error, asked } of threads.refreshTokens(stored(), options)) {
  count[outcome] += 1;
  if (asked || outcome === 'failed') console.error(`${input.userId}: ${error.message}`);
  const { accessToken, expiresAt } = token ?? input;
  const renewed = token && { accessToken, expiresAt, issuedAt: new Date(), dataAccessExpiresAt: undefined };
  if (token || asked) update(input, { ...renewed, lastOutcome: { outcome, at: new Date() } });
}
// A refresh may have extended the grant, so its end is asked for anew.
const isNew = (row) => row.lastOutcome?.outcome === 'refreshed' && row.dataAccessExpiresAt === undefined;
for await (const { input, info } of threads.verifyTokens(stored(isNew), options)) {
  if (info?.isValid) update(input, { dataAccessExpiresAt: info.dataAccessExpiresAt });
}
console.log(JSON.stringify(count));
