import { expect } from 'chai';
import { ThreadsNetworkError } from '../../../lib/index.js';
import {
  type ManyTokensOptions,
  refreshMany,
  type VerifyOutcome,
  verifyMany,
} from '../../../lib/threads/bulk/many-tokens.js';
import type { TokenInfo } from '../../../lib/threads/debug-token.js';
import { ThreadsGraphAPIError, ThreadsTokenError } from '../../../lib/threads/errors.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
/** Milliseconds that Threads takes for an answer. */
const ROUND_TRIP = 50;

const alive = { isValid: true } as TokenInfo;
const tokens = (count: number) => Array.from({ length: count }, (_, i) => `T${i + 1}`);

/** Threads refuses with this code; `retryAfter` in seconds. */
function refusal(
  code: number | undefined,
  context: { httpStatus?: number; retryAfter?: number } = {},
): Error {
  return new ThreadsGraphAPIError({ message: 'Not now', code }, { httpStatus: 400, ...context });
}

interface Asked {
  token: string;
  at: number;
}

/** What Threads answers about a token that it is asked about for the nth time: an error, or that it is alive. */
type Answer = (token: string, time: number, at: number) => Error | undefined;

/** Runs `verifyMany` on a virtual clock, with a Threads that takes 50 ms for each answer. */
function start(answer: Answer, inputs: string[], options: ManyTokensOptions = {}) {
  const clock = new VirtualClock();
  const asked: Asked[] = [];
  const outcomes: (VerifyOutcome<string> & { at: number })[] = [];
  const verify = async (token: string) => {
    asked.push({ token, at: clock.elapsed() });
    const time = asked.filter((one) => one.token === token).length;
    await clock.wait(ROUND_TRIP);
    const error = answer(token, time, clock.elapsed());
    if (error) throw error;
    return alive;
  };
  const verifier = { verify, refusedToken: async () => 'inspector' as const };
  const run = async () => {
    for await (const outcome of verifyMany(inputs, verifier, options, clock)) {
      outcomes.push({ ...outcome, at: clock.elapsed() });
    }
  };
  const times = (token: string) => asked.filter((one) => one.token === token).map(({ at }) => at);
  return { clock, asked, outcomes, done: clock.until(run()), times };
}

const isLimited = (limited: string[], code = 17): Answer => {
  return (token) => (limited.includes(token) ? refusal(code) : undefined);
};

describe('The limit of one person, over many tokens', () => {
  /** When the last of the tokens that are not limited was handed over. */
  async function timeOfOthers(limited: string[]): Promise<number> {
    const { outcomes, done } = start(isLimited(limited), tokens(300));
    await done;
    const others = outcomes.filter(({ input }) => !limited.includes(input));
    expect(others).to.have.length(300 - limited.length);
    expect(others.every(({ info }) => info?.isValid)).to.equal(true);
    return Math.max(...others.map(({ at }) => at));
  }

  const without = (300 / 10) * ROUND_TRIP;

  for (const [title, limited] of [
    ['0', []],
    ['1', ['T1']],
    ['1 in the middle', ['T150']],
    ['10 at the beginning', tokens(10)],
    ['10 here and there', tokens(300).filter((_, i) => i % 30 === 0)],
  ] as const) {
    it(`takes no time from the others: 300 tokens, limited: ${title}`, async () => {
      // Each further try of a limited token takes the place of another one for a round trip.
      expect(await timeOfOthers([...limited])).to.be.within(without, without + 2 * ROUND_TRIP);
    });
  }

  it('holds the token back for a second, and for an hour when it is limited again while others succeed', async () => {
    const { times, outcomes, done } = start(isLimited(['T1']), tokens(3000), { concurrency: 1 });
    await done;
    const [first, ...later] = times('T1');
    expect(first).to.equal(0);
    const gaps = later.map((at, i) => at - [first!, ...later][i]!);
    expect(gaps[0]).to.be.within(1000, 1000 + 3 * ROUND_TRIP);
    expect(gaps[1]).to.be.within(HOUR, HOUR + 3 * ROUND_TRIP);
    expect(times('T1')).to.have.length(5);
    const last = outcomes.at(-1)!;
    expect(last).to.include({ input: 'T1', asked: true });
    expect(last.error).to.include({ code: 17, isTransient: true });
  });

  it('holds the token back for as long as Retry-After says', async () => {
    const answer: Answer = (token, time) =>
      token === 'T1' && time < 4 ? refusal(17, { retryAfter: 120 }) : undefined;
    const { times, outcomes, done } = start(answer, tokens(3));
    await done;
    const step = 120_000 + ROUND_TRIP;
    expect(times('T1')).to.deep.equal([0, step, 2 * step, 3 * step]);
    expect(outcomes.every(({ info }) => info?.isValid)).to.equal(true);
  });

  it('waits no hour for a token that is limited again while no other one succeeds', async () => {
    const { times, done } = start(isLimited(['T1', 'T2']), ['T1', 'T2']);
    await done;
    const gaps = times('T1').map((at, i, all) => at - (all[i - 1] ?? at));
    expect(gaps).to.deep.equal([0, ...[1000, 2000, 4000, 8000].map((pause) => pause + ROUND_TRIP)]);
  });

  it('hands over at once what is limited while as many wait as may be asked at a time', async () => {
    const limited = tokens(5);
    const { times, outcomes, done } = start(isLimited(limited), tokens(20), { concurrency: 2 });
    await done;
    for (const token of ['T3', 'T4', 'T5']) expect(times(token)).to.have.length(1);
    for (const token of ['T1', 'T2']) expect(times(token)).to.have.length(5);
    const refused = outcomes.filter(({ error }) => error);
    expect(refused.map(({ input }) => input)).to.deep.equal(['T3', 'T4', 'T5', 'T1', 'T2']);
    for (const { error } of refused) expect(error).to.include({ reason: 'rate_limited', isTransient: true });
    expect(refused[2]!.at).to.be.below(10 * ROUND_TRIP);
  });

  it('is never announced as a pause', async () => {
    const progress: object[] = [];
    const options = { onProgress: (at: object) => progress.push(at) };
    await start(isLimited(['T1', 'T2', 'T3', 'T4']), tokens(20), options).done;
    expect(progress).to.deep.equal(Array.from({ length: 20 }, (_, i) => ({ done: i + 1 })));
  });

  it('never has more requests under way than it is told, however many tokens come back', async () => {
    let most = 0;
    const clock = new VirtualClock();
    let underWay = 0;
    const seen = new Set<string>();
    const verify = async (token: string) => {
      most = Math.max(most, ++underWay);
      await clock.wait(ROUND_TRIP);
      underWay -= 1;
      if (seen.size < 4 && !seen.has(token)) {
        seen.add(token);
        throw refusal(17);
      }
      return alive;
    };
    const verifier = { verify, refusedToken: async () => undefined };
    const run = async () => {
      for await (const _ of verifyMany(tokens(300), verifier, { concurrency: 4 }, clock));
    };
    await clock.until(run());
    expect(most).to.equal(4);
  });

  it('ends with the run: what is held back is handed over with its error when the signal aborts', async () => {
    const controller = new AbortController();
    const answer: Answer = (token) => {
      if (token === 'T20') controller.abort();
      return token === 'T1' ? refusal(17, { retryAfter: 1800 }) : undefined;
    };
    const { outcomes, done, clock } = start(answer, tokens(20), { signal: controller.signal });
    await done;
    expect(clock.elapsed()).to.be.below(MINUTE);
    expect(outcomes.find(({ input }) => input === 'T1')).to.nested.include({ asked: true, 'error.code': 17 });
  });
});

describe('The limit of the app, over many tokens', () => {
  for (const code of [4, 341]) {
    it(`holds all back: code ${code}`, async () => {
      const answer: Answer = (token, time) =>
        token === 'T1' && time === 1 ? refusal(code, { retryAfter: 60 }) : undefined;
      const pauses: (number | undefined)[] = [];
      const { asked, done } = start(answer, tokens(30), {
        concurrency: 2,
        onProgress: ({ pause }) => pause && pauses.push(pause),
      });
      await done;
      expect(asked.filter(({ at }) => at < MINUTE).map(({ token }) => token)).to.deep.equal(['T1', 'T2']);
      expect(pauses).to.deep.equal([MINUTE]);
    });
  }

  it('holds all back where several tokens in a row get HTTP 429, of whatever limit', async () => {
    const answer: Answer = (_token, time) =>
      time === 1 ? refusal(undefined, { httpStatus: 429 }) : undefined;
    const { asked, outcomes, done } = start(answer, tokens(4), { concurrency: 4 });
    await done;
    expect(outcomes.every(({ info }) => info?.isValid)).to.equal(true);
    expect(asked.filter(({ at }) => at < 1000).map(({ token }) => token)).to.deep.equal(tokens(4));
  });

  it('holds one token back that gets HTTP 429 while others succeed', async () => {
    const pauses: number[] = [];
    const answer: Answer = (token, time) =>
      token === 'T5' && time < 3 ? refusal(undefined, { httpStatus: 429 }) : undefined;
    const { times, outcomes, done } = start(answer, tokens(100), {
      concurrency: 1,
      onProgress: ({ pause }) => pause && pauses.push(pause),
    });
    await done;
    expect(pauses).to.deep.equal([]);
    expect(times('T5')).to.have.length(3);
    expect(outcomes.at(-1)!.at).to.be.above(HOUR);
    expect(outcomes.filter(({ at }) => at < HOUR)).to.have.length(99);
  });

  it('does not wait an hour for a token with a temporary problem while others succeed', async () => {
    const answer: Answer = (token, time) => (token === 'T1' && time < 5 ? refusal(2) : undefined);
    const { times, done } = start(answer, tokens(1000), { concurrency: 1 });
    await done;
    const at = times('T1');
    expect(at).to.have.length(5);
    expect(at.at(-1)).to.be.within(15_000, 15_000 + 10 * ROUND_TRIP);
  });

  it('holds all back while there is no connection, and gives each token five tries', async () => {
    const answer: Answer = () => new ThreadsNetworkError('NETWORK', 'No connection');
    const { times, outcomes, done } = start(answer, tokens(25), { concurrency: 5 });
    await done;
    expect(outcomes).to.have.length(25);
    for (const token of tokens(25)) expect(times(token), token).to.have.length(5);
  });
});

describe('The rate, over many tokens', () => {
  it('is the most that is asked in any second', async () => {
    const { asked, done } = start(() => undefined, tokens(100), { rate: 20 });
    await done;
    for (const { at } of asked) {
      const inThisSecond = asked.filter((other) => other.at >= at && other.at < at + 1000);
      expect(inThisSecond.length).to.be.at.most(20);
    }
    expect(asked.at(-1)!.at).to.equal(99 * 50);
  });

  it('is kept for what is asked again, and asks nothing in a pause', async () => {
    const answer: Answer = (token, time) =>
      token === 'T3' && time === 1 ? refusal(4, { retryAfter: 10 }) : undefined;
    const { asked, done } = start(answer, tokens(20), { rate: 10, concurrency: 5 });
    await done;
    expect(asked).to.have.length(21);
    const at = asked.map((one) => one.at);
    for (const [i, time] of at.entries()) if (i > 0) expect(time - at[i - 1]!).to.be.at.least(99.9);
    const pause = asked.find(({ token }) => token === 'T3')!.at + ROUND_TRIP;
    expect(at.filter((time) => time > pause && time < pause + 10_000)).to.deep.equal([]);
  });

  it('does not catch up on what it has not asked: a source that was slow is no reason for a burst', async () => {
    const clock = new VirtualClock();
    const at: number[] = [];
    async function* source() {
      yield 'T1';
      await clock.wait(MINUTE);
      yield* tokens(10);
    }
    const verify = async () => {
      at.push(clock.elapsed());
      return alive;
    };
    const verifier = { verify, refusedToken: async () => undefined };
    const run = async () => {
      for await (const _ of verifyMany(source(), verifier, { rate: 1 }, clock));
    };
    await clock.until(run());
    expect(at).to.deep.equal([0, ...Array.from({ length: 10 }, (_, i) => MINUTE + i * 1000)]);
  });

  it('leaves tokens that need no request alone', async () => {
    const clock = new VirtualClock();
    const refresher = { refresh: () => Promise.reject(new Error('asked')), verify: async () => alive };
    const inputs = tokens(100).map((accessToken) => ({ accessToken, issuedAt: new Date(), expiresAt: null }));
    let skipped = 0;
    const run = async () => {
      for await (const { outcome } of refreshMany(inputs, refresher, { rate: 1 }, clock)) {
        if (outcome === 'skipped') skipped += 1;
      }
    };
    await clock.until(run());
    expect(skipped).to.equal(100);
    expect(clock.elapsed()).to.equal(0);
  });
});

describe('refreshMany, when the signal aborts', () => {
  const renewed = { accessToken: 'new', expiresIn: 1, expiresAt: new Date(), raw: {} };

  it('asks nothing new, and hands over what Threads renewed meanwhile', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const asked: string[] = [];
    const refresh = async (token: string) => {
      asked.push(token);
      await clock.wait(ROUND_TRIP * asked.length);
      if (token === 'T2') controller.abort();
      return renewed;
    };
    const refresher = { refresh, verify: async () => alive };
    const inputs = tokens(100).map((accessToken) => ({ accessToken }));
    const outcomes: unknown[] = [];
    const run = async () => {
      const options = { concurrency: 5, signal: controller.signal };
      for await (const { input, outcome } of refreshMany(inputs, refresher, options, clock)) {
        outcomes.push([input.accessToken, outcome]);
      }
    };
    await clock.until(run());
    expect(asked).to.deep.equal(tokens(6));
    expect(outcomes).to.deep.equal(tokens(6).map((token) => [token, 'refreshed']));
  });

  it('does not ask debug_token any more about a refusal that does not say whether the token lives', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    let verified = 0;
    const refresh = async () => {
      await clock.wait(ROUND_TRIP);
      controller.abort();
      throw new ThreadsTokenError({ message: 'The requested resource does not exist', code: 100 });
    };
    const verify = async () => {
      verified += 1;
      return alive;
    };
    const outcomes: unknown[] = [];
    const run = async () => {
      const options = { signal: controller.signal };
      for await (const { outcome } of refreshMany(
        [{ accessToken: 'T1' }],
        { refresh, verify },
        options,
        clock,
      )) {
        outcomes.push(outcome);
      }
    };
    await clock.until(run());
    expect(outcomes).to.deep.equal(['failed']);
    expect(verified).to.equal(0);
  });
});
