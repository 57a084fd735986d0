import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createThreadsSimulator } from '../../lib/simulator/index.js';
import { statusFor, useSimulator } from './support.js';

describe('simulator: DNS rebinding', () => {
  const threads = useSimulator();

  for (const host of [
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
  ]) {
    it(`a website whose name ${host} points at this machine reads nothing`, async () => {
      for (const path of ['/me', '/', '/oauth/authorize', '/health', '/nothing']) {
        expect(await statusFor(`${threads.origin}${path}`, host)).to.equal(403);
      }
    });
  }

  for (const host of ['0.0.0.0', '169.254.169.254', '[::2]', 'a b', 'user@localhost', 'localhost/x']) {
    it(`the host ${JSON.stringify(host)} is not this machine`, async () => {
      // Node itself refuses some of them.
      expect(await statusFor(threads.origin, host)).to.be.oneOf([400, 403]);
    });
  }

  for (const host of ['localhost:4000', 'LOCALHOST', 'localhost.', 'app.localhost', '127.0.0.2', '[::1]:1']) {
    it(`the host ${host} is this machine`, async () => {
      expect(await statusFor(threads.origin, host)).to.equal(200);
    });
  }
});

describe('simulator: under a host name', () => {
  for (const host of [
    'https://sim.test',
    'sim.test:80',
    'sim.test/x',
    '',
    '*.test x',
    7 as unknown as string,
  ]) {
    it(`the option hosts refuses ${JSON.stringify(host)}`, () =>
      expect(() => createThreadsSimulator({ hosts: [host] })).to.throw(TypeError, 'hosts'));
  }

  it('a mounted handler answers for the names in the option hosts, on any port', async () => {
    const simulator = createThreadsSimulator({ hosts: ['Sim.test'] });
    const server = createServer(simulator.handler).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await statusFor(origin, 'sim.test:8443')).to.equal(200);
      expect(await statusFor(origin, 'other.test')).to.equal(403);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('the refusal says what to do', async () => {
    const simulator = createThreadsSimulator();
    const origin = await simulator.listen();
    try {
      const text = await new Promise<string>((resolve) => {
        request(origin, { headers: { host: 'sim.test' } }, async (res) => {
          resolve(Buffer.concat(await res.toArray()).toString());
        }).end();
      });
      expect(text).to.contain('the option hosts of createThreadsSimulator');
    } finally {
      await simulator.close();
    }
  });
});
