import { expect } from 'chai';
import { ThreadsStrategy, ThreadsTokenStrategy } from '../../lib/index.js';
import { forgetWarnings } from '../../lib/passport/warnings.js';
import { app, CODE } from '../support/fixtures.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { warningsDuring } from '../support/warnings.js';

const CALLBACK = { url: '/auth/threads/callback', query: { code: CODE } };

const strategyWith = (options: object, verify: unknown) =>
  new ThreadsStrategy(
    { ...app, state: false, dispatcher: upstream().dispatcher, ...options } as never,
    verify as never,
  );

describe('a function of the app that has not ended the login within `timeout`', () => {
  beforeEach(forgetWarnings);

  /** The first warning, and how many there were when each of the logins had run into it. */
  async function toldOf(name: string, start: () => void) {
    return new Promise<string>((resolve) => {
      const listen = (warning: Error) => {
        if (!warning.message.startsWith(name)) return;
        process.off('warning', listen);
        resolve(warning.message);
      };
      process.on('warning', listen);
      start();
    });
  }

  const never = () => new Promise<never>(() => {});
  const idle = () => {};

  for (const [name, strategy, request] of [
    [
      'The verify callback',
      () => strategyWith({ timeout: 30 }, (_a: 1, _r: 1, _p: 1, _done: 1) => {}),
      CALLBACK,
    ],
    ['The verify callback', () => strategyWith({ timeout: 30 }, (_a: 1, _r: 1, _p: 1) => never()), CALLBACK],
    ['`testerAccessToken`', () => strategyWith({ timeout: 30, testerAccessToken: never }, idle), CALLBACK],
    ['`skipUserProfile`', () => strategyWith({ timeout: 30, skipUserProfile: never }, idle), CALLBACK],
    [
      'The state store',
      () => strategyWith({ timeout: 30, state: undefined, store: { store: idle, verify: idle } }, idle),
      { ...CALLBACK, query: { code: CODE, state: 's' } },
    ],
    [
      'The state store',
      () => strategyWith({ timeout: 30, state: undefined, store: { store: idle, verify: idle } }, idle),
      { url: '/auth/threads' },
    ],
  ] as const) {
    it(`is reported, with what to do: ${name}`, async () => {
      const message = await toldOf(name, () => void runStrategy(strategy(), request));
      expect(message).to.include('30 ms').and.match(/\.$/);
    });
  }

  it('is reported in ThreadsTokenStrategy too', async () => {
    const strategy = new ThreadsTokenStrategy(
      {
        clientID: app.clientID,
        clientSecret: app.clientSecret,
        timeout: 200,
        dispatcher: upstream().dispatcher,
      },
      (_a, _r, _profile, _done) => {},
    );
    const request = { headers: { authorization: 'Bearer THQVJtoken' } };
    await toldOf('The verify callback', () => void runStrategy(strategy, request));
  });

  it('is not reported where it ends the login in time', async () => {
    const messages = await warningsDuring(async () => {
      const strategy = strategyWith({ timeout: 2000 }, async (_a: 1, _r: 1, _p: 1) => false);
      expectOutcome(await runStrategy(strategy, CALLBACK), 'fail');
    });
    expect(messages).to.deep.equal([]);
  });
});

describe('done(user), with the user in the place of the error', () => {
  for (const [title, error] of [
    ['the profile', { id: '1', provider: 'threads' }],
    ['a user', { id: 1 }],
    ['a list', []],
  ] as const) {
    it(`ends the login in a TypeError that says done(null, user): ${title}`, async () => {
      const strategy = strategyWith({}, (_a: 1, _r: 1, _p: 1, done: (error: unknown) => void) => done(error));
      const outcome = await runStrategy(strategy, CALLBACK);
      expect(expectOutcome(outcome, 'error').error)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.includes('done(null, user)');
    });
  }

  it('is not what an Error of any realm is, nor a text', async () => {
    const { runInNewContext } = await import('node:vm');
    for (const error of [new Error('x'), runInNewContext('new Error("x")'), new DOMException('x'), 'x']) {
      const strategy = strategyWith({}, (_a: 1, _r: 1, _p: 1, done: (error: unknown) => void) => done(error));
      expect(expectOutcome(await runStrategy(strategy, CALLBACK), 'error').error).to.equal(error);
    }
  });
});

describe('parameters that passReqToCallback shifts', () => {
  beforeEach(forgetWarnings);

  it('are not suspected where `done` was called with the user before its promise gave the user too', async () => {
    let returned = Promise.resolve({});
    const strategy = strategyWith({}, (_a: 1, _r: 1, _p: 1, done: (error: null, user: object) => void) => {
      returned = Promise.resolve().then(() => {
        done(null, { id: '1' });
        return { id: '1' };
      });
      return returned;
    });
    const messages = await warningsDuring(async () => {
      expect(expectOutcome(await runStrategy(strategy, CALLBACK), 'success').user).to.deep.equal({ id: '1' });
      await returned;
    });
    expect(messages).to.deep.equal([]);
  });

  it('are named where the function takes `req` and the option is missing', async () => {
    const strategy = strategyWith({}, (_req: 1, _a: 1, _r: 1, profile: { id: string }) => profile.id);
    const { error } = expectOutcome(await runStrategy(strategy, CALLBACK), 'error');
    expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('passReqToCallback');
  });

  it('are named where the option is there and the function takes no `req`', async () => {
    const strategy = strategyWith(
      { passReqToCallback: true },
      (_a: 1, _r: 1, profile: { id: string }, done: (error: null, user: object) => void) =>
        done(null, { id: profile?.id }),
    );
    const messages = await warningsDuring(async () => {
      expect(expectOutcome(await runStrategy(strategy, CALLBACK), 'error').error).to.be.instanceOf(TypeError);
    });
    expect(messages).to.have.length(1);
    expect(messages[0])
      .to.include('(req, accessToken, refreshToken, profile)')
      .and.include('passReqToCallback');
  });
});
