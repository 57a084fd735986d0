import { expect } from 'chai';
import { Passport, type Strategy } from 'passport';
import { type ThreadsProfile, ThreadsStrategy, ThreadsTokenStrategy } from '../../lib/index.js';
import { answers, app, debugAnswer } from '../support/fixtures.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const { clientID, clientSecret } = app;
const PEOPLE = ['17841405793187219', '17841461237740961'];

/** Threads, where a code and a token are named after the person who brings them. */
function threadsOfEverybody() {
  return upstream({
    token: ({ code }) => ({ body: { access_token: code, user_id: code } }),
    debug: ({ input_token }) => ({ body: debugAnswer({ user_id: input_token }) }),
    me: ({ access_token }) => ({ body: { ...answers.me, id: access_token } }),
  }).dispatcher;
}

/** Holds everybody back until all are there. */
function meeting(): () => Promise<void> {
  let here = 0;
  let open: () => void;
  const everybody = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async () => {
    here += 1;
    if (here === PEOPLE.length) open();
    await everybody;
  };
}

/** What each of several requests at the same moment hears of Passport, which is given the strategy itself. */
function atOnce(strategy: Strategy, requests: object[]): Promise<unknown[]> {
  const passport = new Passport();
  const heard = requests.map(
    (request) =>
      new Promise((resolve) => {
        const res = {
          setHeader: (name: string, value: string) => name === 'Location' && resolve(new URL(value)),
          getHeader() {},
          end() {},
        };
        const finish = (error: unknown, user: unknown) => resolve(error ?? user);
        const req = { method: 'GET', url: '/', headers: {}, query: {}, ...request };
        passport.authenticate(strategy, finish as never)(req, res, resolve);
      }),
  );
  return Promise.all(heard);
}

// Passport puts `success` and its like on a strategy that it is given itself, and so on one that all requests share.
describe('a strategy that Passport is given itself, in place of a name', () => {
  const each = PEOPLE.map((id) => ({ id }));

  it('signs nobody in as another person whose login ends at the same moment', async () => {
    const bothAreKnown = meeting();
    const strategy = new ThreadsStrategy(
      { ...app, state: false, dispatcher: threadsOfEverybody() },
      async (_accessToken, _refreshToken, { id }) => {
        await bothAreKnown();
        return asUser({ id });
      },
    );
    const requests = PEOPLE.map((code) => ({ url: '/auth/threads/callback', query: { code } }));
    expect(await atOnce(strategy, requests)).to.deep.equal(each);
  });

  it('gives nobody the state of another person whose login begins at the same moment', async () => {
    const bothAreHere = meeting();
    const store = {
      store(req: object, done: (error: null, state: string) => void) {
        bothAreHere().then(() => done(null, (req as { who: string }).who));
      },
      verify() {},
    };
    const strategy = new ThreadsStrategy({ ...app, store: store as never }, async (_a, _r, _profile) => null);
    const windows = await atOnce(
      strategy,
      PEOPLE.map((who) => ({ url: '/auth/threads', who })),
    );
    expect(windows.map((window) => (window as URL).searchParams.get('state'))).to.deep.equal(PEOPLE);
  });

  it('signs nobody in with the token that another person sends at the same moment', async () => {
    const bothAreKnown = meeting();
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, dispatcher: threadsOfEverybody() },
      async (_accessToken: string, _refreshToken: undefined | string, { id }: ThreadsProfile) => {
        await bothAreKnown();
        return asUser({ id });
      },
    );
    const requests = PEOPLE.map((token) => ({ headers: { authorization: `Bearer ${token}` } }));
    expect(await atOnce(strategy, requests)).to.deep.equal(each);
  });

  it('answers a forged token where it came from, and nobody who is signed in at the same moment', async () => {
    const bothAreKnown = meeting();
    const strategy = new ThreadsTokenStrategy(
      {
        clientID,
        clientSecret,
        dispatcher: threadsOfEverybody(),
        async tokenFromRequest(req) {
          await bothAreKnown();
          return req.headers.authorization === 'forged' ? 'a b' : PEOPLE[0];
        },
      },
      async (_accessToken: string, _refreshToken: undefined | string, { id }: ThreadsProfile) =>
        asUser({ id }),
    );
    const requests = ['genuine', 'forged'].map((authorization) => ({ headers: { authorization } }));
    expect(await atOnce(strategy, requests)).to.deep.equal([{ id: PEOPLE[0] }, false]);
  });

  describe('with an `async authenticate` of a subclass, 60 logins at once', () => {
    const ids = Array.from({ length: 60 }, (_, at) => `178414057931${String(at).padStart(5, '0')}`);
    const pause = () => new Promise((resolve) => setImmediate(resolve));
    type Authenticate = ThreadsStrategy['authenticate'];

    class Slow extends ThreadsStrategy {
      override async authenticate(...args: Parameters<Authenticate>) {
        await pause();
        super.authenticate(...args);
      }
    }
    class SlowToken extends ThreadsTokenStrategy {
      override async authenticate(...args: Parameters<ThreadsTokenStrategy['authenticate']>) {
        await pause();
        super.authenticate(...args);
      }
    }
    const verify = async (
      _accessToken: string,
      _refreshToken: string | undefined,
      { id }: ThreadsProfile,
    ) => {
      await pause();
      return asUser({ id });
    };
    const signedIn = ids.map((id) => ({ id }));
    const logins = ids.map((code) => ({ url: '/auth/threads/callback', query: { code } }));
    const tokens = ids.map((token) => ({ headers: { authorization: `Bearer ${token}` } }));
    const options = () => ({ ...app, state: false, dispatcher: threadsOfEverybody() });

    it('signs everybody in as themselves: ThreadsStrategy', async () => {
      expect(await atOnce(new Slow(options(), verify), logins)).to.deep.equal(signedIn);
    });

    it('signs everybody in as themselves: ThreadsTokenStrategy', async () => {
      const { dispatcher } = options();
      const strategy = new SlowToken({ clientID, clientSecret, dispatcher }, verify);
      expect(await atOnce(strategy, tokens)).to.deep.equal(signedIn);
    });

    it('signs everybody in as themselves where the override is a property of the instance', async () => {
      class Field extends ThreadsStrategy {
        override authenticate: Authenticate = (...args) => super.authenticate(...args);
      }
      expect(await atOnce(new Field(options(), verify), logins)).to.deep.equal(signedIn);
    });

    it('ends the login in the error that the override rejects with', async () => {
      const broken = new Error('broken');
      class Broken extends ThreadsStrategy {
        override async authenticate() {
          await pause();
          throw broken;
        }
      }
      expect(await atOnce(new Broken(options(), verify), logins)).to.deep.equal(ids.map(() => broken));
    });

    it('runs an override that is put on the class later, as by a stub', async () => {
      class Stubbed extends ThreadsStrategy {}
      const strategy = new Stubbed(options(), verify);
      Stubbed.prototype.authenticate = function (this: ThreadsStrategy) {
        this.success(asUser({ id: 'stub' }));
      };
      expect(await atOnce(strategy, [logins[0]!])).to.deep.equal([{ id: 'stub' }]);
    });
  });
});
