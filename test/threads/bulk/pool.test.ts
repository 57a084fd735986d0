import { expect } from 'chai';
import { concurrentMap, type Window } from '../../../lib/threads/bulk/pool.js';
import { all } from '../../support/all.js';
import { rejection } from '../../support/login.js';

/** Work that ends when the test says so. */
function handWork() {
  const started: number[] = [];
  const finish = new Map<number, (result: string) => void>();
  const signals: AbortSignal[] = [];
  const work = (input: number, { signal }: Window) => {
    started.push(input);
    signals.push(signal);
    return new Promise<string>((resolve) => {
      finish.set(input, resolve);
      signal.addEventListener('abort', () => resolve(`${input} aborted`));
    });
  };
  return { work, started, signals, finish: (input: number) => finish.get(input)!(`${input} done`) };
}

/** Everything that was ready has run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The numbers from 1 on, and what was asked of them. */
function numbers(count = Number.POSITIVE_INFINITY) {
  const seen = { taken: 0, closed: 0 };
  async function* source() {
    try {
      while (seen.taken < count) yield ++seen.taken;
    } finally {
      seen.closed += 1;
    }
  }
  return { source: source(), seen };
}

const both = { concurrency: 2, signal: undefined };

describe('concurrentMap', () => {
  it('takes nothing before the first result is asked for', async () => {
    const { source, seen } = numbers();
    const { work } = handWork();
    const pool = concurrentMap(source, work, both);
    await turn();
    expect(seen.taken).to.equal(0);
    await pool.return();
  });

  it('never holds more than the window, in work or waiting to be handed over', async () => {
    const { source, seen } = numbers();
    const { work, finish } = handWork();
    const pool = concurrentMap(source, work, { concurrency: 3, signal: undefined });
    const first = pool.next();
    await turn();
    expect(seen.taken).to.equal(3);
    for (const input of [1, 2, 3]) finish(input);
    expect((await first).value).to.equal('1 done');
    await turn();
    expect(seen.taken).to.equal(3);
    expect((await pool.next()).value).to.equal('2 done');
    await turn();
    expect(seen.taken).to.equal(4);
    await pool.return();
  });

  it('hands a result over as soon as it is there, in whatever order', async () => {
    const { work, finish } = handWork();
    const pool = concurrentMap([1, 2], work, both);
    const results = [pool.next(), pool.next(), pool.next()];
    await turn();
    finish(2);
    expect(await results[0]).to.deep.equal({ value: '2 done', done: false });
    finish(1);
    expect(await results[1]).to.deep.equal({ value: '1 done', done: false });
    expect(await results[2]).to.deep.equal({ value: undefined, done: true });
  });

  it('hands results over while the source keeps it waiting for the next input', async () => {
    let more = () => {};
    async function* source() {
      yield 1;
      await new Promise<void>((resolve) => {
        more = resolve;
      });
      yield 2;
    }
    const { work, finish } = handWork();
    const pool = concurrentMap(source(), work, both);
    const first = pool.next();
    await turn();
    finish(1);
    expect((await first).value).to.equal('1 done');
    more();
    const second = pool.next();
    await turn();
    finish(2);
    expect((await second).value).to.equal('2 done');
    expect((await pool.next()).done).to.equal(true);
  });

  it('works through an iterable of promises', async () => {
    const pool = concurrentMap([Promise.resolve(1), 2], async (input) => input, both);
    expect(await all(pool)).to.deep.equal([1, 2]);
  });

  it('ends at once without inputs', async () => {
    expect(await all(concurrentMap([], handWork().work, both))).to.deep.equal([]);
  });

  it('aborts the work under way and closes the source when the loop is left', async () => {
    const { source, seen } = numbers();
    const { work, finish, signals } = handWork();
    const loop = (async () => {
      for await (const _ of concurrentMap(source, work, both)) break;
    })();
    await turn();
    finish(1);
    await loop;
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true]);
    expect(seen).to.deep.equal({ taken: 2, closed: 1 });
  });

  it('can be left while the source never gives its next input', async () => {
    async function* source() {
      yield 1;
      await new Promise(() => {});
    }
    const { work, finish } = handWork();
    const loop = (async () => {
      for await (const _ of concurrentMap(source(), work, both)) break;
    })();
    await turn();
    finish(1);
    await loop;
  });

  it('lets the work decide what becomes of what was taken when the signal aborts, and takes nothing more', async () => {
    const { source, seen } = numbers();
    const { work } = handWork();
    const controller = new AbortController();
    const results = all(concurrentMap(source, work, { concurrency: 2, signal: controller.signal }));
    await turn();
    controller.abort();
    expect(await results).to.deep.equal(['1 aborted', '2 aborted']);
    expect(seen).to.deep.equal({ taken: 2, closed: 1 });
  });

  it('loses no input that an array gave when the signal aborts in between', async () => {
    const controller = new AbortController();
    function* source() {
      yield 1;
      controller.abort();
      yield 2;
      yield 3;
    }
    const outcome = async (input: number, { signal: { aborted } }: Window) => `${input} ${aborted}`;
    const pool = concurrentMap(source(), outcome, { concurrency: 3, signal: controller.signal });
    expect(await all(pool)).to.deep.equal(['1 false', '2 true']);
  });

  it('hands over what a slow source gives after the signal has aborted, while work is under way', async () => {
    let give = () => {};
    async function* source() {
      yield 1;
      await new Promise<void>((resolve) => {
        give = resolve;
      });
      yield 2;
    }
    const controller = new AbortController();
    const finish: (() => void)[] = [];
    const outcome = (input: number, { signal }: Window) =>
      signal.aborted
        ? Promise.resolve(`${input} not begun`)
        : new Promise<string>((resolve) => finish.push(() => resolve(`${input} done`)));
    const results = all(concurrentMap(source(), outcome, { concurrency: 2, signal: controller.signal }));
    await turn();
    controller.abort();
    give();
    await turn();
    finish[0]!();
    expect(await results).to.have.members(['1 done', '2 not begun']);
  });

  it('ends on abort while the source never gives its next input', async () => {
    const controller = new AbortController();
    const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const options = { concurrency: 2, signal: controller.signal };
    const results = all(concurrentMap(source, handWork().work, options));
    await turn();
    controller.abort();
    expect(await results).to.deep.equal([]);
  });

  it('ends without an error on abort when the same signal makes the source throw', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    async function* source() {
      yield 1;
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    }
    const results = all(concurrentMap(source(), handWork().work, { concurrency: 2, signal }));
    await turn();
    controller.abort();
    expect(await results).to.deep.equal(['1 aborted']);
  });

  it('takes nothing at all for a signal that has aborted', async () => {
    const { source, seen } = numbers();
    const pool = concurrentMap(source, handWork().work, { concurrency: 2, signal: AbortSignal.abort() });
    expect(await all(pool)).to.deep.equal([]);
    expect(seen.taken).to.equal(0);
  });

  it('forgets the signal when it has ended', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: never[]) => {
      listeners += 1;
      Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: never[]) => {
      listeners -= 1;
      Reflect.apply(removeEventListener, signal, args);
    };
    await all(concurrentMap([1, 2, 3], async (input) => input, { concurrency: 2, signal }));
    expect(listeners).to.equal(0);
  });

  it('gives the place of an input that waits to another one, and a place back when one is free', async () => {
    const events: string[] = [];
    const wait = new Map<number, () => void>();
    const until = (input: number) => new Promise<void>((resolve) => wait.set(input, resolve));
    const work = async (input: number, { leave, enter }: Window) => {
      events.push(`${input} begins`);
      if (input === 1) {
        expect(leave()).to.equal(true);
        await until(1);
        events.push('1 wants a place');
        await enter();
        events.push('1 is back');
      }
      await until(input);
      return input;
    };
    const pool = concurrentMap([1, 2, 3], work, { concurrency: 1, signal: undefined });
    const first = pool.next();
    await turn();
    expect(events).to.deep.equal(['1 begins', '2 begins']);
    wait.get(1)!();
    await turn();
    expect(events.at(-1)).to.equal('1 wants a place');
    wait.get(2)!();
    expect((await first).value).to.equal(2);
    const second = pool.next();
    await turn();
    expect(events.slice(2)).to.deep.equal(['1 wants a place', '1 is back']);
    wait.get(1)!();
    expect((await second).value).to.equal(1);
    const third = pool.next();
    await turn();
    wait.get(3)!();
    expect((await third).value).to.equal(3);
    expect((await pool.next()).done).to.equal(true);
  });

  it('lets no more inputs wait beside the window than it has places', async () => {
    const left: boolean[] = [];
    const work = async (input: number, { leave, enter }: Window) => {
      left.push(leave());
      if (left.at(-1)) {
        await turn();
        await enter();
      }
      return input;
    };
    const pool = concurrentMap([1, 2, 3, 4, 5], work, both);
    const first = pool.next();
    expect(left).to.deep.equal([true, true, false, false]);
    await first;
    await pool.return();
  });

  it('lets what waits for a place go on when the signal aborts', async () => {
    const controller = new AbortController();
    const work = async (input: number, { leave, enter, signal }: Window) => {
      if (input === 1) {
        leave();
        await turn();
        await enter();
      } else {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      return `${input} ${signal.aborted}`;
    };
    const results = all(concurrentMap([1, 2], work, { concurrency: 1, signal: controller.signal }));
    for (let turns = 0; turns < 3; turns++) await turn();
    controller.abort();
    expect(await results).to.have.members(['1 true', '2 true']);
  });

  it('stops with the error of the work, after what is finished, and closes the source', async () => {
    const { source, seen } = numbers();
    const work = async (input: number) => {
      if (input === 2) throw new Error('no more');
      return input;
    };
    const results: number[] = [];
    const loop = (async () => {
      for await (const result of concurrentMap(source, work, both)) results.push(result);
    })();
    expect((await rejection(loop)).message).to.equal('no more');
    expect(results).to.deep.equal([1]);
    expect(seen.closed).to.equal(1);
  });

  it('hands over what was taken before it stops with an error of the source', async () => {
    function* source() {
      yield 1;
      throw new Error('source is broken');
    }
    const { work, finish } = handWork();
    const pool = concurrentMap(source(), work, both);
    const first = pool.next();
    await turn();
    finish(1);
    expect((await first).value).to.equal('1 done');
    expect((await rejection(pool.next())).message).to.equal('source is broken');
  });

  it('does not hide the error of the work behind one of closing the source', async () => {
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: 1, done: false }),
        return: () => {
          throw new Error('cannot close');
        },
      }),
    };
    const pool = concurrentMap(source, () => Promise.reject(new Error('no more')), both);
    expect((await rejection(pool.next())).message).to.equal('no more');
  });
});
