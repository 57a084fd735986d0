// One login by one strategy against one fault, in a process of its own: some faults end it.
import { app, verify } from '../login.js';

const { contender, sound, faulty, code, userId, name, limit } = JSON.parse(process.argv[2]);

const strategies = {
  'passport-threads-oauth2': async (options) => {
    const { ThreadsStrategy } = await import('../../dist/index.js');
    return new ThreadsStrategy({ ...options, state: false }, verify);
  },
  'passport-threads': async (options) => {
    const { Strategy } = await import('passport-threads').then((module) => module.default);
    return new Strategy(options, verify);
  },
  'passport-facebook': async (options) => {
    const { Strategy } = await import('passport-facebook');
    return new Strategy(options, verify);
  },
};

const makeStrategy = ({ tokenURL, graphURL }, timeout) =>
  strategies[contender]({ ...app, tokenURL, graphURL, profileURL: `${graphURL}/me`, timeout });

/** Logs in, and calls back with every outcome. */
async function logIn(endpoints, end, timeout) {
  const attempt = Object.create(await makeStrategy(endpoints, timeout));
  attempt.success = ({ id, _json }) => end(id === userId && _json.name === name ? 'signs in' : 'wrong user');
  attempt.error = (error) => end(error instanceof Error ? 'Error' : 'not an Error');
  attempt.fail = () => end('fail');
  attempt.authenticate({ method: 'GET', url: '/', headers: {}, query: { code } }, {});
}

// Once without a fault: what loads at the first request must not count, and each contender must be able to.
const first = await new Promise((resolve, reject) => logIn(sound, resolve).catch(reject));
if (first !== 'signs in') throw new Error(`Without a fault: ${first}`);

const outcomes = [];
function finish() {
  const outcome = outcomes.length > 1 ? `${outcomes.length} outcomes` : (outcomes[0] ?? 'no outcome');
  process.send(outcome, () => process.exit());
}
setTimeout(finish, limit);
const record = (outcome) => {
  outcomes.push(outcome);
  // Long enough for a second outcome, or for a crash that follows.
  if (outcomes.length === 1) setTimeout(finish, 100);
};
// Only this package has a time limit to set; the others take no notice.
await logIn(faulty, record, limit / 2);
