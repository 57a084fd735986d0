import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import pino from 'pino';
import { fetch } from 'undici';
import { createClock } from '../../example/token-keeper/src/clock.js';
import { causeOf, createFaultLog } from '../../example/token-keeper/src/fault-log.js';
import { createFuse } from '../../example/token-keeper/src/fuse.js';

describe('the fuse of the token keeper', () => {
  it('blows at the tenth death where more than five in a hundred die, and not before', () => {
    const fuse = createFuse({ percent: 5 });
    for (let i = 0; i < 9; i += 1) fuse.note(true);
    expect(fuse.isBlown()).to.equal(false);
    fuse.note(true);
    expect(fuse.isBlown()).to.equal(true);
  });

  it('stays whole while deaths are as rare as they are', () => {
    const fuse = createFuse({ percent: 5 });
    for (let i = 0; i < 5000; i += 1) {
      fuse.note(i % 25 === 24);
      expect(fuse.isBlown()).to.equal(false);
    }
  });

  it('is whole again once the last 200 looks are well, and never blows at 100 percent', () => {
    const fuse = createFuse({ percent: 5 });
    for (let i = 0; i < 50; i += 1) fuse.note(true);
    for (let i = 0; i < 190; i += 1) fuse.note(false);
    expect(fuse.isBlown()).to.equal(false);
    const never = createFuse({ percent: 100 });
    for (let i = 0; i < 50; i += 1) never.note(true);
    expect(never.isBlown()).to.equal(false);
  });
});

describe('the clock of the token keeper', () => {
  it('goes by the Date header of Threads where it differs by more than two minutes, and of nobody else', async () => {
    let date = new Date();
    const server = createServer((_req, res) => res.setHeader('date', date.toUTCString()).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    const told: number[] = [];
    const clock = createClock(origin, (offset) => told.push(offset));
    const other = createClock('http://127.0.0.1:1');
    try {
      const ask = async (at: number) => {
        date = new Date(at);
        await (await fetch(origin)).text();
        return clock.now() - Date.now();
      };
      const day = 24 * 60 * 60 * 1000;
      expect(await ask(Date.now() + 60_000)).to.equal(0);
      expect(await ask(Date.now() + day)).to.be.closeTo(day, 5000);
      expect(await ask(Date.now() - day)).to.be.closeTo(-day, 5000);
      expect(await ask(Date.now())).to.equal(0);
      expect(told).to.have.length(2);
      expect(other.offset()).to.equal(0);
    } finally {
      clock.close();
      other.close();
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('the log of faults of the token keeper', () => {
  it('has one line a minute for a fault that goes on, with its cause and no word of it', () => {
    const lines: Record<string, unknown>[] = [];
    let now = 0;
    const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
    const faults = createFaultLog(log, () => now);
    const error = Object.assign(new Error('connect to redis://me:hush@10.0.0.1 failed'), {
      code: 'ECONNREFUSED',
    });
    for (let i = 0; i < 57_410; i += 1) {
      now += 3;
      faults.tell('Redis', error);
    }
    faults.over('Redis');
    faults.over('Redis');
    expect(lines.map(({ msg }) => msg)).to.deep.equal([
      ...Array(3).fill('Redis has a fault'),
      'Redis is back',
    ]);
    expect(lines[0]).to.include({ cause: 'ECONNREFUSED', times: 1 });
    expect(lines[1]!.times).to.be.above(10_000);
    expect(JSON.stringify(lines)).not.to.include('hush');
  });

  it('names the answer of a Redis that is read-only, full, or wants a password', () => {
    for (const word of ['READONLY', 'OOM', 'MISCONF', 'NOAUTH']) {
      expect(causeOf(new Error(`${word} You can't write against a read only replica of hush`))).to.equal(
        word,
      );
    }
    expect(causeOf(new Error('OOM command not allowed when used memory > maxmemory. script: 1'))).to.equal(
      'OOM',
    );
    expect(causeOf(new TypeError('hush'))).to.equal('TypeError');
  });
});
