import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Agent } from 'undici';
import { ThreadsTokenStrategy, type ThreadsTokenStrategyOptions } from '../../lib/index.js';
import { closeAll, serve } from '../faults/serve.js';
import { answers, app, debugAnswer, graphError, LONG_TOKEN, USER_ID } from '../support/fixtures.js';
import { type Outcome, runStrategy } from '../support/run-strategy.js';
import { asUser } from '../support/user.js';

/**
 * The most sockets: those of `/me` and `debug_token` for each of the 100 tokens that are checked at a time, and as many
 * again, since undici may open a connection before it counts another as free.
 */
const MOST_SOCKETS = 2 * 2 * 100;

/** A Threads that takes its time: an answer is sent when the test says so, of many at once. */
async function slowThreads() {
  const held: (() => void)[] = [];
  let wake = () => {};
  const server = await serve((req, res) => {
    held.push(() => answer(req.url ?? '', res));
    wake();
  });
  /** Waits until so many requests are there. */
  const arrived = async (number: number) => {
    while (held.length < number) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { ...server, held, arrived, answerAll: () => held.splice(0).map((send) => send()).length };
}

function answer(url: string, res: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://threads.example');
  if (pathname === '/oauth/access_token') return void res.end(JSON.stringify(answers.appToken));
  const inspected = searchParams.get('input_token');
  const isMe = inspected === null;
  const isGood = isMe
    ? (res.req.headers.authorization ?? searchParams.get('access_token'))?.includes(LONG_TOKEN)
    : inspected === LONG_TOKEN;
  if (isMe)
    return void res.writeHead(isGood ? 200 : 400).end(JSON.stringify(isGood ? answers.me : graphError(190)));
  const dead = { is_valid: false, error: { code: 190, message: 'Invalid OAuth access token' } };
  res.end(JSON.stringify(isGood ? answers.debug : debugAnswer(dead)));
}

describe('attack: 2,000 forged tokens at once, while Threads is slow', () => {
  afterEach(closeAll);

  function strategyFor(origin: string, options: Partial<ThreadsTokenStrategyOptions> = {}) {
    return new ThreadsTokenStrategy(
      {
        clientID: app.clientID,
        clientSecret: app.clientSecret,
        tokenURL: `${origin}/oauth/access_token`,
        graphURL: `${origin}/v1.0`,
        dispatcher: new Agent(),
        timeout: 50_000,
        ...options,
      } as ThreadsTokenStrategyOptions,
      async (_accessToken, _refreshToken, profile) => asUser({ id: profile.id }),
    );
  }
  const send = (strategy: ThreadsTokenStrategy, token: string) =>
    runStrategy(strategy, { headers: { authorization: `Bearer ${token}` } });

  it('hold a bounded number of sockets, are each refused, and the person behind them gets a turn', async () => {
    const threads = await slowThreads();
    const strategy = strategyFor(threads.origin);
    const outcomes: Outcome[] = [];
    const flood = Array.from({ length: 2000 }, async (_, i) => {
      outcomes.push(await send(strategy, `THQVJforged${i}`));
    });
    const person = send(strategy, LONG_TOKEN);

    let answered = threads.sockets.length;
    let over = false;
    const all = Promise.all([...flood, person]).then(() => {
      over = true;
    });
    while (!over) {
      answered += threads.answerAll();
      await Promise.race([all, threads.arrived(1)]);
    }
    expect(answered).to.be.at.least(4000);
    expect(threads.sockets.length).to.be.at.most(MOST_SOCKETS);
    expect(outcomes).to.have.lengthOf(2000);
    expect(new Set(outcomes.map((one) => one.outcome === 'fail' && one.status))).to.deep.equal(
      new Set([401]),
    );
    expect(await person).to.deep.include({ outcome: 'success', user: { id: USER_ID } });
  });

  it('wait no longer than `timeout` for a turn, and then end in a 504', async () => {
    const threads = await slowThreads();
    const strategy = strategyFor(threads.origin, { timeout: 500, testerAccessToken: 'TESTER' });
    const outcomes = await Promise.all(
      Array.from({ length: 2000 }, (_, i) => send(strategy, `THQVJforged${i}`)),
    );
    const errors = outcomes.map((one) =>
      one.outcome === 'error' ? (one.error as Error & { status: number }) : one,
    );
    for (const error of errors) expect(error).to.include({ code: 'TIMEOUT', status: 504 });
    const waited = errors.filter((error) => String(error).includes('too many others'));
    expect(waited.length).to.be.within(1700, 1900);
    expect(threads.sockets.length).to.be.at.most(MOST_SOCKETS);
  });
});
