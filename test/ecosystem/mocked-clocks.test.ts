import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Passport } from 'passport';
import sinon from 'sinon';
import { parseSignedRequest, ThreadsClient, type ThreadsProfile, ThreadsStrategy } from '../../lib/index.js';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2033, 4, 18);

/** What Vitest replaces unless told otherwise. `process.nextTick` is not among it, which Node.js itself needs. */
const TIMERS = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'Date',
] as const;

interface Clock {
  set(time: number): void;
  restore(): void;
}

function sinonClock(toFake: readonly ('Date' | (typeof TIMERS)[number])[]): Clock {
  const clock = sinon.useFakeTimers({ now: START, toFake: [...toFake] });
  return { set: (time) => clock.setSystemTime(time), restore: () => clock.restore() };
}

function nodeClock(apis: ('Date' | 'setTimeout' | 'setInterval' | 'setImmediate')[]): Clock {
  mock.timers.enable({ apis, now: START });
  return { set: (time) => mock.timers.setTime(time), restore: () => mock.timers.reset() };
}

const clocks: [what: string, install: () => Clock][] = [
  ['the Date of Sinon', () => sinonClock(['Date'])],
  ['the Date and the timers of Sinon, as in Vitest', () => sinonClock(TIMERS)],
  ['the Date of node:test', () => nodeClock(['Date'])],
  [
    'the Date and the timers of node:test',
    () => nodeClock(['Date', 'setTimeout', 'setInterval', 'setImmediate']),
  ],
];

describe('a clock that a test mocks after everything was made', () => {
  const credentials = { clientID: '1', clientSecret: 'simulated-secret' };
  let simulator: ThreadsSimulator;
  let client: ThreadsClient;
  let server: Server;
  let origin: string;
  let clock: Clock | undefined;

  beforeEach(async () => {
    simulator = createThreadsSimulator({ apps: [] });
    await simulator.listen();
    client = new ThreadsClient({ ...credentials, ...simulator.endpoints });
    const passport = new Passport();
    const app = express();
    app.get('/login', passport.authenticate('threads', { session: false }));
    app.get('/callback', passport.authenticate('threads', { session: false }), (req, res) => {
      res.json(req.user);
    });
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).send(error.message);
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const callbackURL = `${origin}/callback`;
    simulator.addApp({ ...credentials, redirectURIs: [callbackURL] });
    passport.use(
      new ThreadsStrategy(
        { ...credentials, callbackURL, longLived: true, ...simulator.endpoints },
        async (accessToken, _refreshToken, { token }: ThreadsProfile) =>
          ({ accessToken, expiresAt: token?.expiresAt }) as object as Express.User,
      ),
    );
  });

  afterEach(async () => {
    clock?.restore();
    clock = undefined;
    server.close();
    server.closeAllConnections();
    await simulator.close();
  });

  async function login(inBetween = () => {}) {
    const start = await fetch(`${origin}/login`, { redirect: 'manual' });
    const cookie = start.headers.getSetCookie().map((line) => line.split(';')[0]);
    const back = simulator.answer(String(start.headers.get('location')));
    inBetween();
    return fetch(back, { headers: { cookie: cookie.join('; ') } });
  }

  for (const [what, install] of clocks) {
    it(`is seen by strategy, state cookie, client, simulator and parseSignedRequest: ${what}`, async () => {
      clock = install();
      const end = await login();
      const user = (await end.json()) as { accessToken: string; expiresAt: string };
      expect(Date.parse(user.expiresAt)).to.equal(START + 60 * DAY);

      simulator.fail('/me', { status: 503, times: 1 });
      expect((await login()).status).to.equal(500);

      const late = await login(() => clock?.set(START + 16 * MINUTE));
      expect(late.status).to.equal(403);

      clock.set(START + 2 * DAY);
      const refreshed = await client.refreshToken(user.accessToken);
      expect(refreshed.expiresAt.getTime()).to.equal(START + 62 * DAY);
      clock.set(START + 61 * DAY);
      expect((await client.verifyToken(user.accessToken)).isValid).to.equal(false);
      expect((await client.verifyToken(refreshed.accessToken)).isValid).to.equal(true);

      const request = signedAt(START + 61 * DAY);
      const parse = () => parseSignedRequest(request, credentials.clientSecret, { maxAge: MINUTE });
      expect(parse()).to.have.property('userId', '7');
      clock.set(START + 61 * DAY + 10 * MINUTE);
      expect(parse).to.throw('old');
    });
  }

  it('is what a date in Retry-After is compared with, as is the option now', async () => {
    const options = { ...credentials, ...simulator.endpoints, now: () => START };
    const headers = { 'Retry-After': new Date(START + 30_000).toUTCString() };
    simulator.fail('/oauth/access_token', { status: 429, headers });
    const withOption = await new ThreadsClient(options).getAppAccessToken().catch((error) => error);
    expect(withOption).to.have.property('retryAfter', 30);
    clock = sinonClock(['Date']);
    clock.set(START + 10_000);
    expect(await client.getAppAccessToken().catch((error) => error)).to.have.property('retryAfter', 20);
  });

  function signedAt(time: number): string {
    const claims = { algorithm: 'HMAC-SHA256', issued_at: time / 1000, user_id: '7' };
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${createHmac('sha256', credentials.clientSecret).update(payload).digest('base64url')}.${payload}`;
  }
});
