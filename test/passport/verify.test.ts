import { expect } from 'chai';
import { ThreadsStrategy } from '../../lib/index.js';
import { app, CODE, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { expectOutcome, type Outcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';

type Verify = (...args: never[]) => unknown;

const user = { id: 'user-1' };
const request = { query: { code: CODE } };

function run(verify: Verify, options: object = {}): Promise<Outcome> {
  const { dispatcher } = upstream();
  const settings = { ...app, state: false, dispatcher, ...options };
  return runStrategy(new ThreadsStrategy(settings as never, verify as never), request);
}

/** A rest-args function with the length that its maker gave it, as the adapter of NestJS makes them. */
function restArgs(length: number, validate: (...args: unknown[]) => unknown): Verify {
  const callback = async (...params: unknown[]) => {
    const done = params[params.length - 1] as (error: unknown, user?: unknown) => void;
    try {
      done(null, await validate(...params));
    } catch (error) {
      done(error, null);
    }
  };
  return Object.defineProperty(callback, 'length', { value: length });
}

/** The function that a text stands for, with nothing else in its scope than the names given here. */
function minified(source: string): Verify {
  return new Function('user', `return ${source}`)(user);
}

describe('verify function', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);

  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', note);
  });

  afterEach(() => {
    process.off('unhandledRejection', note);
    expect(unhandled).to.deep.equal([]);
  });

  describe('what it is given', () => {
    const token = SHORT_TOKEN;
    // Each keeps its arguments; `seen` is what the form must have been called with.
    const seen: unknown[] = [];
    const keep = (...args: unknown[]) => seen.splice(0, seen.length, ...args);
    type Done = (error: unknown, user?: unknown) => void;

    const forms: [title: string, shape: string, verify: Verify][] = [
      [
        '(…, profile, done)',
        'profile',
        (a: string, r: string, profile: unknown, done: Done) => {
          keep(a, r, profile);
          done(null, user);
        },
      ],
      [
        '(…, params, profile, done)',
        'params profile',
        (a: string, r: string, params: unknown, profile: unknown, done: Done) => {
          keep(a, r, params, profile);
          done(null, user);
        },
      ],
      [
        'async (…, profile)',
        'profile',
        async (a: string, r: string, profile: unknown) => {
          keep(a, r, profile);
          return user;
        },
      ],
      [
        'async (…, params, profile)',
        'params profile',
        async (a: string, r: string, params: unknown, profile: unknown) => {
          keep(a, r, params, profile);
          return user;
        },
      ],
      [
        'a promise of (…, params, profile) without async',
        'params profile',
        (a: string, r: string, params: unknown, profile: unknown) => {
          keep(a, r, params, profile);
          return Promise.resolve(user);
        },
      ],
      [
        'async (…, params, { id }) that takes the profile apart',
        'params id',
        async (a: string, r: string, params: unknown, { id }: { id: string }) => {
          keep(a, r, params, id);
          return user;
        },
      ],
      [
        'async (…, { user_id }, profile) that takes the token answer apart',
        'user_id profile',
        async (a: string, r: string, { user_id }: { user_id: string }, profile: unknown) => {
          keep(a, r, user_id, profile);
          return user;
        },
      ],
      [
        'async with a default in its parameters',
        'params profile',
        async (a: string, r = 'none', params: unknown = {}, profile: unknown = {}) => {
          keep(a, r, params, profile);
          return user;
        },
      ],
      [
        'a promise of a user whose parameter is called otherwise, after params',
        'params profile',
        (a: string, r: string, params: unknown, person: unknown) => {
          keep(a, r, params, person);
          return Promise.resolve(user);
        },
      ],
      [
        'async (…, profile, otherwise) that passes done on',
        'profile',
        async (a: string, r: string, profile: unknown, finish: Done) => {
          keep(a, r, profile);
          queueMicrotask(finish.bind(undefined, null, user));
        },
      ],
      [
        'async and minified, with a URL before the call of done',
        'profile',
        new Function(
          'keep',
          'user',
          "return async(e,t,r,n)=>{const u='https://app.example';keep(e,t,r);n(u?null:u,user)}",
        )(keep, user),
      ],
      [
        '(…, profile, done) with an option of its own behind',
        'profile',
        (a: string, r: string, profile: unknown, done: Done, _options: object = {}) => {
          keep(a, r, profile);
          done(null, user);
        },
      ],
      [
        'async (…, profile, done) that calls done',
        'profile',
        async (a: string, r: string, profile: unknown, done: Done) => {
          keep(a, r, profile);
          done(null, user);
        },
      ],
      [
        'async (…, params, profile, done) that calls done',
        'params profile',
        async (a: string, r: string, params: unknown, profile: unknown, done: Done) => {
          keep(a, r, params, profile);
          done(null, user);
        },
      ],
      [
        'rest arguments, length 0',
        'profile',
        restArgs(0, (...args) => {
          keep(...args.slice(0, -1));
          return user;
        }),
      ],
      ...([3, 4] as const).map((length): [string, string, Verify] => [
        `rest arguments, length ${length} by defineProperty`,
        'profile',
        restArgs(length, (...args) => {
          keep(...args.slice(0, -1));
          return user;
        }),
      ]),
      [
        'rest arguments, length 5 by defineProperty',
        'params profile',
        restArgs(5, (...args) => {
          keep(...args.slice(0, -1));
          return user;
        }),
      ],
      [
        'a bound method (…, profile, done)',
        'profile',
        function (this: object, a: string, r: string, profile: unknown, done: Done) {
          keep(a, r, profile);
          done(null, this);
        }.bind(user),
      ],
    ];

    const expected = (shape: string, refreshToken: unknown) => [
      token,
      refreshToken,
      ...shape.split(' ').map((word) => {
        if (word === 'params') return { access_token: token, user_id: USER_ID };
        return word === 'profile' ? 'the profile' : USER_ID;
      }),
    ];
    const simplified = (args: unknown[]) =>
      args.map((arg) => ((arg as { provider?: string })?.provider === 'threads' ? 'the profile' : arg));

    for (const [title, shape, verify] of forms) {
      it(`fits ${title}`, async () => {
        const outcome = await run(verify);
        expect(expectOutcome(outcome, 'success').user).to.equal(user);
        const refreshToken = title.includes('default') ? 'none' : undefined;
        expect(simplified(seen)).to.deep.equal(expected(shape, refreshToken));
      });
    }

    const withRequest: [title: string, shape: string, verify: Verify][] = [
      [
        '(req, …, profile, done)',
        'profile',
        (req: unknown, a: string, r: string, profile: unknown, done: Done) => {
          keep(req, a, r, profile);
          done(null, user);
        },
      ],
      [
        '(req, …, params, profile, done)',
        'params profile',
        (req: unknown, a: string, r: string, params: unknown, profile: unknown, done: Done) => {
          keep(req, a, r, params, profile);
          done(null, user);
        },
      ],
      [
        'async (req, …, profile)',
        'profile',
        async (req: unknown, a: string, r: string, profile: unknown) => {
          keep(req, a, r, profile);
          return user;
        },
      ],
      [
        'async (req, …, params, profile)',
        'params profile',
        async (req: unknown, a: string, r: string, params: unknown, profile: unknown) => {
          keep(req, a, r, params, profile);
          return user;
        },
      ],
      [
        'async (req, …, profile, done) that calls done',
        'profile',
        async (req: unknown, a: string, r: string, profile: unknown, done: Done) => {
          keep(req, a, r, profile);
          done(null, user);
        },
      ],
      [
        'rest arguments, length 0',
        'profile',
        restArgs(0, (...args) => {
          keep(...args.slice(0, -1));
          return user;
        }),
      ],
      [
        'rest arguments, length 5 by defineProperty',
        'profile',
        restArgs(5, (...args) => {
          keep(...args.slice(0, -1));
          return user;
        }),
      ],
      [
        'rest arguments, length 6 by defineProperty',
        'params profile',
        restArgs(6, (...args) => {
          keep(...args.slice(0, -1));
          return user;
        }),
      ],
    ];

    for (const [title, shape, verify] of withRequest) {
      it(`fits ${title} with passReqToCallback`, async () => {
        const outcome = await run(verify, { passReqToCallback: true });
        expect(expectOutcome(outcome, 'success').user).to.equal(user);
        const [req, ...rest] = simplified(seen);
        expect(req).to.have.property('query', request.query);
        expect(rest).to.deep.equal(expected(shape, undefined));
      });
    }

    for (const source of [
      'async(a,r,p,d)=>{d(null,user)}',
      'async (a,r,p,d)=>{await 0;d?.(null,user)}',
      'async function(a,r,p,$){$(null,user)}',
      '(a,r,p,d)=>{d(null,user)}',
      '(a, r, p, готово) => { готово(null, user) }',
      'token=>Promise.resolve([1,2,3,user].find((one,two,three,profile)=>one===user))',
      '(a,r,p,d)=>{setImmediate(d,null,user)}',
      'async(a,r,p,d)=>p.id?user:d(null,false)',
      'async(a,r,p)=>p.id&&user',
      'async (a, r, params /* , done) */, p) => params.user_id === p.id && user',
      'async (a, r, params, // (done)\n p) => params.user_id === p.id && user',
      'async (a, r, params = "(", p = {}) => params.user_id === p.id && user',
      'async(a,r,t,p)=>t.user_id===p.id&&user',
      'async(a,r,{user_id:t},{id:p})=>t===p&&user',
      'async({length:a},r,t,p)=>t.user_id===p.id&&user',
    ]) {
      it(`tells ${JSON.stringify(source)} by its text`, async () => {
        expect(expectOutcome(await run(minified(source)), 'success').user).to.equal(user);
      });
    }

    it('is given the long-lived token twice with longLived', async () => {
      let given: unknown[] = [];
      const verify = async (...args: unknown[]) => {
        given = args.slice(0, 2);
        return user;
      };
      expectOutcome(await run(verify, { longLived: true }), 'success');
      expect(given).to.deep.equal([LONG_TOKEN, LONG_TOKEN]);
    });
  });

  describe('what it says', () => {
    const boom = new Error('the database is down');

    const errors: [title: string, verify: Verify][] = [
      ['rejects', async (_a: string, _r: string, _profile: object) => Promise.reject(boom)],
      [
        'throws',
        (_a: string, _r: string, _profile: object, _done: unknown) => {
          throw boom;
        },
      ],
      [
        'calls done with an error',
        (_a: string, _r: string, _profile: object, done: (error: unknown) => void) => done(boom),
      ],
      [
        'calls done with an error later',
        (_a: string, _r: string, _profile: object, done: (error: unknown) => void) =>
          void setImmediate(done, boom),
      ],
      [
        'is async, takes done, and rejects',
        async (_a: string, _r: string, _p: object, _done: unknown) => Promise.reject(boom),
      ],
      ['takes rest arguments and rejects', restArgs(0, () => Promise.reject(boom))],
      [
        'returns something whose then throws',
        (_a: string, _r: string, _profile: object) => ({
          // biome-ignore lint/suspicious/noThenProperty: a promise of another library may be broken
          then() {
            throw boom;
          },
        }),
      ],
    ];
    for (const [title, verify] of errors) {
      it(`ends in that error when it ${title}`, async () => {
        expect(expectOutcome(await run(verify), 'error').error).to.equal(boom);
      });
    }

    for (const reason of [undefined, null, false, 0, '']) {
      it(`ends in an error when it rejects with ${JSON.stringify(reason)}`, async () => {
        const outcome = await run(async (_a: string, _r: string, _profile: object) => Promise.reject(reason));
        expect(expectOutcome(outcome, 'error').error).to.be.instanceOf(Error);
      });

      it(`ends in an error when it throws ${JSON.stringify(reason)}`, async () => {
        const outcome = await run((_a: string, _r: string, _profile: object, _done: unknown) => {
          throw reason;
        });
        expect(expectOutcome(outcome, 'error').error).to.be.instanceOf(Error);
      });
    }

    for (const value of [false, null, undefined]) {
      it(`fails when the promise is of ${value}`, async () => {
        const outcome = await run(async (_a: string, _r: string, _profile: object) => value);
        expect(expectOutcome(outcome, 'fail').challenge).to.equal(undefined);
      });

      it(`fails when done is called with ${value}, and keeps the reason`, async () => {
        const info = { message: 'No such member' };
        const outcome = await run(
          (_a: string, _r: string, _profile: object, done: (...args: unknown[]) => void) =>
            done(null, value, info),
        );
        expect(expectOutcome(outcome, 'fail').challenge).to.equal(info);
      });
    }

    it('succeeds with the info that done was given', async () => {
      const outcome = await run(
        (_a: string, _r: string, _profile: object, done: (...args: unknown[]) => void) =>
          done(null, user, { scope: 'all' }),
      );
      expect(expectOutcome(outcome, 'success').info).to.deep.equal({ scope: 'all' });
    });

    it('ends in an error that explains itself when it neither takes done nor returns a promise', async () => {
      const outcome = await run((_a: string, _r: string, _profile: object) => user);
      const { error } = expectOutcome(outcome, 'error');
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('promise');
    });

    it('may return a promise although it takes done', async () => {
      const outcome = await run(async (_a: string, _r: string, _p: object, _done: unknown) => user);
      expect(expectOutcome(outcome, 'success').user).to.equal(user);
    });

    it('may call done after its promise', async () => {
      const outcome = await run(
        async (_a: string, _r: string, _profile: object, done: (...args: unknown[]) => void) => {
          setImmediate(done, null, user);
        },
      );
      expect(expectOutcome(outcome, 'success').user).to.equal(user);
    });
  });

  describe('is counted once', () => {
    type Done = (error: unknown, user?: unknown) => void;
    const other = { id: 'user-2' };
    const late = new Error('too late');

    const twice: [title: string, verify: Verify][] = [
      [
        'calls done twice',
        (_a: string, _r: string, _profile: object, done: Done) => {
          done(null, user);
          done(null, other);
        },
      ],
      [
        'calls done again later',
        (_a: string, _r: string, _profile: object, done: Done) => {
          done(null, user);
          process.nextTick(done, late);
        },
      ],
      [
        'calls done and throws',
        (_a: string, _r: string, _profile: object, done: Done) => {
          done(null, user);
          throw late;
        },
      ],
      [
        'calls done and rejects',
        async (_a: string, _r: string, _profile: object, done: Done) => {
          done(null, user);
          throw late;
        },
      ],
      [
        'calls done and returns another user',
        async (_a: string, _r: string, _profile: object, done: Done) => {
          done(null, user);
          return other;
        },
      ],
      [
        'returns what done returned',
        async (_a: string, _r: string, _profile: object, done: Done) => done(null, user),
      ],
    ];
    for (const [title, verify] of twice) {
      it(`when it ${title}`, async () => {
        expect(expectOutcome(await run(verify), 'success').user).to.equal(user);
      });
    }
  });
});
