import { expect } from 'chai';
import { ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { app, CODE } from '../support/fixtures.js';
import { cookiesOf, response } from '../support/response.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';
import { warningsDuring } from '../support/warnings.js';

const START = '/auth/threads';
const PATH = '/auth/threads/callback';

const strategyWith = (options: Partial<ThreadsStrategyOptions> = {}) =>
  new ThreadsStrategy({ ...app, dispatcher: upstream().dispatcher, ...options }, async (_a, _r, profile) =>
    asUser({ id: profile.id }),
  );

describe('what starts a login', () => {
  for (const headers of [
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-purpose': 'preview' },
    { 'x-moz': 'prefetch' },
    { 'next-router-prefetch': '1' },
    { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
  ]) {
    it(`is no request with ${JSON.stringify(headers)}: 400, no cookie, and the login under way goes on`, async () => {
      const strategy = strategyWith();
      const res = response();
      const started = await runStrategy(strategy, { url: START, res });
      const state = expectOutcome(started, 'redirect').url.searchParams.get('state');
      const cookie = cookiesOf(res).join('; ');

      for (let times = 0; times < 6; times += 1) {
        const quiet = response();
        const outcome = await runStrategy(strategy, {
          url: START,
          headers: { cookie, ...headers },
          res: quiet,
        });
        const { challenge, status } = expectOutcome(outcome, 'fail');
        expect(status).to.equal(400);
        expect(challenge).to.include({ type: 'invalid_request' });
        expect((challenge as Error).message)
          .to.include('open it as a page')
          .and.include('location.assign');
        expect(quiet.getHeader('Set-Cookie')).to.equal(undefined);
      }

      const query = { code: CODE, state };
      expectOutcome(
        await runStrategy(strategy, { url: PATH, query, headers: { cookie }, res: response() }),
        'success',
      );
    });
  }

  for (const headers of [
    {},
    { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' },
    { 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-mode': 'cors' },
    { 'x-moz': 'livebookmarks' },
  ]) {
    it(`is a request with ${JSON.stringify(headers)}`, async () => {
      expectOutcome(await runStrategy(strategyWith(), { url: START, headers, res: response() }), 'redirect');
    });
  }
});

describe('a request to the callback without an answer', () => {
  it('names the likely cause', async () => {
    for (const query of [{}, { state: 's' }]) {
      const outcome = await runStrategy(strategyWith(), { url: PATH, query, res: response() });
      const { challenge, status } = expectOutcome(outcome, 'fail');
      expect(status).to.equal(400);
      expect((challenge as Error).message)
        .to.include('opened by hand')
        .and.include('took the query off');
    }
  });

  it('is one with an answer where the parser of the framework is off and the query is in its URL', async () => {
    const strategy = strategyWith();
    const res = response();
    const started = await runStrategy(strategy, { url: START, res });
    const state = expectOutcome(started, 'redirect').url.searchParams.get('state');
    const url = `${PATH}?code=${CODE}&state=${state}`;
    const headers = { cookie: cookiesOf(res).join('; ') };
    for (const query of [{}, Object.create(null)]) {
      const outcome = await runStrategy(strategy, { url, query, headers, res: response() });
      if (query.constructor) expectOutcome(outcome, 'success');
      else expect(expectOutcome(outcome, 'fail').challenge).to.include({ reason: 'used' });
    }
  });
});

describe('a login that starts over http and ends on https', () => {
  const socket = {};
  const told = (requests: object[], options: object = {}) =>
    warningsDuring(async () => {
      const strategy = strategyWith(options);
      for (const request of requests)
        await runStrategy(strategy, { url: START, res: response(), ...request });
    });

  it('is told once, with the address to open', async () => {
    const direct = { headers: { host: 'app.example' }, socket, httpVersion: '1.1' };
    for (const request of [direct, { headers: { host: 'app.example', 'x-forwarded-proto': 'http' } }]) {
      const messages = await told([request, request]);
      expect(messages).to.have.length(1);
      expect(messages[0]).to.include('over http').and.include('https://app.example');
    }
  });

  it('is not told over TLS, behind a proxy that ends it, or where a page of the https origin linked to it', async () => {
    const host = 'app.example';
    for (const request of [
      { headers: { host }, socket: { encrypted: true } },
      { headers: { host, 'x-forwarded-proto': 'https' }, socket },
      { headers: { host, 'x-forwarded-proto': 'https, http' }, socket },
      { headers: { host, 'x-forwarded-for': '192.0.2.1' }, socket },
      { headers: { host, via: '1.1 proxy' }, socket },
      { headers: { host }, socket, httpVersion: '1.0' },
      { headers: { host, referer: 'https://app.example/login' }, socket },
    ]) {
      expect(await told([request]), JSON.stringify(request)).to.deep.equal([]);
    }
  });

  it('is not told where callbackURL is http, as at a simulator', async () => {
    const options = { callbackURL: 'http://localhost:3000/callback', simulator: 'http://127.0.0.1:4000' };
    expect(await told([{ headers: { host: 'localhost:3000' }, socket }], options)).to.deep.equal([]);
  });

  it('tells of another host, but not where a proxy alone has changed it', async () => {
    const [message] = await told([{ headers: { host: 'localhost:3000' }, socket }]);
    expect(message).to.include('at localhost:3000,').and.include('app.example');
    for (const headers of [
      { host: '127.0.0.1:3000', 'x-forwarded-for': '192.0.2.1' },
      { host: 'upstream', 'x-real-ip': '192.0.2.1', 'x-forwarded-proto': 'https' },
      { host: '127.0.0.1:3000', referer: 'https://app.example/' },
    ]) {
      expect(await told([{ headers, socket }]), JSON.stringify(headers)).to.deep.equal([]);
    }
    expect(await told([{ headers: { host: 'upstream' }, socket, httpVersion: '1.0' }])).to.deep.equal([]);
  });
});

describe('a relative callbackURL', () => {
  const callbackURL = PATH;
  const resolved = async (request: object, options: object = {}) => {
    let redirectURI: string | null = null;
    const messages = await warningsDuring(async () => {
      const strategy = strategyWith({ callbackURL, ...options });
      for (let times = 0; times < 2; times += 1) {
        const outcome = await runStrategy(strategy, { url: START, res: response(), ...request });
        redirectURI = expectOutcome(outcome, 'redirect').url.searchParams.get('redirect_uri');
      }
    });
    return { redirectURI, messages };
  };

  it('that is resolved to http behind a proxy that ended TLS tells to trust the proxy, once', async () => {
    const headers = { host: 'app.example', 'x-forwarded-proto': 'https' };
    const { redirectURI, messages } = await resolved({ headers });
    expect(redirectURI).to.equal(`http://app.example${PATH}`);
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include('trust the proxy').and.include('trust proxy');
    expect(await resolved({ headers }, { proxy: true })).to.deep.equal({
      redirectURI: `https://app.example${PATH}`,
      messages: [],
    });
    const express = { get: (name: string) => name === 'trust proxy' };
    expect((await resolved({ headers, app: express })).redirectURI).to.equal(`https://app.example${PATH}`);
  });

  it('that is resolved to plain http is told to be refused by Threads, as an absolute one is', async () => {
    const { messages } = await resolved({ headers: { host: 'app.example' } });
    expect(messages).to.have.length(1);
    expect(messages[0]).to.include(`http://app.example${PATH}`).and.include('must be https');
    const simulator = 'http://127.0.0.1:4000';
    expect((await resolved({ headers: { host: 'app.example' } }, { simulator })).messages).to.deep.equal([]);
  });

  it('takes the first host and protocol of a chain of proxies', async () => {
    const headers = {
      host: 'inner',
      'x-forwarded-host': 'app.example, mid',
      'x-forwarded-proto': 'https,http',
    };
    expect((await resolved({ headers }, { proxy: true })).redirectURI).to.equal(`https://app.example${PATH}`);
  });

  for (const host of [undefined, '', 'a b', 'app.example/evil', 'user@evil.example', 'x'.repeat(300)]) {
    it(`is an error with status 400 for the host ${JSON.stringify(host)?.slice(0, 30)}`, async () => {
      const outcome = await runStrategy(strategyWith({ callbackURL }), { url: START, headers: { host } });
      expect(expectOutcome(outcome, 'error').error).to.include({ status: 400 });
    });
  }

  it('attack: a long and hostile X-Forwarded-Proto is read to its thousandth character alone', async () => {
    const headers = {
      host: 'app.example',
      'x-forwarded-proto': `${' '.repeat(900)}${', '.repeat(8000)}https`,
    };
    expect((await resolved({ headers }, { proxy: true })).redirectURI).to.equal(`http://app.example${PATH}`);
  });
});
