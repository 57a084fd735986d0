// Each fault of the fault suite, at the token endpoint and at the profile, met by this package and by its peers.
// A login survives when, within the limit, an Error reaches the app or the right person does, once, and the
// process lives on.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { faults } from '../../test/faults/faults.ts';
import { NAME, startFaultServer } from '../../test/faults/server.ts';
import { CODE, USER_ID } from '../../test/support/fixtures.ts';

const CONTENDERS = ['passport-threads-oauth2', 'passport-threads', 'passport-facebook'];
const ENDPOINTS = { token: 'token', me: 'profile' };
const LIMIT = 1500;
const SURVIVED = new Set(['signs in', 'Error']);

const server = await startFaultServer();
const file = new URL('login.js', import.meta.url);

function logIn(contender, endpoint, fault) {
  const setting = {
    contender,
    sound: server.endpoints(),
    faulty: server.endpoints(endpoint, fault),
    code: CODE,
    userId: USER_ID,
    name: NAME,
    limit: LIMIT,
  };
  const child = fork(file, [JSON.stringify(setting)], { stdio: 'ignore', execArgv: [] });
  return new Promise((resolve) => {
    let outcome = 'crash';
    child.on('message', (message) => {
      outcome = message;
    });
    child.on('exit', () => resolve(outcome));
  });
}

for (const contender of CONTENDERS) {
  const outcome = await logIn(contender);
  if (outcome !== 'signs in')
    throw new Error(`${contender} does not even sign in without a fault: ${outcome}`);
}

const cases = Object.keys(faults).flatMap((fault) =>
  Object.keys(ENDPOINTS).map((endpoint) => ({ fault, endpoint, outcomes: [] })),
);
const waiting = cases.flatMap((one) => CONTENDERS.map((contender, at) => ({ one, contender, at })));
async function lane() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { one, contender, at } = next;
    one.outcomes[at] = await logIn(contender, one.endpoint, one.fault);
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, lane));
await server.close();

const row = (first, second, rest) =>
  console.log(
    `${first.padEnd(38)}${second.padEnd(9)}${rest.map((cell) => cell.padEnd(25)).join('')}`.trimEnd(),
  );
row('Fault', 'at', CONTENDERS);
for (const { fault, endpoint, outcomes } of cases) {
  const cells = outcomes.map((outcome) => `${SURVIVED.has(outcome) ? ' ' : '✗'} ${outcome}`);
  row(fault, ENDPOINTS[endpoint], cells);
}
const survived = CONTENDERS.map((_, at) => cases.filter(({ outcomes }) => SURVIVED.has(outcomes[at])).length);
row(
  `Survived, of ${cases.length}`,
  '',
  survived.map((count) => `  ${count}`),
);
if (survived[0] !== cases.length) process.exitCode = 1;
