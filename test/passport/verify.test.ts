import assert from 'node:assert/strict';
import { inspect, promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import sinon from 'sinon';
import { ThreadsStrategy } from '../../lib/index.js';
import { app, CODE, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';

// biome-ignore lint/complexity/noBannedTypes: whatever a test declares
type AnyFunction = Function;
type Done = (error?: unknown, user?: unknown, info?: object) => void;

const ada = { id: USER_ID, account: 'of Ada' };
const request = { query: { code: CODE } };

function strategyWith(verify: unknown, options: object = {}) {
  const { dispatcher } = upstream();
  return new ThreadsStrategy({ ...app, state: false, dispatcher, ...options }, verify as never);
}

const run = (verify: unknown, options: object = {}) => runStrategy(strategyWith(verify, options), request);

async function errorOf(verify: unknown, options: object = {}): Promise<Error> {
  return expectOutcome(await run(verify, options), 'error').error as Error;
}

/** The person of the profile, as a store of users would find it. */
const byProfile = (profile: { id?: string }) => {
  if (profile.id !== USER_ID) throw new Error(`Not a profile: ${String(profile.id)}`);
  return ada;
};

describe('verify callback: the number of its parameters alone decides', () => {
  type Profile = { id?: string };
  type Params = { user_id: string };
  const withRequest = { passReqToCallback: true };
  const forms: [title: string, verify: unknown, options?: object][] = [
    ['three: a promise', async (_a: string, _r: string, profile: Profile) => byProfile(profile)],
    [
      'three: a promise of a function that is not async',
      (_a: string, _r: string, profile: Profile) => Promise.resolve(byProfile(profile)),
    ],
    [
      'three: something thenable, such as a query',
      (_a: string, _r: string, profile: Profile) => ({
        // biome-ignore lint/suspicious/noThenProperty: a query of mongoose or knex has one
        then: (resolve: (user: unknown) => void) => resolve(byProfile(profile)),
      }),
    ],
    [
      'four: done',
      (_a: string, _r: string, profile: Profile, done: AnyFunction) => done(null, byProfile(profile)),
    ],
    [
      'four: done, later',
      (_a: string, _r: string, profile: Profile, done: AnyFunction) =>
        void setImmediate(() => done(null, byProfile(profile))),
    ],
    [
      'four: done of an async function',
      async (_a: string, _r: string, profile: Profile, done: AnyFunction) => done(null, byProfile(profile)),
    ],
    [
      'five: params and done',
      (_a: string, _r: string, params: Params, profile: Profile, done: AnyFunction) =>
        done(null, params.user_id === USER_ID && byProfile(profile)),
    ],
    [
      'none declared, as wrappers have it: done',
      (...args: unknown[]) => (args[3] as AnyFunction)(null, byProfile(args[2] as Profile)),
    ],
    [
      'four with the request in front: a promise',
      async (req: typeof request, _a: string, _r: string, profile: Profile) =>
        req.query.code === CODE && byProfile(profile),
      withRequest,
    ],
    [
      'five with the request in front: done',
      (req: typeof request, _a: string, _r: string, profile: Profile, done: AnyFunction) =>
        done(null, req.query.code === CODE && byProfile(profile)),
      withRequest,
    ],
    [
      'six with the request in front: params and done',
      (req: typeof request, _a: string, _r: string, params: Params, profile: Profile, done: AnyFunction) =>
        done(null, req.query.code === CODE && params.user_id === USER_ID && byProfile(profile)),
      withRequest,
    ],
    [
      'none declared, with the request in front: done',
      (...args: unknown[]) =>
        (args[4] as AnyFunction)(
          null,
          (args[0] as typeof request).query.code === CODE && byProfile(args[3] as Profile),
        ),
      withRequest,
    ],
  ];
  for (const [title, verify, options] of forms) {
    it(`${title}`, async () => {
      expect(expectOutcome(await run(verify, options), 'success').user).to.equal(ada);
    });
  }

  it('is given the request itself, not a copy, with passReqToCallback', async () => {
    let given: unknown;
    const strategy = strategyWith(
      async (req: unknown, _a: string, _r: string, _profile: object) => {
        given = req;
        return ada;
      },
      { passReqToCallback: true },
    );
    const mine = { ...request, mark: {} };
    expectOutcome(await runStrategy(strategy, mine), 'success');
    expect(given).to.have.property('mark', mine.mark);
    expect(Object.hasOwn(given as object, 'mark')).to.equal(true);
  });

  it('is given the long-lived token twice with longLived', async () => {
    const given = await new Promise<unknown[]>((resolve) => {
      void run(
        async (accessToken: string, refreshToken: string, profile: object) => {
          resolve([accessToken, refreshToken, (profile as { id: string }).id]);
          return ada;
        },
        { longLived: true },
      );
    });
    expect(given).to.deep.equal([LONG_TOKEN, LONG_TOKEN, USER_ID]);
  });

  it('is given the short-lived token and no refresh token without', async () => {
    let given: unknown[] = [];
    await run(async (accessToken: string, refreshToken: undefined, _profile: object) => {
      given = [accessToken, refreshToken];
      return ada;
    });
    expect(given).to.deep.equal([SHORT_TOKEN, undefined]);
  });

  const declared = (length: number) => Object.defineProperty(() => ada, 'length', { value: length });
  for (const [passReqToCallback, lengths] of [
    [false, [1, 2, 6, 7, 20]],
    [true, [1, 2, 3, 7, 8, 20]],
  ] as const) {
    for (const length of lengths) {
      it(`throws at construction for ${length}${passReqToCallback ? ' with passReqToCallback' : ''}`, () => {
        expect(() => strategyWith(declared(length), { passReqToCallback })).to.throw(
          TypeError,
          /declares \d+ parameters.*accessToken, refreshToken, profile/,
        );
      });
    }
  }
});

describe('attack: `done` taken for the profile, so that two people share an account', () => {
  const accounts = new Map<unknown, object>();
  const upsert = (profile: { id?: string }) => {
    if (!accounts.has(profile.id)) accounts.set(profile.id, { id: profile.id });
    return accounts.get(profile.id);
  };

  for (const [title, verify] of [
    [
      'an async function',
      async (_a: string, _r: string, _params: object, profile: object) => upsert(profile),
    ],
    [
      'a function that takes the profile apart',
      async (_a: string, _r: string, _params: object, { id }: { id: string }) => upsert({ id }),
    ],
    [
      'a bound function',
      (async (_t: unknown, _a: string, _r: string, _params: object, profile: object) => upsert(profile)).bind(
        null,
        0,
      ),
    ],
    ['a wrapper of rest arguments', async (...[, , , profile]: object[]) => upsert(profile!)],
    [
      'a function that copies the profile',
      async (_a: string, _r: string, _params: object, profile: object) => upsert({ ...profile }),
    ],
  ] as const) {
    it(`ends in a TypeError that says so: ${title}`, async () => {
      accounts.clear();
      const error = await errorOf(verify);
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.match(/`done`/);
    });
  }

  for (const member of [
    'provider',
    'id',
    'username',
    'displayName',
    'profileUrl',
    'photos',
    'emails',
    'biography',
    'isVerified',
    'scopes',
    'token',
    '_raw',
    '_json',
  ]) {
    it(`reading \`${member}\` from done says which parameter is the profile`, async () => {
      const error = await errorOf(
        (_a: string, _r: string, _params: object, profile: Record<string, unknown>) => profile[member],
      );
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.include(`\`${member}\``).and.include('the parameter before it');
    });
  }

  type Profile = Record<string, unknown>;
  const copies: [title: string, copy: (profile: Profile) => unknown][] = [
    ['{ ...profile }', (profile) => ({ ...profile, plan: 'free' })],
    ['({ ...rest }) => rest', ({ ...rest }) => rest],
    ['Object.assign', (profile) => Object.assign({}, profile)],
    ["'id' in profile", (profile) => ('id' in profile ? ada : { id: 'nobody' })],
    ['the profile itself', (profile) => profile],
  ];
  for (const [title, copy] of copies) {
    it(`ends in a TypeError that says so, whoever calls done with a copy: ${title}`, async () => {
      // As the adapter of NestJS does around a `validate` that expects `params` too.
      const error = await errorOf((...args: unknown[]) => {
        (args[3] as AnyFunction)(null, copy(args[3] as Profile));
      });
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.include('`done`').and.include('the parameter before it');
    });
  }

  const uses: [title: string, use: (done: AnyFunction) => unknown][] = [
    ['printed', (done) => inspect({ done }, { showProxy: true, getters: true }) + String(done)],
    ['made JSON of', (done) => JSON.stringify({ done })],
    ['awaited', async (done) => done],
    ['bound', (done) => done.bind(undefined)],
    ['spied on', (done) => sinon.spy(done as never)],
    [
      'wrapped with its members, as `once` does',
      (done) => Object.keys(done).map((key) => Reflect.get(done, key)),
    ],
    ['promisified', (done) => promisify(done as never)],
    ['compared', (done) => assert.notDeepStrictEqual([done], [() => {}])],
  ];
  for (const [title, use] of uses) {
    it(`leaves done as it is where it is ${title}`, async () => {
      const outcome = await run(async (_a: string, _r: string, _profile: object, done: AnyFunction) => {
        await use(done);
        Reflect.apply(done, undefined, [null, ada]);
      });
      expect(expectOutcome(outcome, 'success').user).to.equal(ada);
    });
  }
});

describe('attack: `params` taken for the profile, so that two people share an account', () => {
  type Params = Record<string, unknown>;
  /** As a wrapper has it that declares more than it hands on. */
  const wrapped = (verify: (...args: never[]) => unknown) =>
    Object.defineProperty((...args: unknown[]) => verify(...(args as never[])), 'length', { value: 5 });

  for (const [title, verify] of [
    ['a promise', async (_a: string, _r: string, profile: Params) => ({ id: profile.id })],
    ['a profile taken apart', async (_a: string, _r: string, { username }: Params) => ({ username })],
    [
      'done',
      (_a: string, _r: string, profile: Params, _profile: Params, done: AnyFunction) =>
        done(null, { id: profile.id }),
    ],
  ] as const) {
    it(`ends in a TypeError that says so: ${title}`, async () => {
      const error = await errorOf(wrapped(verify));
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.include('the profile is the parameter after it').and.include('`user_id`');
    });
  }

  it('does not show in what is copied, compared, cloned or printed', async () => {
    let given: Params = {};
    const outcome = await run((_a: string, _r: string, params: Params, _p: object, done: AnyFunction) => {
      given = params;
      done(null, ada);
    });
    expectOutcome(outcome, 'success');
    const plain = { access_token: SHORT_TOKEN, user_id: USER_ID };
    assert.deepStrictEqual(given, plain);
    assert.deepStrictEqual(structuredClone(given), plain);
    assert.deepStrictEqual({ ...given }, plain);
    expect(inspect(given)).to.equal(inspect(plain));
  });
});

describe('attack: a refresh token taken for the profile, so that two people share an account', () => {
  type Profile = { id?: string };
  const options = { passReqToCallback: true, longLived: true };
  const forgetful: [title: string, verify: unknown][] = [
    [
      'a function that forgets the request',
      async (_a: string, _r: string, profile: Profile, _x: unknown) => ({ id: profile.id }),
    ],
    [
      'a wrapper that hands on what it is given to one that forgets it',
      (...args: unknown[]) => {
        const validate = (_a: unknown, _r: unknown, profile: Profile) => ({ id: profile.id });
        const done = args.at(-1) as Done;
        done(null, validate(args[0], args[1], args[2] as Profile));
      },
    ],
  ];

  for (const [title, verify] of forgetful) {
    it(`${title} makes a user without an id, and nobody is signed in`, async () => {
      const error = await errorOf(verify, options);
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.include('`id` is undefined').and.include('`req` comes first');
    });
  }

  it('is no reason to refuse a user whose id has another name', async () => {
    const verify = async () => ({ key: 1 });
    expectOutcome(await run((_a: string, _r: string, _profile: object) => verify()), 'success');
  });
});

describe('attack: an async function with a callback-style query signs everybody in while the database is down', () => {
  const down = new Error('the database is down');
  const query = (callback: (error: Error | null, rows?: object[]) => void) => setImmediate(callback, down);

  it('ends in the error of the query, whatever the function returns meanwhile', async () => {
    const error = await errorOf(async (_a: string, _r: string, _profile: object, done: AnyFunction) => {
      query((failed, rows) => done(failed, rows?.[0]));
    });
    expect(error).to.equal(down);
  });

  it('does not look at a query object that is returned: its `then` is not called', async () => {
    let sent = 0;
    const outcome = await run((_a: string, _r: string, _profile: object, done: AnyFunction) => {
      query((failed) => done(failed));
      return {
        // biome-ignore lint/suspicious/noThenProperty: a query of mongoose has one
        then(resolve: (user: object) => void) {
          sent += 1;
          resolve(ada);
        },
      };
    });
    expect(expectOutcome(outcome, 'error').error).to.equal(down);
    expect(sent).to.equal(0);
  });

  it('ends in a TypeError where a promise of a user comes before `done` is called', async () => {
    const error = await errorOf(async (_a: string, _r: string, _profile: object, done: AnyFunction) => {
      setImmediate(() => setImmediate(() => done(null, ada)));
      return { query: 'object' };
    });
    expect(error)
      .to.be.instanceOf(TypeError)
      .with.property('message')
      .that.includes('leave `done` out or call it');
  });

  it('hears `done` alone where it was called before the promise is fulfilled', async () => {
    const outcome = await run(async (_a: string, _r: string, _profile: object, done: AnyFunction) => {
      done(null, ada);
      return { another: 'user' };
    });
    expect(expectOutcome(outcome, 'success').user).to.equal(ada);
  });

  it('hears a promise of nothing as nothing: `done` may come later', async () => {
    const outcome = await run(async (_a: string, _r: string, _profile: object, done: AnyFunction) => {
      setImmediate(() => setImmediate(() => done(null, ada)));
    });
    expect(expectOutcome(outcome, 'success').user).to.equal(ada);
  });

  it('does not send a query that is a promise of its own kind: its `then` is not called', async () => {
    class Query extends Promise<unknown> {
      static override get [Symbol.species]() {
        return Promise;
      }
      // biome-ignore lint/suspicious/noThenProperty: postgres.js sends its queries so
      override then(): never {
        throw new Error('sent');
      }
    }
    const outcome = await run((_a: string, _r: string, _profile: object, done: AnyFunction) => {
      query((failed) => done(failed));
      return new Query(() => {});
    });
    expect(expectOutcome(outcome, 'error').error).to.equal(down);
  });

  describe('with a library in the place of the global Promise', () => {
    const native = globalThis.Promise;
    class Library<T> extends native<T> {
      // biome-ignore lint/suspicious/noThenProperty: as bluebird has it
      override then(...args: Parameters<Promise<T>['then']>): never {
        if (!(this instanceof Library)) throw new TypeError('this._then is not a function');
        return super.then(...args) as never;
      }
    }
    beforeEach(() => {
      globalThis.Promise = Library as never;
    });
    afterEach(() => {
      globalThis.Promise = native;
    });

    it('hears the rejection of an async function that takes `done`', async () => {
      expect(
        await errorOf(async (_a: string, _r: string, _profile: object, _done: AnyFunction) => {
          throw down;
        }),
      ).to.equal(down);
    });

    it('hears `done`, and promises of both kinds', async () => {
      const forms: unknown[] = [
        async (_a: string, _r: string, _p: object, done: AnyFunction) =>
          void setImmediate(done as never, null, ada),
        async (_a: string, _r: string, _p: object) => ada,
        (_a: string, _r: string, _p: object) => Library.resolve(ada),
      ];
      for (const verify of forms) expect(expectOutcome(await run(verify), 'success').user).to.equal(ada);
    });
  });

  for (const [title, source, says] of [
    [
      'a rejection',
      'async (a, r, profile, done) => { throw new Error("of the other realm"); }',
      'of the other realm',
    ],
    ['a user', 'async (a, r, profile, done) => profile', 'leave `done` out or call it'],
    ['nothing, of three parameters', 'async (a, r, profile) => {}', 'return the user, or false'],
  ] as const) {
    it(`hears promises of another realm, as in Jest: ${title}`, async () => {
      expect((await errorOf(runInNewContext(source))).message).to.include(says);
    });
  }

  it('ends in the rejection of a function that takes `done`', async () => {
    const error = await errorOf(async (_a: string, _r: string, _profile: object, _done: AnyFunction) => {
      throw down;
    });
    expect(error).to.equal(down);
  });
});

describe('verify callback: three parameters', () => {
  for (const [title, verify] of [
    ['false', async (_a: string, _r: string, _p: object) => false],
    ['null', async (_a: string, _r: string, _p: object) => null],
  ] as const) {
    it(`fails for a promise of ${title}`, async () => {
      expectOutcome(await run(verify), 'fail');
    });
  }

  for (const [title, verify] of [
    ['a promise of undefined', async (_a: string, _r: string, _p: object) => {}],
    ['a promise of an empty string', async (_a: string, _r: string, _p: object) => ''],
    ['a promise of 0', async (_a: string, _r: string, _p: object) => 0],
    ['a promise of true, which does not say who', async (_a: string, _r: string, _p: object) => true],
    ['no promise, but a user', (_a: string, _r: string, _p: object) => ada],
    ['nothing', (_a: string, _r: string, _p: object) => {}],
  ] as const) {
    it(`ends in a TypeError that says what to return for ${title}`, async () => {
      const error = await errorOf(verify);
      expect(error)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.includes('return the user, or false');
    });
  }

  const broken = new Error('broken');
  for (const [title, verify] of [
    ['rejects', async (_a: string, _r: string, _p: object) => Promise.reject(broken)],
    [
      'throws',
      (_a: string, _r: string, _p: object) => {
        throw broken;
      },
    ],
    [
      'returns something whose `then` throws',
      (_a: string, _r: string, _p: object) => ({
        // biome-ignore lint/suspicious/noThenProperty: what is tested
        then() {
          throw broken;
        },
      }),
    ],
  ] as const) {
    it(`ends in that error when it ${title}`, async () => {
      expect(await errorOf(verify)).to.equal(broken);
    });
  }

  for (const reason of [undefined, null, '', 0, false]) {
    it(`ends in an error, and no login, when it rejects with ${JSON.stringify(reason)}`, async () => {
      const error = await errorOf(async (_a: string, _r: string, _p: object) => Promise.reject(reason));
      expect(error).to.be.instanceOf(Error).with.property('message').that.includes('with no reason');
    });
  }
});

describe('verify callback: done', () => {
  const broken = new Error('broken');

  for (const [title, verify] of [
    [
      'throws',
      (_a: string, _r: string, _p: object, _done: Done) => {
        throw broken;
      },
    ],
    ['calls done with an error', (_a: string, _r: string, _p: object, done: Done) => done(broken)],
    [
      'calls done with an error later',
      (_a: string, _r: string, _p: object, done: Done) => void setImmediate(done, broken),
    ],
  ] as const) {
    it(`ends in that error when it ${title}`, async () => {
      expect(await errorOf(verify)).to.equal(broken);
    });
  }

  for (const user of [false, null, undefined]) {
    it(`fails for done(null, ${user}), and keeps the reason`, async () => {
      const outcome = await run((_a: string, _r: string, _p: object, done: Done) =>
        done(null, user, { message: 'banned' }),
      );
      expect(expectOutcome(outcome, 'fail').challenge).to.deep.equal({ message: 'banned' });
    });
  }

  it('succeeds with the info that it was given', async () => {
    const outcome = await run((_a: string, _r: string, _p: object, done: Done) =>
      done(null, ada, { scope: 'all' }),
    );
    expect(expectOutcome(outcome, 'success').info).to.deep.equal({ scope: 'all' });
  });

  for (const [title, verify] of [
    [
      'calls it twice',
      (_a: string, _r: string, _p: object, done: Done) => {
        done(null, ada);
        done(null, { another: 'user' });
      },
    ],
    [
      'calls it and throws',
      (_a: string, _r: string, _p: object, done: Done) => {
        done(null, ada);
        throw broken;
      },
    ],
    [
      'calls it and rejects',
      async (_a: string, _r: string, _p: object, done: Done) => {
        done(null, ada);
        throw broken;
      },
    ],
  ] as const) {
    it(`ends the login once when it ${title}`, async () => {
      expect(expectOutcome(await run(verify), 'success').user).to.equal(ada);
    });
  }
});

describe("the app's own callback of passport.authenticate", () => {
  const forms: [form: string, verify: unknown][] = [
    ['three parameters', async (_a: string, _r: string, _p: object) => ada],
    ['`done`, called at once', (_a: string, _r: string, _p: object, done: Done) => done(null, ada)],
    [
      '`done`, called later',
      (_a: string, _r: string, _p: object, done: Done) => setImmediate(done, null, ada),
    ],
  ];

  /** Takes the next exception that nobody caught, in place of mocha. */
  function nextUncaught(): Promise<unknown> {
    const listeners = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[];
    process.removeAllListeners('uncaughtException');
    return new Promise((resolve) => {
      process.once('uncaughtException', (error) => {
        for (const listener of listeners) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
  }

  for (const [form, verify] of forms) {
    it(`is given the error that it threw when it was given the user: ${form}`, async () => {
      const broken = new Error('the app is broken');
      const error = await new Promise((resolve) => {
        const login = Object.assign(Object.create(strategyWith(verify)), {
          success() {
            throw broken;
          },
          error: resolve,
        });
        login.authenticate({ method: 'GET', url: '/', headers: {}, ...request });
      });
      expect(error).to.equal(broken);
    });

    it(`does not leave the browser waiting in silence where it throws whatever it is given: ${form}`, async () => {
      const uncaught = nextUncaught();
      const login = Object.assign(Object.create(strategyWith(verify)), {
        success() {
          throw new Error('on the user');
        },
        error() {
          throw new Error('on the error');
        },
      });
      login.authenticate({ method: 'GET', url: '/', headers: {}, ...request });
      expect(await uncaught).to.have.property('message', 'on the error');
    });
  }
});
