// Refreshes the tokens of a message of a queue: an array of ids in, an outcome for each out. For a function of a cloud
// that a queue calls, such as Lambda with SQS, where a timer puts the ids of all people into the queue once a day.
//
// A message that is delivered twice, or again after the function was ended, does no harm: a token that was refreshed is
// less than 24 hours old and is skipped.
import { ThreadsClient } from 'passport-threads-oauth2';

const { THREADS_APP_ID, THREADS_APP_SECRET, THREADS_SIMULATOR_URL, THREADS_TESTER_TOKEN } = process.env;

const threads = new ThreadsClient({
  clientID: THREADS_APP_ID,
  clientSecret: THREADS_APP_SECRET,
  simulator: THREADS_SIMULATOR_URL,
});

/**
 * @param ids - the ids of people, as in the queue
 * @param store - your database: `load(id)` gives `{ accessToken, issuedAt, expiresAt, dataAccessExpiresAt, lastOutcome }`
 *   with Dates, or undefined; `save(id, accessToken, changes)` changes it where the access token is still that one
 * @param milliseconds - how long there is
 * @returns for each id `{ id, outcome, reason, again }`; where `again` is true, leave the id in the queue
 */
export async function refreshFromQueue(ids, store, milliseconds) {
  const outcomes = new Map();
  async function* stored() {
    for (const id of new Set(ids)) {
      const row = await store.load(id);
      if (row) yield { ...row, id };
      else outcomes.set(id, { id, outcome: 'skipped', reason: 'left', again: false });
    }
  }
  // What is asked before the time is up is waited for, 10 seconds at the most: Threads may have renewed the token.
  const left = milliseconds - 15_000;
  const signal = left > 0 ? AbortSignal.timeout(left) : AbortSignal.abort();
  const options = { rate: 20, signal, accessToken: THREADS_TESTER_TOKEN || undefined };
  const renewed = [];
  for await (const { input, outcome, token, error, reason, asked } of threads.refreshTokens(
    stored(),
    options,
  )) {
    const { id } = input;
    const { accessToken = input.accessToken, expiresAt } = token ?? {};
    const dates = token && { accessToken, expiresAt, issuedAt: new Date(), dataAccessExpiresAt: undefined };
    const lastOutcome = { outcome, at: new Date() };
    if (token || asked) await store.save(id, input.accessToken, { ...dates, lastOutcome });
    if (token) renewed.push({ id, accessToken });
    outcomes.set(id, { id, outcome, reason: error?.reason ?? reason, again: error?.isTransient === true });
  }
  // A refresh may have extended the grant, so its end is asked for anew. Without an answer it stays unknown.
  try {
    for await (const { input, info } of threads.verifyTokens(renewed, options)) {
      const { isValid, dataAccessExpiresAt } = info ?? {};
      if (isValid) await store.save(input.id, input.accessToken, { dataAccessExpiresAt });
    }
  } catch (error) {
    console.error(error.message);
  }
  return ids.map((id) => outcomes.get(id) ?? { id, outcome: 'failed', reason: 'no_time', again: true });
}

/** For Lambda: `export const handler = fromSQS(store)`, and `ReportBatchItemFailures` among the settings of the queue. */
export function fromSQS(store) {
  return async ({ Records }, context) => {
    const ids = Records.map(({ body }) => body);
    const outcomes = await refreshFromQueue(ids, store, context.getRemainingTimeInMillis());
    const again = new Set(outcomes.filter((outcome) => outcome.again).map(({ id }) => id));
    const left = Records.filter(({ body }) => again.has(body));
    return { batchItemFailures: left.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
