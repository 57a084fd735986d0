import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import {
  createThreadsSimulator,
  type SimulatedFault,
  type ThreadsSimulator,
} from '../../lib/simulator/index.js';
import { app, ask, DAY, HOUR, START, useSimulator } from './support.js';

async function arrival(simulator: ThreadsSimulator): Promise<void> {
  while (simulator.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('simulator: faults on purpose', () => {
  const threads = useSimulator();
  const me = () => threads.get('/v1.0/me', { access_token: threads.token() });

  describe('are refused', () => {
    const fail = (endpoint: string, fault: unknown) => () =>
      threads.simulator.fail(endpoint, fault as SimulatedFault);

    for (const endpoint of ['', '/', '/nothing', 'PUT /me', 'me please', '/health', '/_simulator/reset']) {
      it(`at ${JSON.stringify(endpoint)}, which is no endpoint`, () =>
        expect(fail(endpoint, { status: 500 })).to.throw(
          TypeError,
          'no such endpoint: there are /oauth/authorize',
        ));
    }

    for (const [what, fault, message] of [
      ['nothing goes wrong', {}, 'say what goes wrong'],
      ['there is only a number of times', { times: 1 }, 'say what goes wrong'],
      ['a member is misspelt', { statuses: 500 }, 'no member statuses'],
      ['the status is no HTTP status', { status: 99 }, 'from 200 to 599'],
      ['the status is a string', { status: '500' }, 'status must be a number'],
      ['a body has no status', { body: {} }, 'needs a status'],
      ['an answer that never comes has a status', { stall: true, status: 500 }, 'never comes'],
      ['a delay is below 0', { delay: -1 }, 'milliseconds'],
      ['a delay is no number', { delay: Number.NaN }, 'milliseconds'],
      ['it happens 0 times', { status: 500, times: 0 }, 'above 0'],
      ['it happens half a time', { status: 500, times: 0.5 }, 'above 0'],
      ['a header cannot be sent', { status: 500, headers: { 'a b': 'c' } }, 'Header name'],
      ['a header is no string', { status: 500, headers: { a: 5 } }, 'the header a must be a string'],
      ['a body cannot be sent', { status: 500, body: 1n }, 'what JSON can hold'],
      ['it is no object', null, 'must be an object'],
      ['a code is none', { code: -1 }, 'code must be a code of the Graph API'],
      ['a code comes beside a body', { code: 190, status: 400, body: {} }, 'leave out body'],
      ['a code comes with a success', { code: 190, status: 200 }, 'a status below 400'],
      ['an answer that never comes has a code', { stall: true, code: 190 }, 'never comes'],
      [
        'an inspector stands where nothing is inspected',
        { code: 190, inspector: 'app' },
        '/debug_token alone',
      ],
    ] as const) {
      it(`when ${what}`, () => expect(fail('/me', fault)).to.throw(TypeError, message));
    }

    it('when the inspector is of no known kind', () =>
      expect(fail('/debug_token', { code: 190, inspector: 'self' })).to.throw(TypeError, '"app" or "user"'));
  });

  it('answer with a status and body until reset()', async () => {
    threads.simulator.fail('/me', { status: 503, body: { error: { code: 2 } } });
    for (let count = 0; count < 3; count++) {
      const { status, json } = await me();
      expect([status, json]).to.deep.equal([503, { error: { code: 2 } }]);
    }
    threads.simulator.reset();
    expect((await me()).status).to.equal(200);
  });

  it('answer with a string as it is: the page of a broken proxy', async () => {
    threads.simulator.fail('/me', { status: 502, body: '<h1>Bad gateway</h1>' });
    const { status, text, headers } = await me();
    expect([status, text]).to.deep.equal([502, '<h1>Bad gateway</h1>']);
    expect(headers.get('content-type')).to.contain('text/html');
  });

  it('let Threads answer in any other shape that was observed, ids as numbers included', async () => {
    const body = '{"id":17841405793187219}';
    threads.simulator.fail('/me', { status: 200, body, headers: { 'Content-Type': 'application/json' } });
    const { text, headers } = await me();
    expect(text).to.equal(body);
    expect(headers.get('content-type')).to.contain('application/json');
  });

  it('answer with the error of the Graph API that goes with the status when there is no body', async () => {
    for (const [status, code] of [
      [429, 4],
      [400, 100],
      [503, 2],
    ] as const) {
      threads.simulator.fail('/me', { status, times: 1 });
      const answer = await me();
      expect([answer.status, answer.error.code]).to.deep.equal([status, code]);
    }
  });

  it('carry headers: a rate limit with Retry-After', async () => {
    threads.simulator.fail('/me', { status: 429, headers: { 'Retry-After': '30' } });
    const { status, headers } = await me();
    expect([status, headers.get('retry-after')]).to.deep.equal([429, '30']);
  });

  it('happen to the next n requests, one after the other, and then no more', async () => {
    threads.simulator.fail('/me', { status: 500, times: 2 });
    threads.simulator.fail('/me', { status: 429, times: 1 });
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push((await me()).status);
    expect(statuses).to.deep.equal([500, 500, 429, 200]);
  });

  it('that last give way to the next fault of the same endpoint', async () => {
    threads.simulator.fail('/me', { status: 500 });
    threads.simulator.fail('/me', { status: 429, times: 1 });
    expect([(await me()).status, (await me()).status]).to.deep.equal([429, 200]);
  });

  it('happen at one endpoint alone, at any version and spelling of it', async () => {
    const { graphURL } = threads.simulator.endpoints;
    for (const spelling of ['/me', 'me', '/v1.0/me', '/me/', 'GET /me', `${graphURL}/me`]) {
      threads.simulator.fail(spelling, { status: 500 });
      expect((await me()).status, spelling).to.equal(500);
      expect((await threads.get('/me')).status).to.equal(500);
      expect((await threads.get('/debug_token')).status).to.equal(400);
      threads.simulator.reset();
    }
  });

  it('happen with one method alone where it is named', async () => {
    threads.simulator.fail('POST /oauth/access_token', { status: 503 });
    expect((await threads.post('/oauth/access_token', {})).status).to.equal(503);
    expect((await threads.get('/oauth/access_token')).status).to.equal(400);
  });

  it('refuse the app token with any code, where it is asked for, and nothing else of that endpoint', async () => {
    const credentials = { client_id: app.clientID, client_secret: app.clientSecret };
    const appToken = () =>
      threads.get('/oauth/access_token', { ...credentials, grant_type: 'client_credentials' });
    for (const code of [3, 10, 24, 100, 190, 200, 299, 4]) {
      threads.simulator.fail('app_token', { code });
      const { status, error } = await appToken();
      expect([status, error.code]).to.deep.equal([400, code]);
      const others = { ...credentials, grant_type: 'authorization_code' };
      expect((await threads.get('/oauth/access_token', others)).error.code).not.to.equal(code);
    }
    threads.simulator.fail('app_token', { status: 500 });
    expect((await appToken()).status).to.equal(500);
    threads.simulator.reset();
    expect((await appToken()).status).to.equal(200);
  });

  it('refuse the app token as the inspector with any code, and let people inspect, or the other way round', async () => {
    const appToken = `TH|${app.clientID}|${app.clientSecret}`;
    const inspect = async (access_token: string) => {
      const { status, error } = await threads.get('/v1.0/debug_token', { access_token, input_token: token });
      return [status, error.code];
    };
    const token = threads.token();
    threads.simulator.fail('/debug_token', { code: 190, inspector: 'app' });
    expect([await inspect(appToken), await inspect(token)]).to.deep.equal([
      [400, 190],
      [200, undefined],
    ]);
    const inHeader = { headers: { authorization: `Bearer ${appToken}` } };
    expect((await ask(`${threads.origin}/debug_token?input_token=${token}`, inHeader)).status).to.equal(400);
    threads.simulator.fail('/debug_token', { code: 10, status: 500, inspector: 'user' });
    expect([await inspect(appToken), await inspect(token)], 'both last').to.deep.equal([
      [400, 190],
      [500, 10],
    ]);
  });

  it('happen everywhere: Threads is down, and its control API is not', async () => {
    threads.simulator.fail('*', { status: 503 });
    for (const path of ['/oauth/authorize', '/access_token', '/v23.0/debug_token', '/17841405793187219']) {
      expect((await threads.get(path)).status).to.equal(503);
    }
    expect((await threads.get('/health')).status).to.equal(200);
    expect((await threads.get('/_simulator')).status).to.equal(200);
    expect((await threads.get('/')).status).to.equal(200);
  });

  it('delay the right answer', async () => {
    threads.simulator.fail('/me', { delay: 50, times: 1 });
    const { status } = await me();
    expect(status).to.equal(200);
  });

  it('stall, until the client has had enough', async () => {
    threads.simulator.fail('/me', { stall: true });
    const aborted = await fetch(`${threads.origin}/me`, { signal: AbortSignal.timeout(50) }).catch((e) => e);
    expect(aborted).to.have.property('name', 'TimeoutError');
  });

  for (const [what, fault] of [
    ['stall', { stall: true }],
    ['delay', { delay: 60_000 }],
  ] as const) {
    it(`${what}, until reset() hangs up`, async () => {
      threads.simulator.fail('/me', fault);
      const hanging = fetch(`${threads.origin}/me`).catch((error: Error) => error);
      await arrival(threads.simulator);
      threads.simulator.reset();
      expect(await hanging).to.be.an('error');
    });
  }

  it('cut the body short, after the request had its effect', async () => {
    const redirect_uri = 'https://app.example/callback';
    const code = threads.simulator.authorize({ clientID: app.clientID, redirectURI: redirect_uri });
    const form = {
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri,
      code,
    };
    threads.simulator.fail('/oauth/access_token', { cut: true, times: 1 });
    const cut = await threads.post('/oauth/access_token', form).catch((error) => error);
    expect(cut).to.be.an('error');
    expect((await threads.post('/oauth/access_token', form)).error.code).to.equal(100);
  });

  it('cut an answer of their own', async () => {
    threads.simulator.fail('/me', { cut: true, status: 200, body: '{"id":"17841405793187219"}' });
    const res = await fetch(`${threads.origin}/me`);
    expect(res.status).to.equal(200);
    expect(res.headers.get('content-length')).to.equal('26');
    expect(await res.text().catch((error: Error) => error)).to.be.an('error');
  });

  it('do not keep the simulator from closing', async () => {
    const simulator = createThreadsSimulator();
    const origin = await simulator.listen();
    simulator.fail('/me', { stall: true });
    const hanging = fetch(`${origin}/me`).catch((error: Error) => error);
    await arrival(simulator);
    await simulator.close();
    expect(await hanging).to.be.an('error');
  });

  it('happen where the handler is mounted behind a parser of bodies', async () => {
    const express = (await import('express')).default;
    const simulator = createThreadsSimulator();
    const parent = express().use(express.json(), express.urlencoded({ extended: true }));
    const server = createServer(parent.use('/threads', simulator.handler)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/threads`;
    try {
      const endpoint = `${simulator.endpointsAt(base).graphURL}/me`;
      const body = JSON.stringify({ endpoint, status: 503 });
      const headers = { 'content-type': 'application/json' };
      expect((await ask(`${base}/_simulator/fail`, { method: 'POST', headers, body })).status).to.equal(200);
      expect((await ask(`${base}/v1.0/me`)).status).to.equal(503);
      expect((await ask(`${base}/oauth/access_token`)).status).to.equal(400);
      simulator.fail(simulator.endpointsAt(base).tokenURL, { status: 503 });
      expect((await ask(`${base}/oauth/access_token`)).status).to.equal(503);
      expect((await ask(`${base}/access_token`)).status).to.equal(400);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

describe('simulator: time', () => {
  const threads = useSimulator();

  it('travels, and the tokens with it', async () => {
    const access_token = threads.token();
    threads.simulator.travel(HOUR - 1);
    expect((await threads.get('/me', { access_token })).status).to.equal(200);
    threads.simulator.travel(1);
    expect((await threads.get('/me', { access_token })).error.error_subcode).to.equal(463);
    expect(threads.simulator.requests.map(({ time }) => time)).to.deep.equal([
      START + HOUR - 1,
      START + HOUR,
    ]);
    threads.simulator.travel(-HOUR);
    expect((await threads.get('/me', { access_token })).status).to.equal(200);
  });

  it('is right again after reset(), which also empties the list of requests', async () => {
    threads.simulator.travel(DAY);
    await threads.get('/me');
    threads.simulator.reset();
    expect(threads.simulator.requests).to.deep.equal([]);
    await threads.get('/me');
    expect(threads.simulator.requests[0]?.time).to.equal(START);
  });

  it('travels on top of the option now', () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, 9e15, '1' as unknown as number]) {
      expect(() => threads.simulator.travel(wrong)).to.throw(TypeError, 'milliseconds');
    }
  });

  it('is read when it is needed, so that a Date mocked later is seen', async () => {
    const simulator = createThreadsSimulator();
    const origin = await simulator.listen();
    const real = Date.now;
    try {
      Date.now = () => START;
      const { clientID } = (await import('../../lib/simulator/index.js')).simulatedApp;
      const token = simulator.issueToken({ clientID });
      Date.now = () => START + HOUR;
      const { error } = await ask(`${origin}/me?access_token=${token}`);
      expect(error).to.include({ code: 190, error_subcode: 463 });
    } finally {
      Date.now = real;
      await simulator.close();
    }
  });
});
