import { getEventListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Agent } from 'undici';
import {
  ThreadsClient,
  type ThreadsClientOptions,
  ThreadsNetworkError,
  ThreadsStrategy,
  verifyToken,
} from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { cert, key } from '../faults/certificate.js';
import { closeAll, listen, serve } from '../faults/serve.js';
import { answers, app, CODE, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { freePort } from '../support/free-port.js';
import { runStrategy } from '../support/run-strategy.js';
import { asUser } from '../support/user.js';

const LIMIT = 64 * 1024;

// Of this file's own: the global one is that of Node.js as soon as another test of the process has used `fetch`.
const dispatcher = new Agent();

describe('A request to Threads', () => {
  function clientFor(origin: string, options: Partial<ThreadsClientOptions> = {}) {
    return new ThreadsClient({
      ...app,
      tokenURL: `${origin}/oauth/access_token`,
      graphURL: `${origin}/v1.0`,
      dispatcher,
      ...options,
    });
  }

  type Call = (client: ThreadsClient, signal?: AbortSignal) => Promise<unknown>;

  /** Every request that there is, and whether it only reads. */
  const calls: Record<string, { call: Call; reads: boolean }> = {
    exchangeCode: { call: (c, signal) => c.exchangeCode(CODE, app.callbackURL, { signal }), reads: false },
    exchangeToken: { call: (c, signal) => c.exchangeToken(SHORT_TOKEN, { signal }), reads: false },
    refreshToken: { call: (c, signal) => c.refreshToken(LONG_TOKEN, { signal }), reads: false },
    getAppAccessToken: { call: (c, signal) => c.getAppAccessToken({ signal }), reads: true },
    verifyToken: {
      call: (c, signal) => c.verifyToken(LONG_TOKEN, { accessToken: 'TESTER', signal }),
      reads: true,
    },
    getProfile: { call: (c, signal) => c.getProfile(LONG_TOKEN, { signal }), reads: true },
  };

  async function errorOf(promise: Promise<unknown>): Promise<ThreadsNetworkError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ThreadsNetworkError);
    return error as ThreadsNetworkError;
  }

  function send(
    res: ServerResponse,
    body: string | Buffer,
    headers: Record<string, string> = {},
    status = 200,
  ) {
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  }

  const documents: Record<string, unknown> = {
    '/oauth/access_token': answers.exchange,
    '/access_token': answers.exchange,
    '/refresh_access_token': answers.exchange,
    '/v1.0/debug_token': answers.debug,
    '/v1.0/me': answers.me,
  };

  /** What Threads answers. */
  function answer(req: IncomingMessage, res: ServerResponse) {
    send(res, JSON.stringify(documents[req.url?.split('?')[0] ?? '']));
  }

  /** Waits until a connection is closed, by whom and in whatever way. */
  async function closed(socket: Socket | undefined): Promise<void> {
    if (socket?.closed === false) await new Promise((resolve) => socket.once('close', resolve));
  }

  afterEach(closeAll);

  describe('The time limit of a request', () => {
    it('is one for headers and body together', async () => {
      const { origin } = await serve((_req, res) => {
        setTimeout(() => res.writeHead(200).flushHeaders(), 60);
        setTimeout(() => res.end(JSON.stringify(answers.me)), 120);
      });
      const error = await errorOf(clientFor(origin, { timeout: 100 }).getProfile(LONG_TOKEN));
      expect(error).to.include({ code: 'TIMEOUT', status: 504, isTransient: true });
      expect(error.message).to.contain('within 100 ms');
    });

    for (const [name, { call }] of Object.entries(calls)) {
      it(`holds for ${name} while it connects`, async () => {
        const dispatcher = new Agent({ connect: () => {} });
        const client = clientFor('http://threads.example', { dispatcher, timeout: 20 });
        expect(await errorOf(call(client))).to.include({ code: 'TIMEOUT', status: 504 });
      });
    }

    it('holds for verifyToken without a client', async () => {
      const { origin } = await serve(() => {});
      const error = await errorOf(
        verifyToken(LONG_TOKEN, { accessToken: LONG_TOKEN, graphURL: origin, timeout: 20, dispatcher }),
      );
      expect(error.code).to.equal('TIMEOUT');
    });

    it('closes the connection that was too slow', async () => {
      const { origin, sockets } = await serve((_req, res) => void res.writeHead(200).write('{'));
      await errorOf(clientFor(origin, { timeout: 50 }).getProfile(LONG_TOKEN));
      await closed(sockets[0]);
    });

    for (const timeout of [0, -1, Number.NaN, Infinity, 2 ** 31, '10' as never]) {
      it(`cannot be ${JSON.stringify(timeout)} (${timeout})`, async () => {
        expect(() => clientFor('https://threads.example', { timeout })).to.throw(TypeError, '`timeout`');
      });
    }
  });

  describe('The signal of a request', () => {
    for (const [name, { call }] of Object.entries(calls)) {
      it(`ends ${name} before it begins`, async () => {
        let asked = 0;
        const { origin } = await serve(() => {
          asked += 1;
        });
        const error = await errorOf(call(clientFor(origin), AbortSignal.abort()));
        expect(error).to.include({ code: 'NETWORK', status: 502 });
        expect(error.message).to.contain('aborted by its signal');
        expect(asked).to.equal(0);
      });

      it(`ends ${name} while it connects`, async () => {
        const controller = new AbortController();
        const dispatcher = new Agent({ connect: () => controller.abort() });
        const client = clientFor('http://threads.example', { dispatcher });
        expect(await errorOf(call(client, controller.signal))).to.include({ code: 'NETWORK' });
      });

      it(`ends ${name} in the middle of the body`, async () => {
        const controller = new AbortController();
        const { origin } = await serve((_req, res) => {
          res.writeHead(200).write('{"a":', () => controller.abort());
        });
        expect(await errorOf(call(clientFor(origin), controller.signal))).to.include({ code: 'NETWORK' });
      });
    }

    it('is TIMEOUT when it is a time limit', async () => {
      const { origin } = await serve(() => {});
      const error = await errorOf(
        clientFor(origin).getProfile(LONG_TOKEN, { signal: AbortSignal.timeout(20) }),
      );
      expect(error).to.include({ code: 'TIMEOUT', status: 504 });
    });

    it('does not replace the time limit', async () => {
      const { origin } = await serve(() => {});
      const { signal } = new AbortController();
      const error = await errorOf(clientFor(origin, { timeout: 20 }).getProfile(LONG_TOKEN, { signal }));
      expect(error.code).to.equal('TIMEOUT');
    });

    it('may be shared by many requests at once: all end when it aborts, and Node.js warns of no leak', async () => {
      const warnings: string[] = [];
      const listen = ({ name }: Error) => warnings.push(name);
      process.on('warning', listen);
      const controller = new AbortController();
      const { signal } = controller;
      let asked = 0;
      const { origin } = await serve(() => {
        asked += 1;
        if (asked === 20) controller.abort();
      });
      const requests = Array.from({ length: 20 }, () => clientFor(origin).getProfile(LONG_TOKEN, { signal }));
      for (const request of requests) expect((await errorOf(request)).message).to.contain('aborted');
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
      process.off('warning', listen);
      expect(warnings).to.not.include('MaxListenersExceededWarning');
    });

    it('is let go of afterwards, so that one signal can serve many requests', async () => {
      const { origin } = await serve(answer);
      const { signal } = new AbortController();
      await clientFor(origin).getProfile(LONG_TOKEN, { signal });
      await errorOf(clientFor(`http://127.0.0.1:${await freePort()}`).getProfile(LONG_TOKEN, { signal }));
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    });
  });

  describe('The size limit of an answer', () => {
    /** An answer of exactly this many bytes. */
    function padded(size: number): Buffer {
      const [start, end] = [`{"id":"${USER_ID}","pad":"`, '"}'];
      return Buffer.from(start + 'x'.repeat(size - start.length - end.length) + end);
    }
    const codings: Record<string, (bytes: Buffer) => Buffer> = {
      identity: (bytes) => bytes,
      gzip: gzipSync,
      'x-gzip': gzipSync,
      GZIP: gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
    };

    for (const [coding, encode] of Object.entries(codings)) {
      const headers = { 'content-encoding': coding };

      it(`refuses 64 KiB and a byte of ${coding}`, async () => {
        const { origin } = await serve((_req, res) => send(res, encode(padded(LIMIT + 1)), headers));
        const error = await errorOf(clientFor(origin).getProfile(LONG_TOKEN));
        expect(error).to.include({ code: 'RESPONSE_TOO_LARGE', status: 502, isTransient: false });
      });

      it(`refuses 20 MB of ${coding}`, async () => {
        const { origin } = await serve((_req, res) =>
          send(res, encode(Buffer.alloc(20_000_000, ' ')), headers),
        );
        const error = await errorOf(clientFor(origin).getProfile(LONG_TOKEN));
        expect(error.code).to.equal('RESPONSE_TOO_LARGE');
      });

      it(`takes 64 KiB of ${coding}`, async () => {
        const { origin } = await serve((_req, res) => send(res, encode(padded(LIMIT)), headers));
        expect((await clientFor(origin).getProfile(LONG_TOKEN)).id).to.equal(USER_ID);
      });

      it(`refuses ${coding} that is cut short`, async () => {
        const bytes = encode(padded(2000));
        const { origin } = await serve((_req, res) => send(res, bytes.subarray(0, -5), headers));
        expect((await errorOf(clientFor(origin).getProfile(LONG_TOKEN))).code).to.equal('INVALID_RESPONSE');
      });
    }

    it('closes the connection of a body without end', async () => {
      const { origin, sockets } = await serve((_req, res) => {
        const more = () => {
          while (!res.destroyed && res.write(' '.repeat(16_384)));
        };
        res.on('drain', more);
        more();
      });
      await errorOf(clientFor(origin).getProfile(LONG_TOKEN));
      await closed(sockets[0]);
    });
  });

  describe('A redirect', () => {
    for (const status of [300, 301, 302, 303, 304, 307, 308]) {
      it(`with ${status} is an error, and sends nothing on`, async () => {
        const strays: string[] = [];
        const elsewhere = await serve((req, res) => {
          strays.push(`${req.method} ${req.url}`);
          answer(req, res);
        });
        const { origin } = await serve((req, res) => {
          send(res, status === 304 ? '' : '{}', { location: `${elsewhere.origin}${req.url}` }, status);
        });
        for (const { call } of Object.values(calls)) {
          const error = await errorOf(call(clientFor(origin)));
          expect(error).to.include({ code: 'INVALID_RESPONSE', status: 502 });
          expect(error.message).to.contain(`HTTP ${status}`).and.not.contain(elsewhere.origin);
        }
        expect(strays).to.deep.equal([]);
        expect(elsewhere.sockets).to.deep.equal([]);
      });
    }
  });

  describe('A host that cannot be reached', () => {
    it('is NETWORK when it refuses the connection', async () => {
      const error = await errorOf(clientFor(`http://127.0.0.1:${await freePort()}`).getProfile(LONG_TOKEN));
      expect(error).to.include({ code: 'NETWORK', status: 502, isTransient: true });
      expect(error.message).to.contain('ECONNREFUSED');
    });

    it('is NETWORK when its name does not exist', async () => {
      const error = await errorOf(clientFor('http://threads.invalid').getProfile(LONG_TOKEN));
      expect(error).to.include({ code: 'NETWORK', status: 502 });
      expect(error.message).to.match(/threads\.invalid.*(ENOTFOUND|EAI_AGAIN)/);
    });

    it('is NETWORK when its certificate is signed by itself, and gets no request', async () => {
      let asked = 0;
      const server = createTLSServer({ key, cert }, () => {
        asked += 1;
      });
      const { origin } = await listen(server, 'https');
      const error = await errorOf(clientFor(origin).getProfile(LONG_TOKEN));
      expect(error).to.include({ code: 'NETWORK', status: 502 });
      expect(error.message).to.contain('DEPTH_ZERO_SELF_SIGNED_CERT');
      expect(asked).to.equal(0);
    });

    it('is NETWORK when it does not speak TLS', async () => {
      const { port } = await serve(answer);
      const error = await errorOf(clientFor(`https://127.0.0.1:${port}`).getProfile(LONG_TOKEN));
      expect(error.code).to.equal('NETWORK');
    });
  });

  describe('The text of an answer', () => {
    it('may be split anywhere, also within a character', async () => {
      const name = 'Zoë Nguyễn 🐱';
      const { origin } = await serve(async (_req, res) => {
        res.writeHead(200);
        for (const byte of Buffer.from(`\uFEFF{"id":"1","name":"${name}"}`)) {
          await new Promise((resolve) => res.write(Buffer.of(byte), resolve));
        }
        res.end();
      });
      expect((await clientFor(origin).getProfile(LONG_TOKEN)).displayName).to.equal(name);
    });
  });

  describe('Retry-After', () => {
    const inAnHour = () => new Date(Date.now() + 3_600_000).toUTCString();
    const cases: [status: number, header: string, check: (seconds: number | undefined) => boolean][] = [
      [429, '7', (seconds) => seconds === 7],
      [503, '120', (seconds) => seconds === 120],
      [429, '0', (seconds) => seconds === 0],
      [429, inAnHour(), (seconds) => Number.isInteger(seconds) && seconds! > 3000 && seconds! <= 3600],
      [503, inAnHour(), (seconds) => Number.isInteger(seconds) && seconds! > 3000 && seconds! <= 3600],
      [429, 'Sun, 06 Nov 1994 08:49:37 GMT', (seconds) => seconds === 0],
      [429, 'soon', (seconds) => seconds === undefined],
      [429, '-5', (seconds) => seconds === undefined],
      [429, '1.5', (seconds) => seconds === undefined],
      [429, '', (seconds) => seconds === undefined],
      [429, '9'.repeat(400), (seconds) => seconds === undefined],
    ];
    const refusal = '{"error":{"message":"Slow down","type":"OAuthException","code":4}}';

    for (const [status, header, check] of cases) {
      for (const [kind, body] of Object.entries({ refusal, page: '<p>Slow down</p>' })) {
        it(`"${header.slice(0, 40)}" beside a ${kind} with ${status}`, async () => {
          const { origin } = await serve((_req, res) => send(res, body, { 'retry-after': header }, status));
          for (const { call } of Object.values(calls)) {
            const error = await call(clientFor(origin)).catch((reason: unknown) => reason);
            const { retryAfter } = error as { retryAfter?: number };
            expect(error).to.be.instanceOf(Error);
            expect(check(retryAfter), `retryAfter is ${retryAfter}`).to.equal(true);
          }
        });
      }
    }

    it('counts beside a rate limit of the Graph API with any status, and beside nothing that stays', async () => {
      const bodies = [refusal, refusal.replace('4}', '190}'), '<p>No</p>'];
      const seen: unknown[] = [];
      for (const body of bodies) {
        const { origin } = await serve((_req, res) => send(res, body, { 'retry-after': '7' }, 400));
        for (const { call } of Object.values(calls)) {
          const error = await call(clientFor(origin)).catch((reason: unknown) => reason);
          seen.push((error as { retryAfter?: number }).retryAfter);
        }
      }
      const each = Object.keys(calls).length;
      expect(seen).to.deep.equal([...Array(each).fill(7), ...Array(2 * each).fill(undefined)]);
    });

    it('as a date is reckoned from the clock that the app gives', async () => {
      const header = { 'retry-after': 'Thu, 01 Jan 2026 00:01:30 GMT' };
      const { origin } = await serve((_req, res) => send(res, refusal, header, 429));
      const now = () => Date.UTC(2026, 0, 1);
      const error = await clientFor(origin, { now })
        .getProfile(LONG_TOKEN)
        .catch((reason) => reason);
      expect(error).to.include({ retryAfter: 90 });
    });
  });

  describe('A connection that dies', () => {
    /** A server that drops the first connections, and counts the requests. */
    async function dropping(times: number, drop: (req: IncomingMessage, res: ServerResponse) => void) {
      const asked: (string | undefined)[] = [];
      const { origin } = await serve((req, res) => {
        asked.push(req.url);
        if (asked.length <= times) drop(req, res);
        else answer(req, res);
      });
      return { origin, asked };
    }
    const drops: Record<string, (req: IncomingMessage, res: ServerResponse) => void> = {
      'is closed': (req) => req.socket.end(),
      'is reset': (req) => req.socket.resetAndDestroy(),
    };

    for (const [name, { call, reads }] of Object.entries(calls)) {
      for (const [how, drop] of Object.entries(drops)) {
        if (reads) {
          it(`lets ${name} ask once more when it ${how} before the answer`, async () => {
            const { origin, asked } = await dropping(1, drop);
            await call(clientFor(origin));
            expect(asked).to.have.lengthOf(2);
            expect(asked[1]).to.equal(asked[0]);
          });

          it(`does not let ${name} ask a third time when it ${how} again`, async () => {
            const { origin, asked } = await dropping(2, drop);
            expect(await errorOf(call(clientFor(origin)))).to.include({ code: 'NETWORK' });
            expect(asked).to.have.lengthOf(2);
          });
        } else {
          it(`does not let ${name} ask again when it ${how}, as Threads may have acted`, async () => {
            const { origin, asked } = await dropping(1, drop);
            expect(await errorOf(call(clientFor(origin)))).to.include({
              code: 'NETWORK',
              isTransient: true,
            });
            expect(asked).to.have.lengthOf(1);
          });
        }
      }

      it(`does not let ${name} ask again once the answer has begun`, async () => {
        const { origin, asked } = await dropping(1, (req, res) => {
          res.writeHead(200, { 'content-length': '99' });
          res.write('{', () => req.socket.resetAndDestroy());
        });
        expect(await errorOf(call(clientFor(origin)))).to.include({ code: 'NETWORK' });
        expect(asked).to.have.lengthOf(1);
      });
    }

    it('does not give the second attempt a time limit of its own', async () => {
      let asked = 0;
      const { origin } = await serve((req, res) => {
        asked += 1;
        const isFirst = asked === 1;
        setTimeout(() => (isFirst ? req.socket.end() : answer(req, res)), 120);
      });
      const error = await errorOf(clientFor(origin, { timeout: 200 }).getProfile(LONG_TOKEN));
      expect(error.code).to.equal('TIMEOUT');
    });

    it('is not replaced once the caller has given up', async () => {
      const controller = new AbortController();
      const { origin, asked } = await dropping(1, (req) => {
        controller.abort();
        req.socket.end();
      });
      await errorOf(clientFor(origin).getProfile(LONG_TOKEN, { signal: controller.signal }));
      expect(asked).to.have.lengthOf(1);
    });
  });

  describe('Connections', () => {
    it('are kept and used again: no more than run side by side are opened', async () => {
      const { origin, sockets } = await serve(answer);
      let asked = 0;
      for (let times = 0; times < 5; times += 1) {
        for (const { call } of Object.values(calls)) {
          await call(clientFor(origin));
          asked += 1;
        }
      }
      expect(asked).to.equal(30);
      // undici may open a second one while it still clears the first.
      expect(sockets).to.have.lengthOf.within(1, 2);
    });

    it('serve one login after the other', async () => {
      const simulator = createThreadsSimulator();
      const { origin, sockets } = await serve(simulator.handler);
      const { clientID, clientSecret, redirectURIs } = simulatedApp;
      const redirectURI = redirectURIs[0]!;
      const strategy = new ThreadsStrategy(
        {
          clientID,
          clientSecret,
          callbackURL: redirectURI,
          tokenURL: `${origin}/oauth/access_token`,
          graphURL: `${origin}/v1.0`,
          longLived: true,
          state: false,
          dispatcher,
        },
        async (_accessToken, _refreshToken, profile) => asUser(profile),
      );
      for (let times = 0; times < 10; times += 1) {
        const code = simulator.authorize({ clientID, redirectURI });
        expect((await runStrategy(strategy, { query: { code } })).outcome).to.equal('success');
      }
      // Four a login, and the app token once.
      expect(simulator.requests).to.have.lengthOf(41);
      expect(sockets).to.have.lengthOf.within(1, 4);
    });
  });
});
