import { expect } from 'chai';
import { Passport } from 'passport';
import { InternalOAuthError } from 'passport-oauth2';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
  ThreadsTokenError,
  type VerifyFunctionWithRequestAndParams,
} from '../../lib/index.js';
import { app, CODE, debugAnswer, graphError, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { expectOutcome, type Outcome, runStrategy } from '../support/run-strategy.js';
import { type Endpoint, type RawResponse, upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

type ProfileDone = (error: unknown, profile?: ThreadsProfile) => void;
type TokenDone = (error: unknown, accessToken?: string, refreshToken?: string, params?: object) => void;
/** What passport-oauth2 shows to subclasses and tests. */
type Transport = {
  getOAuthAccessToken(code: string, params: Record<string, string>, done: TokenDone): void;
  get: unknown;
};
type Given = { req: object; accessToken: string; refreshToken: unknown; params: object; profile: unknown };

interface Setting {
  replies?: Partial<Record<Endpoint, RawResponse>>;
  options?: Partial<ThreadsStrategyOptions>;
  /** Given to `passport.authenticate`. */
  authenticate?: object;
  /** Does something to the strategy before the login. */
  prepare?(strategy: ThreadsStrategy): void;
}

const everything: VerifyFunctionWithRequestAndParams = (
  req,
  accessToken,
  refreshToken,
  params,
  profile,
  done,
) => done(null, asUser({ req, accessToken, refreshToken, params, profile }));

/** Ends a login with a strategy of this class; its user is whatever the verify callback was given. */
async function signIn(Class: typeof ThreadsStrategy, setting: Setting = {}) {
  const { dispatcher, calls } = upstream(setting.replies);
  const options = { ...app, state: false, dispatcher, ...setting.options, passReqToCallback: true } as const;
  const strategy = new Class(options, everything);
  setting.prepare?.(strategy);
  const outcome = await runStrategy(strategy, { query: { code: CODE } }, setting.authenticate);
  return { outcome, calls };
}

const given = (outcome: Outcome) => expectOutcome(outcome, 'success').user as Given;
const errorOf = (outcome: Outcome) => expectOutcome(outcome, 'error').error;
const transportOf = (strategy: ThreadsStrategy) => (strategy as unknown as { _oauth2: Transport })._oauth2;

describe('a subclass that overrides authorizationParams', () => {
  class Prompting extends ThreadsStrategy {
    override authorizationParams({ prompt }: { prompt?: string }): object {
      return {
        prompt,
        response_type: 'token',
        redirect_uri: 'https://evil.example',
        scope: 'all',
        client_id: '2',
      };
    }
  }
  const start = async (options: object) => {
    const strategy = new Prompting({ ...app, state: false }, async (_a, _r, _profile) => false);
    return expectOutcome(await runStrategy(strategy, {}, options), 'redirect').url.searchParams;
  };

  it('adds to the authorization window what is made of the options of this login', async () => {
    expect((await start({ prompt: 'mobile' })).get('prompt')).to.equal('mobile');
  });

  it('cannot replace the parameters of the protocol', async () => {
    const { prompt: _, ...rest } = Object.fromEntries(await start({ prompt: 'mobile' }));
    expect(rest).to.deep.equal({
      response_type: 'code',
      redirect_uri: app.callbackURL,
      scope: 'threads_basic',
      client_id: app.clientID,
    });
  });
});

describe('a subclass that overrides tokenParams', () => {
  class Typed extends ThreadsStrategy {
    override tokenParams({ type }: { type?: string }): object {
      return { type, audience: 'us' };
    }
  }
  class Grasping extends ThreadsStrategy {
    override tokenParams(): object {
      return {
        client_id: '2',
        client_secret: 'another',
        grant_type: 'password',
        redirect_uri: 'https://evil.example',
        code: 'another',
      };
    }
  }

  it('adds to the token request what is made of the options of this login', async () => {
    const { outcome, calls } = await signIn(Typed, { authenticate: { type: 'web_server' } });
    expectOutcome(outcome, 'success');
    expect(calls.find(({ endpoint }) => endpoint === 'token')?.params).to.deep.equal({
      type: 'web_server',
      audience: 'us',
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: app.callbackURL,
      code: CODE,
    });
  });

  it('adds to no other request', async () => {
    const { calls } = await signIn(Typed, {
      options: { longLived: true },
      authenticate: { type: 'web_server' },
    });
    const others = calls.filter(({ endpoint }) => endpoint !== 'token');
    expect(others.map(({ endpoint }) => endpoint)).to.have.members(['appToken', 'exchange', 'debug', 'me']);
    for (const { params } of others) expect(params).not.to.have.any.keys('type', 'audience');
  });

  it('cannot replace the fields of the protocol', async () => {
    const { outcome, calls } = await signIn(Grasping);
    expectOutcome(outcome, 'success');
    expect(calls.find(({ endpoint }) => endpoint === 'token')?.params).to.deep.equal({
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: app.callbackURL,
      code: CODE,
    });
  });
});

describe('a subclass that overrides userProfile', () => {
  const own = { provider: 'threads', id: 'of the app', _raw: '', _json: {} } as const;
  class Own extends ThreadsStrategy {
    override userProfile(_accessToken: string, done: ProfileDone): void {
      done(null, own);
    }
  }
  class Extending extends ThreadsStrategy {
    override userProfile(accessToken: string, done: ProfileDone): void {
      super.userProfile(accessToken, (error, profile) =>
        done(error, profile && { ...profile, displayName: `${profile.displayName} of ${accessToken}` }),
      );
    }
  }
  class Failing extends ThreadsStrategy {
    override userProfile(_accessToken: string, done: ProfileDone): void {
      done(new Error('the directory is down'));
    }
  }

  it('has what it gives used, and Threads is asked for the token alone', async () => {
    const { outcome, calls } = await signIn(Own);
    expect(given(outcome).profile).to.equal(own);
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(['token']);
  });

  it('is given the short-lived token, with longLived too, which is traded beside it', async () => {
    const { outcome, calls } = await signIn(Extending, { options: { longLived: true } });
    const { accessToken, refreshToken, profile, params } = given(outcome);
    expect([accessToken, refreshToken]).to.deep.equal([LONG_TOKEN, LONG_TOKEN]);
    expect(params).to.include({ access_token: LONG_TOKEN, user_id: USER_ID, expires_in: 5183944 });
    expect(profile).to.include({ id: USER_ID, displayName: `Ada Okafor of ${SHORT_TOKEN}` });
    expect(calls.map(({ endpoint }) => endpoint)).to.have.members([
      'token',
      'appToken',
      'exchange',
      'debug',
      'me',
    ]);
  });

  it('gets everything from super', async () => {
    const { profile } = given((await signIn(Extending)).outcome);
    expect(profile).to.deep.include({
      id: USER_ID,
      username: 'ada.okafor',
      displayName: `Ada Okafor of ${SHORT_TOKEN}`,
      scopes: ['threads_basic', 'threads_content_publish'],
    });
  });

  it('gets the error of super', async () => {
    const { outcome } = await signIn(Extending, { replies: { me: { status: 500, body: graphError(2) } } });
    expect(errorOf(outcome)).to.be.instanceOf(Error).and.include({ name: 'ThreadsGraphAPIError', code: 2 });
  });

  for (const longLived of [false, true]) {
    it(`ends the login with its error, longLived: ${longLived}`, async () => {
      const { outcome } = await signIn(Failing, { options: { longLived } });
      expect(errorOf(outcome)).to.be.instanceOf(Error).with.property('message', 'the directory is down');
    });
  }

  const broken = new Error('the directory is down');
  const failing: Record<string, (done: ProfileDone) => unknown> = {
    'throws it': () => {
      throw broken;
    },
    'is async and rejects with it': async () => {
      throw broken;
    },
    'calls back with it, then without': (done) => {
      done(broken);
      done(null, own);
    },
    'throws it, and calls back without later': (done) => {
      setImmediate(done, null, own);
      throw broken;
    },
  };
  const making = (userProfile: (done: ProfileDone) => unknown) =>
    class extends ThreadsStrategy {
      override userProfile = (_accessToken: string, done: ProfileDone) => userProfile(done) as undefined;
    };
  const settings: Record<string, Partial<ThreadsStrategyOptions>> = {
    'by default': {},
    'with longLived': { longLived: true },
    'with a function for skipUserProfile': { skipUserProfile: () => false },
  };
  for (const [when, options] of Object.entries(settings)) {
    for (const [title, userProfile] of Object.entries(failing)) {
      it(`ends the login once, in its error, where it ${title}, ${when}`, async () => {
        expect(errorOf((await signIn(making(userProfile), { options })).outcome)).to.equal(broken);
      });
    }

    it(`has the verify callback called once where it calls back twice, ${when}`, async () => {
      let verified = 0;
      const { dispatcher } = upstream();
      const Twice = making((done) => {
        done(null, own);
        done(null, { ...own, id: 'another person' });
      });
      const strategy = new Twice(
        { ...app, state: false, dispatcher, ...options },
        async (_a, _r, profile) => {
          verified += 1;
          return asUser(profile);
        },
      );
      const outcome = await runStrategy(strategy, { query: { code: CODE } });
      expect(expectOutcome(outcome, 'success').user).to.equal(own);
      expect(verified).to.equal(1);
    });

    it(`ends the login in a TypeError, not never, where it is async and returns the profile, ${when}`, async () => {
      const { outcome } = await signIn(
        making(async () => own),
        { options },
      );
      expect(errorOf(outcome))
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.includes('userProfile');
    });

    it(`signs nobody in where it throws nothing that can be told, ${when}`, async () => {
      const throwing = making(() => {
        throw undefined;
      });
      expect(errorOf((await signIn(throwing, { options })).outcome)).to.be.instanceOf(Error);
    });

    it(`ends the login in what its callback to super throws, ${when}`, async () => {
      class Careless extends ThreadsStrategy {
        override userProfile(accessToken: string, done: ProfileDone): void {
          super.userProfile(accessToken, (error, profile) => {
            profile!.displayName = 'of a profile that is not there';
            done(error, profile);
          });
        }
      }
      const { outcome } = await signIn(Careless, {
        options,
        replies: { me: { status: 500, body: graphError(2) } },
      });
      expect(errorOf(outcome)).to.be.instanceOf(TypeError);
    });
  }

  it('can be called by itself, as a test of an app does', async () => {
    const { dispatcher } = upstream();
    const strategy = new Extending({ ...app, dispatcher }, async (_a, _r, _profile) => false);
    const profile = await new Promise<ThreadsProfile | undefined>((resolve, reject) => {
      strategy.userProfile(SHORT_TOKEN, (error, loaded) => (error ? reject(error) : resolve(loaded)));
    });
    expect(profile).to.include({ id: USER_ID });
  });

  const another = '17841405793187220';
  const remaking: Record<string, (profile: ThreadsProfile) => ThreadsProfile> = {
    'renames the person': (profile) => Object.assign(profile, { id: USER_ID }),
    'makes a profile of its own': (profile) => ({ ...profile }),
    'makes a profile of its own for another id': (profile) => ({ ...profile, id: USER_ID }),
  };
  for (const [title, remake] of Object.entries(remaking)) {
    it(`attack: cannot make one person of the two that Threads named, though it ${title}`, async () => {
      class Remaking extends ThreadsStrategy {
        override userProfile(accessToken: string, done: ProfileDone): void {
          super.userProfile(accessToken, (error, profile) => done(error, profile && remake(profile)));
        }
      }
      const { outcome } = await signIn(Remaking, {
        replies: { me: { body: { id: another } }, debug: { body: debugAnswer({ user_id: another }) } },
      });
      expect(errorOf(outcome)).to.include({ name: 'ThreadsTokenError', code: 'invalid_token' });
    });
  }
});

describe('a subclass that overrides parseErrorResponse', () => {
  const seen: [body: string, status: number][] = [];
  const own = new Error('try again tomorrow');
  const making = (make: () => Error | null) =>
    class extends ThreadsStrategy {
      override parseErrorResponse(body: string, status: number): Error | null {
        seen.push([body, status]);
        return make();
      }
    };
  const message = `Invalid code ${CODE} of ${app.clientSecret}`;
  const replies = { token: { status: 400, body: graphError(100, 36009, message) } };

  beforeEach(() => {
    seen.length = 0;
  });

  it('has its error used, as it is', async () => {
    expect(
      errorOf(
        (
          await signIn(
            making(() => own),
            { replies },
          )
        ).outcome,
      ),
    ).to.equal(own);
  });

  it('is given the text of the answer and its status, without the secrets of the request', async () => {
    await signIn(
      making(() => own),
      { replies },
    );
    const [[body, status] = ['', 0]] = seen;
    expect(seen).to.have.length(1);
    expect(status).to.equal(400);
    expect(JSON.parse(body).error).to.include({ code: 100, error_subcode: 36009 });
    expect(body).not.to.include(CODE).and.not.to.include(app.clientSecret);
  });

  for (const [title, make] of [
    ['returns null', () => null],
    [
      'throws',
      () => {
        throw new Error('Unexpected token');
      },
    ],
  ] as const) {
    it(`leaves the error of the library where it ${title}`, async () => {
      const error = errorOf((await signIn(making(make), { replies })).outcome);
      expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 100, subcode: 36009 });
    });
  }

  it('is not asked where nothing was refused', async () => {
    expectOutcome((await signIn(making(() => own))).outcome, 'success');
    expect(seen).to.deep.equal([]);
  });
});

describe('_oauth2 of passport-oauth2, which tests of apps replace', () => {
  it('has getOAuthAccessToken called with the code, and what it gives is used', async () => {
    let asked: unknown[] = [];
    const { outcome, calls } = await signIn(ThreadsStrategy, {
      prepare(strategy) {
        transportOf(strategy).getOAuthAccessToken = (code, params, done) => {
          asked = [code, params];
          done(null, 'stubbed token', 'stubbed refresh token', { user_id: USER_ID, token_type: 'example' });
        };
      },
    });
    expect(asked).to.deep.equal([CODE, { grant_type: 'authorization_code', redirect_uri: app.callbackURL }]);
    const { accessToken, refreshToken, params, profile } = given(outcome);
    expect({ accessToken, refreshToken }).to.deep.equal({
      accessToken: 'stubbed token',
      refreshToken: 'stubbed refresh token',
    });
    expect(params).to.deep.equal({ user_id: USER_ID, token_type: 'example' });
    expect(profile).to.include({ id: USER_ID });
    expect(calls.map(({ endpoint }) => endpoint)).not.to.include('token');
  });

  it('may leave out everything but the token', async () => {
    for (const longLived of [false, true]) {
      const { outcome } = await signIn(ThreadsStrategy, {
        options: { longLived },
        prepare(strategy) {
          transportOf(strategy).getOAuthAccessToken = (_code, _params, done) => done(null, SHORT_TOKEN);
        },
      });
      expect(given(outcome).profile).to.include({ id: USER_ID });
    }
  });

  it('is given what tokenParams adds', async () => {
    let params: object = {};
    class Typed extends ThreadsStrategy {
      override tokenParams({ type }: { type?: string }): object {
        return { type };
      }
    }
    await signIn(Typed, {
      authenticate: { type: 'web_server' },
      prepare(strategy) {
        transportOf(strategy).getOAuthAccessToken = (_code, sent, done) => {
          params = sent;
          done(null, SHORT_TOKEN, undefined, {});
        };
      },
    });
    expect(params).to.include({ type: 'web_server', grant_type: 'authorization_code' });
  });

  const stubbed = (said: unknown, Class = ThreadsStrategy) =>
    signIn(Class, {
      prepare(strategy) {
        transportOf(strategy).getOAuthAccessToken = (_code, _params, done) => done(said);
      },
    });

  it('ends the login in an error that it gives', async () => {
    const own = new Error('no network in this test');
    expect(errorOf((await stubbed(own)).outcome)).to.equal(own);
  });

  it('ends the login in an Error where it gives a status and a body, as the package oauth does', async () => {
    const error = errorOf((await stubbed({ statusCode: 400, data: 'Invalid code' })).outcome);
    expect(error).to.be.instanceOf(InternalOAuthError);
    expect(error).to.have.property('message', 'Failed to obtain access token');
  });

  it('has parseErrorResponse make the error of those', async () => {
    class Parsing extends ThreadsStrategy {
      override parseErrorResponse(body: string, status: number): Error {
        return new Error(`${status}: ${body}`);
      }
    }
    const error = errorOf((await stubbed({ statusCode: 400, data: 'Invalid code' }, Parsing)).outcome);
    expect(error).to.be.instanceOf(Error).with.property('message', '400: Invalid code');
  });

  it('ends the login in an error where it gives no token', async () => {
    expect(errorOf((await stubbed(null)).outcome)).to.be.instanceOf(Error);
  });

  it('still has `get`, which subclasses of other strategies ask with', () => {
    const strategy = new ThreadsStrategy(app, async (_a, _r, _profile) => false);
    expect(transportOf(strategy).get).to.be.a('function');
  });
});

describe('a subclass with a name of its own', () => {
  it('is found by it', () => {
    class Second extends ThreadsStrategy {
      override name = 'threads-second';
    }
    const passport = new Passport();
    passport.use(new Second(app, async (_a, _r, _profile) => false));
    passport.use(new ThreadsStrategy(app, async (_a, _r, _profile) => false));
    const strategies = (passport as unknown as { _strategies: Record<string, object> })._strategies;
    expect(strategies['threads-second']).to.be.instanceOf(Second);
    expect(strategies.threads).to.be.instanceOf(ThreadsStrategy).and.not.instanceOf(Second);
  });
});

describe('a subclass that skips the profile', () => {
  class Counting extends ThreadsStrategy {
    asked = 0;
    override userProfile(accessToken: string, done: ProfileDone): void {
      this.asked += 1;
      super.userProfile(accessToken, done);
    }
  }
  for (const longLived of [false, true]) {
    for (const [title, skipUserProfile, isSkipped] of [
      ['true', true, true],
      ['false', false, false],
      ['a function that says yes', () => true, true],
      ['a function that says no', () => false, false],
      ['an async function that says yes', async () => true, true],
      [
        'a function of the token that calls back yes',
        (_t: string, done: TokenDone) => done(null, 'yes'),
        true,
      ],
      ['a function of the token that calls back no', (_t: string, done: TokenDone) => done(null), false],
    ] as const) {
      it(`is ${isSkipped ? 'not ' : ''}asked for it with ${title}, longLived: ${longLived}`, async () => {
        const { outcome, calls } = await signIn(Counting, {
          options: { longLived, skipUserProfile } as Partial<ThreadsStrategyOptions>,
        });
        const { accessToken, profile } = given(outcome);
        expect(profile === undefined).to.equal(isSkipped);
        expect(calls.some(({ endpoint }) => endpoint === 'me')).to.equal(!isSkipped);
        expect(accessToken).to.equal(longLived ? LONG_TOKEN : SHORT_TOKEN);
      });
    }
  }
});

describe('a subclass that gives its own options', () => {
  it('may make passReqToCallback part of itself', async () => {
    class Linking extends ThreadsStrategy {
      constructor(options: ThreadsStrategyOptions) {
        super({ ...options, passReqToCallback: true }, everything);
      }
    }
    const { dispatcher } = upstream();
    const strategy = new Linking({ ...app, state: false, dispatcher });
    const request = { query: { code: CODE }, user: { id: 'signed in already' } };
    const { req, profile } = given(await runStrategy(strategy, request));
    expect(req).to.have.property('user', request.user);
    expect(profile).to.include({ id: USER_ID });
  });
});
