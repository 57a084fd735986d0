import { expect } from 'chai';
import { BackOff, type Clock, systemClock } from '../../../lib/threads/bulk/back-off.js';

const { signal } = new AbortController();

/** A back-off whose pauses end when the test says so. */
function backOffWith(random = 0) {
  const pauses: { milliseconds: number; end: () => void }[] = [];
  const told: number[] = [];
  const clock: Clock = {
    elapsed: () => 0,
    random: () => random,
    wait: (milliseconds) => new Promise((resolve) => pauses.push({ milliseconds, end: () => resolve(0) })),
  };
  const backOff = new BackOff(clock, (milliseconds) => told.push(milliseconds));
  return { backOff, pauses, told };
}

/** Whether a promise is still pending after everything that was ready has run. */
async function isPending(promise: unknown): Promise<boolean> {
  const next = new Promise((resolve) => setImmediate(() => resolve('pending')));
  return (await Promise.race([promise, next])) === 'pending';
}

describe('BackOff', () => {
  it('lets every request through at first', async () => {
    expect(await isPending(backOffWith().backOff.ready())).to.equal(false);
  });

  it('holds every request back from a refusal on, until the pause is over', async () => {
    const { backOff, pauses } = backOffWith();
    backOff.backOff(await backOff.ready(), undefined, signal);
    const waiting = [backOff.ready(), backOff.ready()];
    expect(await isPending(Promise.race(waiting))).to.equal(true);
    pauses[0]!.end();
    expect(await isPending(Promise.all(waiting))).to.equal(false);
  });

  it('pauses for 1, 2, 4 … seconds, 60 at the most, while nothing succeeds, and starts over after that', async () => {
    const { backOff, pauses, told } = backOffWith();
    for (let i = 0; i < 8; i++) {
      backOff.backOff(await backOff.ready(), undefined, signal);
      pauses.at(-1)!.end();
    }
    await backOff.ready();
    backOff.succeeded();
    backOff.backOff(await backOff.ready(), undefined, signal);
    expect(pauses.map(({ milliseconds }) => milliseconds)).to.deep.equal([
      1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 1000,
    ]);
    expect(told).to.deep.equal(pauses.map(({ milliseconds }) => milliseconds));
  });

  it('pauses once for requests that were under way together', async () => {
    const { backOff, pauses } = backOffWith();
    const epochs = await Promise.all([backOff.ready(), backOff.ready(), backOff.ready()]);
    for (const epoch of epochs) backOff.backOff(epoch, undefined, signal);
    expect(pauses).to.have.length(1);
  });

  it('pauses for as long as Retry-After says, and for the longest of several', async () => {
    const { backOff, pauses } = backOffWith();
    const epochs = await Promise.all([backOff.ready(), backOff.ready()]);
    backOff.backOff(epochs[0]!, 5, signal);
    backOff.backOff(epochs[1]!, 30, signal);
    expect(pauses.map(({ milliseconds }) => milliseconds)).to.deep.equal([5000, 30000]);
    pauses[0]!.end();
    const ready = backOff.ready();
    expect(await isPending(ready)).to.equal(true);
    pauses[1]!.end();
    expect(await isPending(ready)).to.equal(false);
  });

  it('asks again within about an hour, however long the limit lasts', async () => {
    const { backOff, pauses } = backOffWith();
    backOff.backOff(await backOff.ready(), 1e300, signal);
    expect(pauses[0]!.milliseconds).to.equal(3_600_000);
  });

  it('pauses up to a tenth longer by chance, and never shorter', async () => {
    const { backOff, pauses } = backOffWith(0.99);
    backOff.backOff(await backOff.ready(), 10, signal);
    expect(pauses[0]!.milliseconds).to.equal(10_990);
  });

  it('ends a pause when the signal aborts, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const backOff = new BackOff(systemClock);
    backOff.backOff(await backOff.ready(), 3600, controller.signal);
    const ready = backOff.ready();
    expect(await isPending(ready)).to.equal(true);
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    controller.abort();
    await ready;
    expect(timers()).to.equal(before - 1);
  });
});
