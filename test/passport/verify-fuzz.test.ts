import { mock } from 'node:test';
import { expect } from 'chai';
import fc from 'fast-check';
import { ThreadsStrategy } from '../../lib/index.js';
import { app, CODE, USER_ID } from '../support/fixtures.js';
import { type Outcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';

type Done = (error?: unknown, user?: unknown) => void;
type End = 'success' | 'fail' | 'error' | 'TypeError' | 'nothing';

const ada = { id: USER_ID };
const broken = new Error('broken');

/** Which parameter is taken for the profile, counted from the last, and how: whoever has no id is one for all people. */
type Reading = { fromLast: 1 | 2 | 3; copies: boolean } | undefined;

/** What somebody's verify callback does, in turns of the event loop after it was called: 0 is at once. */
interface Program {
  declares: number;
  passReqToCallback: boolean;
  reading: Reading;
  /** Calls of the last argument, in this order within a turn. */
  calls: { turn: number; gives: 'user' | 'false' | 'nothing' | 'error' | 'itself' }[];
  throws: boolean;
  /** What it returns, and how that ends. */
  returns: 'nothing' | 'user' | 'async' | 'subclass' | 'thenable';
  settles: {
    turn: number;
    gives: 'user' | 'false' | 'null' | 'undefined' | 'true' | 'rejection' | 'no reason';
  };
  wrapped: 'plain' | 'bound' | 'proxy' | 'mock';
}

const turn = fc.integer({ min: 0, max: 2 });
const programs: fc.Arbitrary<Program> = fc.record({
  declares: fc.oneof(
    { arbitrary: fc.constantFrom(0, 3, 4, 5, 6), weight: 5 },
    fc.integer({ min: 0, max: 9 }),
  ),
  passReqToCallback: fc.boolean(),
  reading: fc.option(fc.record({ fromLast: fc.constantFrom(1, 2, 3), copies: fc.boolean() }), {
    nil: undefined,
  }),
  calls: fc.array(
    fc.record({ turn, gives: fc.constantFrom('user', 'user', 'false', 'nothing', 'error', 'itself') }),
    { maxLength: 3 },
  ),
  throws: fc.oneof(fc.boolean(), fc.constant(false)),
  returns: fc.constantFrom('nothing', 'user', 'async', 'async', 'subclass', 'thenable'),
  settles: fc.record({
    turn,
    gives: fc.constantFrom('user', 'false', 'null', 'undefined', 'true', 'rejection', 'no reason'),
  }),
  wrapped: fc.constantFrom('plain', 'bound', 'proxy', 'mock'),
});

const turns = async (count: number) => {
  for (let i = 0; i < count; i += 1) await new Promise(setImmediate);
};

/** A promise library of its own kind, as postgres.js and Sequelize bring along. */
class Subclass<T> extends Promise<T> {}

/** The function that a program says. `made` hears of the user that it makes. */
function functionOf(program: Program, made: (user: object) => void): unknown {
  const { calls, throws, returns, settles, reading } = program;

  const body = (...args: unknown[]) => {
    const done = args.at(-1) as Done;
    let user: object = ada;
    const source = reading && (args.at(-reading.fromLast) as { id?: string } | string | undefined);
    // Text has no way to say that it is no profile, and a copy of `params` is what an app may want.
    if (typeof source === 'function' || (typeof source === 'object' && !('access_token' in source))) {
      const { id } = reading?.copies ? { ...source } : source;
      user = { id };
    } else if (typeof source === 'object') {
      user = { id: source.id };
    }
    made(user);
    const given = { user, false: false, nothing: undefined, null: null, undefined, true: true };
    const call = ({ gives }: (typeof calls)[number]) => {
      if (gives === 'error') done(broken);
      else done(null, gives === 'itself' ? done : given[gives]);
    };
    const settle = () => {
      if (settles.gives === 'rejection') throw broken;
      if (settles.gives === 'no reason') throw undefined;
      return given[settles.gives];
    };

    for (const one of calls) {
      if (one.turn === 0) call(one);
      else if (typeof done === 'function') void turns(one.turn).then(() => call(one));
    }
    if (throws) throw broken;
    if (returns === 'nothing') return undefined;
    if (returns === 'user') return user;
    const promise = turns(settles.turn).then(settle);
    if (returns === 'async') return promise;
    if (returns === 'subclass') return Subclass.resolve(promise);
    promise.catch(() => {});
    // biome-ignore lint/suspicious/noThenProperty: a query has one
    return { then: promise.then.bind(promise) };
  };

  const declaring = Object.defineProperty(body, 'length', { value: program.declares });
  if (program.wrapped === 'bound') return declaring.bind(undefined);
  if (program.wrapped === 'proxy') return new Proxy(declaring, {});
  return program.wrapped === 'mock' ? mock.fn(declaring) : declaring;
}

/** The ends that the documentation allows: more than one where two things happen in one turn. */
function endsOf(program: Program): End[] | 'refused at construction' {
  const { declares, passReqToCallback, calls, throws, returns, settles } = program;
  const form = declares - Number(passReqToCallback);
  const takesDone = declares === 0 || form === 4 || form === 5;
  if (!takesDone && form !== 3) return 'refused at construction';

  const bySettling: Record<Program['settles']['gives'], End> = takesDone
    ? {
        user: 'TypeError',
        false: 'TypeError',
        null: 'TypeError',
        true: 'TypeError',
        undefined: 'nothing',
        rejection: 'error',
        'no reason': 'error',
      }
    : {
        user: 'success',
        false: 'fail',
        null: 'fail',
        true: 'TypeError',
        undefined: 'TypeError',
        rejection: 'error',
        'no reason': 'error',
      };
  const settled = bySettling[settles.gives];

  if (!takesDone) {
    // The last of its parameters is the profile, which is no function.
    if (calls.some((call) => call.turn === 0)) return ['TypeError'];
    if (throws) return ['error'];
    return returns === 'nothing' || returns === 'user' ? ['TypeError'] : [settled];
  }

  const byCall = {
    user: 'success',
    false: 'fail',
    nothing: 'fail',
    error: 'error',
    itself: 'TypeError',
  } as const;
  const events: { turn: number; end: End }[] = calls.map((call) => ({
    turn: call.turn,
    end: byCall[call.gives],
  }));
  const atOnce = events.find((event) => event.turn === 0);
  if (atOnce) return [atOnce.end];
  if (throws) return ['error'];
  if ((returns === 'async' || returns === 'subclass') && settled !== 'nothing') {
    events.push({ turn: settles.turn, end: settled });
  }
  const first = Math.min(...events.map((event) => event.turn));
  return events.length === 0
    ? ['nothing']
    : events.filter((event) => event.turn === first).map(({ end }) => end);
}

describe('Whatever the verify callback does', () => {
  const { dispatcher } = upstream();

  /** How a login with this program ends, and the user that the program made, if it came so far. */
  async function login(program: Program) {
    let made: object | undefined;
    let called = () => {};
    const wasCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    const verify = functionOf(program, (user) => {
      made = user;
    });
    const noticed = new Proxy(verify as () => unknown, {
      apply(target, self, args) {
        called();
        return Reflect.apply(target, self, args);
      },
    });
    const { passReqToCallback } = program;
    const options = {
      ...app,
      state: false,
      tokenVerification: 'off',
      dispatcher,
      passReqToCallback,
    } as const;
    const ended = runStrategy(new ThreadsStrategy(options, noticed as never), { query: { code: CODE } });
    await Promise.race([wasCalled, ended]);
    // Longer than any program takes.
    const outcome = await Promise.race([ended, turns(8).then(() => undefined)]);
    return { outcome, made };
  }

  function endOf(outcome: Outcome | undefined): End {
    if (!outcome) return 'nothing';
    if (outcome.outcome === 'error') return outcome.error instanceof TypeError ? 'TypeError' : 'error';
    return outcome.outcome as End;
  }

  it('the login ends as the documentation says, once, and with nobody who has no id', async () => {
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        const ends = endsOf(program);
        if (ends === 'refused at construction') {
          const error = await login(program).catch((thrown: unknown) => thrown);
          expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('declares');
          return;
        }

        const { outcome, made } = await login(program);
        const end = endOf(outcome);
        if (end === 'success') expect(outcome).to.have.nested.property('user.id', USER_ID);
        // Whoever took the wrong parameter for the profile is told so before anything else.
        if (made === undefined) expect(end).to.equal('TypeError');
        else expect(end).to.be.oneOf(ends);
      }),
      { numRuns: 1000 },
    );
  });
});
