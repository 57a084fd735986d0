import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsTokenError,
  tokenNeeds,
} from '../../../lib/index.js';
import { all } from '../../support/all.js';
import { answers, app, graphError } from '../../support/fixtures.js';
import { rejection } from '../../support/login.js';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 8, 1);
const INSPECTOR = 'THQVJtokenOfATester';
const RATE_LIMITED = { status: 429, headers: { 'retry-after': '0' }, body: graphError(4) };
const DEAD = { status: 400, body: graphError(190, 460) };

interface RawResponse {
  status?: number;
  headers?: Record<string, string>;
  body?: object;
}

/** What a token is answered with when it is asked about for the nth time; never where it is a promise that stays so. */
type Answer = (token: string, time: number) => RawResponse | Promise<RawResponse>;

const valid = (): RawResponse => ({ body: answers.debug });

/** A Threads on a socket that answers token by token, and a client for it. */
async function threads(answer: Answer, options: object = {}) {
  const asked: string[] = [];
  const seen = { most: 0, cut: 0 };
  let underWay = 0;
  const server = createServer(async (req, res) => {
    const token = tokenOf(req);
    asked.push(token);
    seen.most = Math.max(seen.most, ++underWay);
    res.on('close', () => {
      underWay -= 1;
      if (!res.writableEnded) seen.cut += 1;
    });
    const { status = 200, headers, body } = await answer(token, asked.filter((t) => t === token).length);
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  opened.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { clientID, clientSecret } = app;
  const client = new ThreadsClient({
    clientID,
    clientSecret,
    tokenURL: `${origin}/oauth/access_token`,
    graphURL: `${origin}/v1.0`,
    now: () => NOW,
    ...options,
  });
  return { client, asked, seen, server };
}

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

function tokenOf({ url }: IncomingMessage): string {
  const { searchParams } = new URL(String(url), 'http://threads');
  return String(searchParams.get('input_token') ?? searchParams.get('access_token'));
}

const tokens = (count: number) => Array.from({ length: count }, (_, i) => `T${i + 1}`);

const inspector = { accessToken: INSPECTOR };

describe('ThreadsClient.verifyTokens', () => {
  it('asks about every token once, with the app token unless another inspector is given', async () => {
    const appToken: RawResponse = { body: answers.appToken };
    const { client, asked } = await threads((token) => (token === 'null' ? appToken : valid()));
    const outcomes = await all(client.verifyTokens(tokens(25)));
    expect(outcomes.map(({ input }) => input).toSorted()).to.deep.equal(tokens(25).toSorted());
    expect(asked.toSorted()).to.deep.equal([...tokens(25), 'null'].toSorted());
    expect(outcomes.every(({ info }) => info?.isValid)).to.equal(true);
  });

  it('never asks about more tokens at a time than it is told', async () => {
    const waiting: (() => void)[] = [];
    const { client, seen } = await threads(async (token) => {
      // Nobody is answered before three have come, but the last one, who comes alone.
      if (token === 'T40') return valid();
      await new Promise<void>((resolve) => {
        if (waiting.push(resolve) === 3) for (const answer of waiting.splice(0)) answer();
      });
      return valid();
    });
    await all(client.verifyTokens(tokens(40), { ...inspector, concurrency: 3 }));
    expect(seen.most).to.equal(3);
  });

  it('hands each outcome over with the very input that it belongs to', async () => {
    const { client } = await threads((token) => ({
      body: { data: { ...answers.debug.data, application: token } },
    }));
    const rows = tokens(20).map((accessToken, id) => ({ id, accessToken }));
    for await (const { input, info } of client.verifyTokens(rows, inspector)) {
      expect(rows).to.include(input);
      expect(info?.application).to.equal(input.accessToken);
    }
  });

  it('says in `info` that a token is dead', async () => {
    const data = { is_valid: false, scopes: [], error: { code: 190, subcode: 460, message: 'Logged out' } };
    const { client } = await threads(() => ({ body: { data } }));
    const [outcome] = await all(client.verifyTokens(['T1'], inspector));
    expect(outcome?.info).to.include({ isValid: false }).and.nested.include({ 'error.reason': 'logged_out' });
  });

  it('does not take the death of the inspector for that of a token: the run stops with it', async () => {
    const { client, asked } = await threads(() => DEAD);
    const outcomes: unknown[] = [];
    const loop = async () => {
      for await (const outcome of client.verifyTokens(tokens(100), { ...inspector, concurrency: 2 })) {
        outcomes.push(outcome);
      }
    };
    const error = await rejection(loop());
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 190, reason: 'logged_out' });
    expect(outcomes).to.deep.equal([]);
    expect(asked.filter((token) => token !== INSPECTOR)).to.have.length.within(1, 2);
    expect(asked).to.include(INSPECTOR);
  });

  for (const code of [190, 102]) {
    it(`goes on after a token that alone gets code ${code} about the inspector: one poisonous token ends no run`, async () => {
      const { client, asked } = await threads((token) =>
        token === 'T2' ? { status: 400, body: graphError(code) } : valid(),
      );
      const outcomes = await all(client.verifyTokens(tokens(5), inspector));
      expect(outcomes.filter(({ info }) => info?.isValid)).to.have.length(4);
      const poisonous = outcomes.find(({ input }) => input === 'T2');
      expect(poisonous).to.include({ asked: true }).and.nested.include({ 'error.code': code });
      expect(asked.filter((token) => token === INSPECTOR)).to.have.length(1);
    });
  }

  it('goes on after a poisonous token with the app token as the inspector, too', async () => {
    const { client } = await threads((token) => {
      if (token === 'null') return { body: answers.appToken };
      return token === 'T2' ? DEAD : valid();
    });
    const outcomes = await all(client.verifyTokens(tokens(20)));
    expect(outcomes.filter(({ info }) => info?.isValid)).to.have.length(19);
  });

  it('goes on where debug_token of the inspector by itself is answered with something else', async () => {
    const { client } = await threads((token) => {
      if (token === INSPECTOR) return { status: 500, body: graphError(2) };
      return token === 'T2' ? DEAD : valid();
    });
    const outcomes = await all(client.verifyTokens(tokens(5), inspector));
    expect(outcomes.filter(({ info }) => info?.isValid)).to.have.length(4);
  });

  it('stops where debug_token calls the inspector invalid by itself', async () => {
    const { client } = await threads((token) =>
      token === INSPECTOR ? { body: { data: { is_valid: false, scopes: [] } } } : DEAD,
    );
    expect(await rejection(all(client.verifyTokens(['T1'], inspector)))).to.include({ code: 190 });
  });

  for (const code of [3, 10, 200, 100, 102]) {
    it(`stops with a refusal of the inspector with code ${code}`, async () => {
      const { client } = await threads(() => ({ status: 400, body: graphError(code) }));
      const run = all(client.verifyTokens(['T1', 'T2'], inspector));
      expect(await rejection(run))
        .to.be.instanceOf(ThreadsGraphAPIError)
        .and.include({ code });
    });
  }

  it('stops when there is no app token to ask with', async () => {
    const refusal = {
      error_type: 'OAuthException',
      code: 400,
      error_message: 'Error validating client secret.',
    };
    const { client } = await threads(() => ({ status: 400, body: refusal }));
    expect(await rejection(all(client.verifyTokens(['T1'])))).to.be.instanceOf(ThreadsTokenError);
  });

  it('goes on after a token of another app, and reports it', async () => {
    const message = '(#100) The App_id in the input_token did not match the Viewing App';
    const { client } = await threads((token) =>
      token === 'T1' ? { status: 400, body: graphError(100, undefined, message) } : valid(),
    );
    const outcomes = await all(client.verifyTokens(['T1', 'T2'], { ...inspector, concurrency: 1 }));
    expect(outcomes[0]).to.deep.include({ input: 'T1', asked: true });
    expect(outcomes[0]?.error).to.be.instanceOf(ThreadsGraphAPIError);
    expect(outcomes[1]?.info?.isValid).to.equal(true);
  });

  it('asks again about a token after a rate limit and after a temporary problem', async () => {
    const temporary = { status: 503, headers: { 'retry-after': '0' }, body: graphError(2) };
    const { client, asked } = await threads((_token, time) => [RATE_LIMITED, temporary][time - 1] ?? valid());
    const outcomes = await all(client.verifyTokens(tokens(3), inspector));
    expect(outcomes.filter(({ info }) => info?.isValid)).to.have.length(3);
    expect(asked).to.have.length(9);
  });

  it('gives a token up after 5 tries, and goes on', async () => {
    const { client, asked } = await threads((token) => (token === 'T1' ? RATE_LIMITED : valid()));
    const outcomes = await all(client.verifyTokens(['T1', 'T2'], { ...inspector, concurrency: 1 }));
    expect(outcomes[0]).to.include({ input: 'T1', asked: true });
    expect(outcomes[0]?.error).to.include({ reason: 'rate_limited', isTransient: true });
    expect(outcomes[1]?.info?.isValid).to.equal(true);
    expect(asked.filter((token) => token === 'T1')).to.have.length(5);
  });

  it('holds all requests back when one of them meets the rate limit', async () => {
    let release = () => {};
    const controller = new AbortController();
    const { client, asked } = await threads(async (token) => {
      if (token === 'T1') return { status: 429, headers: { 'retry-after': '3600' }, body: graphError(4) };
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return valid();
    });
    const options = { ...inspector, concurrency: 2, signal: controller.signal };
    const pauses: number[] = [];
    const run = all(
      client.verifyTokens(tokens(10), {
        ...options,
        onProgress: ({ pause }) => {
          if (!pause) return;
          pauses.push(pause);
          release();
          // T2 is answered now, and nobody asks about T3.
          setImmediate(() => setImmediate(() => controller.abort()));
        },
      }),
    );
    const outcomes = await run;
    expect(pauses)
      .to.have.length(1)
      .and.to.satisfy(([pause]: number[]) => pause! >= 3_600_000);
    expect(asked).to.have.members(['T1', 'T2']);
    expect(outcomes.filter((outcome) => outcome.error && !outcome.asked).length).to.be.at.most(1);
  });

  it('ends on abort: what was taken is reported, as not asked where it was not, and nothing more is taken', async () => {
    const controller = new AbortController();
    const { client, asked, seen } = await threads(() => new Promise(() => {}));
    let taken = 0;
    function* source() {
      for (const token of tokens(100)) {
        taken += 1;
        yield token;
        if (taken === 4) setImmediate(() => controller.abort());
      }
    }
    const pauses: unknown[] = [];
    const onProgress = ({ pause }: { pause?: number }) => pause !== undefined && pauses.push(pause);
    const outcomes = await all(
      client.verifyTokens(source(), { ...inspector, concurrency: 5, signal: controller.signal, onProgress }),
    );
    expect(taken).to.equal(5);
    expect(pauses).to.deep.equal([]);
    expect(outcomes.map(({ input }) => input)).to.have.members(tokens(5));
    for (const { error } of outcomes) {
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'NETWORK', isTransient: true });
    }
    expect(asked.length - seen.cut).to.be.at.most(5);
  });

  it('reports as not asked what waits for the end of a pause when it is aborted', async () => {
    const controller = new AbortController();
    const limit = { status: 429, headers: { 'retry-after': '3600' }, body: graphError(4) };
    const { client, asked } = await threads(() => limit);
    async function* source() {
      yield 'T1';
      while (paused === 0) await new Promise((resolve) => setImmediate(resolve));
      yield 'T2';
      setImmediate(() => controller.abort());
      yield 'T3';
    }
    let paused = 0;
    const outcomes = await all(
      client.verifyTokens(source(), {
        ...inspector,
        signal: controller.signal,
        onProgress: ({ pause }) => {
          if (pause) paused += 1;
        },
      }),
    );
    expect(asked).to.deep.equal(['T1']);
    expect(outcomes.map(({ input, error }) => [input, error?.name])).to.have.deep.members([
      ['T1', 'ThreadsGraphAPIError'],
      ['T2', 'ThreadsNetworkError'],
      ['T3', 'ThreadsNetworkError'],
    ]);
    const notAsked = outcomes.filter((outcome) => outcome.error && !outcome.asked);
    expect(notAsked.map(({ input }) => input)).to.have.members(['T2', 'T3']);
  });

  it('aborts what is under way when the loop is left', async () => {
    const { client, server } = await threads((token) =>
      token === 'T1' ? valid() : new Promise<RawResponse>(() => {}),
    );
    const cut = new Promise<void>((resolve) => {
      server.on('request', (_req, res) => res.on('close', () => !res.writableEnded && resolve()));
    });
    let closed = false;
    function* source() {
      try {
        yield* tokens(100);
      } finally {
        closed = true;
      }
    }
    for await (const { input } of client.verifyTokens(source(), { ...inspector, concurrency: 2 })) {
      expect(input).to.equal('T1');
      break;
    }
    expect(closed).to.equal(true);
    await cut;
  });

  it('tells how far it is', async () => {
    const { client } = await threads((_token, time) => (time === 1 ? RATE_LIMITED : valid()));
    const progress: object[] = [];
    const onProgress = (at: object) => progress.push(at);
    await all(client.verifyTokens(tokens(2), { ...inspector, concurrency: 1, onProgress }));
    expect(progress).to.deep.equal([{ done: 0, pause: 0 }, { done: 1 }, { done: 1, pause: 0 }, { done: 2 }]);
  });

  it('reports an input that holds no token, and goes on', async () => {
    const { client, asked } = await threads(valid);
    const inputs = ['', undefined, null, 7, {}, { accessToken: '' }, 'T1'];
    const outcomes = await all(client.verifyTokens(inputs as string[], { ...inspector, concurrency: 1 }));
    expect(outcomes.map(({ error }) => error?.name)).to.deep.equal([
      ...Array(6).fill('TypeError'),
      undefined,
    ]);
    expect(asked).to.deep.equal(['T1']);
  });

  it('warns of no leak, with as many requests under way, and as many tokens held back, as there may be', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const controller = new AbortController();
    let limited = 0;
    const { client } = await threads((token) => {
      if (token === 'null') return { body: answers.appToken };
      if (Number(token.slice(1)) > 200) return valid();
      limited += 1;
      if (limited === 200) setImmediate(() => controller.abort());
      return { status: 400, headers: { 'retry-after': '3600' }, body: graphError(17) };
    });
    const { signal } = controller;
    await all(client.verifyTokens(tokens(1000), { concurrency: 1000, signal }));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(limited).to.equal(200);
    expect(warnings).to.deep.equal([]);
  });

  it('has no token in any error', async () => {
    const echo = 'Error validating access token: THQVJsecretTokenOfAda is not for you';
    const { client } = await threads(() => ({ status: 400, body: graphError(999, undefined, echo) }));
    const failing = async () => {
      const outcomes = await all(client.verifyTokens(['THQVJsecretTokenOfAda'], inspector));
      return outcomes[0]?.error;
    };
    const error = await failing().catch((thrown) => thrown);
    expect(inspect(error, { depth: 9, showHidden: true })).not.to.include('THQVJsecretTokenOfAda');
  });
});

describe('ThreadsClient.refreshTokens', () => {
  const refreshed = (): RawResponse => ({ body: answers.exchange });
  const days = (count: number) => new Date(NOW + count * DAY);
  const due = { issuedAt: days(-55), expiresAt: days(5) };

  it('refreshes what is due, and nothing else', async () => {
    const { client, asked } = await threads(refreshed);
    const inputs = [
      { accessToken: 'due', ...due },
      { accessToken: 'young', issuedAt: new Date(NOW - DAY + 1), expiresAt: days(3) },
      { accessToken: 'fresh', issuedAt: days(0), expiresAt: days(60) },
      { accessToken: 'not due', issuedAt: days(-2), expiresAt: new Date(NOW + 7 * DAY + 1) },
      { accessToken: 'without an end', issuedAt: days(-2), expiresAt: null },
      { accessToken: 'unknown' },
    ];
    const outcomes = await all(client.refreshTokens(inputs, { concurrency: 1 }));
    expect(
      outcomes.map((outcome) => [
        outcome.input.accessToken,
        outcome.outcome,
        'reason' in outcome ? outcome.reason : undefined,
      ]),
    ).to.have.deep.members([
      ['due', 'refreshed', undefined],
      ['young', 'skipped', 'young'],
      ['fresh', 'skipped', 'young'],
      ['not due', 'skipped', 'not_due'],
      ['without an end', 'skipped', 'not_due'],
      ['unknown', 'refreshed', undefined],
    ]);
    expect(asked).to.deep.equal(['due', 'unknown']);
  });

  it('hands the new token over with the very input of the old one', async () => {
    const { client } = await threads(refreshed);
    const input = { accessToken: 'T1', userId: '17841405793187219', ...due };
    const [outcome] = await all(client.refreshTokens([input]));
    expect(outcome).to.include({ input, outcome: 'refreshed' });
    expect(outcome).to.have.nested.include({ 'token.accessToken': answers.exchange.access_token });
    expect(outcome).to.have.nested.property('token.expiresIn', answers.exchange.expires_in);
    expect(outcome).to.have.nested.property('token.expiresAt').that.is.instanceOf(Date);
  });

  it('takes a token for due as early as it is told', async () => {
    const { client } = await threads(refreshed);
    const input = { accessToken: 'T1', issuedAt: days(-30), expiresAt: days(30) };
    const [outcome] = await all(client.refreshTokens([input], { within: 30 * DAY }));
    expect(outcome).to.include({ outcome: 'refreshed' });
  });

  it('refreshes exactly those of which tokenNeeds says so', async () => {
    const { client, asked } = await threads(refreshed);
    const dates = [undefined, null, days(-1), days(0.5), days(3), days(10), days(40)];
    const inputs = dates.flatMap((expiresAt) =>
      dates.flatMap((dataAccessExpiresAt) =>
        [undefined, days(-0.5), days(-8), days(-50)].flatMap((issuedAt) =>
          [undefined, 'failed', 'requires_login'].map((outcome) => ({
            issuedAt,
            expiresAt,
            dataAccessExpiresAt,
            ...(outcome && { lastOutcome: { outcome, at: new Date(NOW - 60_000) } as never }),
          })),
        ),
      ),
    );
    const rows = inputs.map((stored, i) => ({ ...stored, accessToken: `T${i}` }));
    const outcomes = await all(client.refreshTokens(rows, { within: 4 * DAY }));
    expect(outcomes).to.have.length(rows.length);
    const seen = new Set<string>();
    for (const { input, ...outcome } of outcomes) {
      const { action, reason } = tokenNeeds(input, { now: () => NOW, within: 4 * DAY });
      seen.add(`${action} ${reason}: ${outcome.outcome}`);
      expect(asked.includes(input.accessToken), JSON.stringify(input)).to.equal(action === 'refresh');
    }
    expect([...seen]).to.have.members([
      'refresh due: refreshed',
      'refresh grant_ending: refreshed',
      'none young: skipped',
      'none not_due: skipped',
      'none failed_lately: skipped',
      'ask_person grant_ending: skipped',
      'ask_person grant_ended: requires_login',
      'ask_person expired: requires_login',
      'ask_person requires_login: requires_login',
    ]);
  });

  const over: [title: string, input: object, reason: string, words: string][] = [
    ['the token has expired', { expiresAt: days(-1) }, 'expired', '`expiresAt`'],
    ['the grant has ended', { dataAccessExpiresAt: days(-1) }, 'expired', '`dataAccessExpiresAt`'],
    [
      'Threads wanted a new login before',
      { lastOutcome: { outcome: 'requires_login', at: days(-1) } },
      'invalid_token',
      '`lastOutcome`',
    ],
  ];
  for (const [title, stored, reason, words] of over) {
    it(`says from what is stored that the person must sign in again, without a request: ${title}`, async () => {
      const { client, asked } = await threads(refreshed);
      const [outcome] = await all(client.refreshTokens([{ accessToken: 'THQVJsecret', ...stored }]));
      expect(outcome).to.include({ outcome: 'requires_login', asked: false });
      expect(outcome).to.have.property('error').that.is.instanceOf(ThreadsTokenError);
      expect(outcome).to.nested.include({ 'error.reason': reason, 'error.requiresLogin': true });
      expect(outcome).to.have.nested.property('error.message').that.includes(words);
      expect(inspect(outcome, { depth: 9 }).match(/THQVJsecret/g)).to.have.length(1);
      expect(asked).to.deep.equal([]);
    });
  }

  describe('after a refusal that does not say whether the token lives', () => {
    const unknown = {
      status: 400,
      body: graphError(100, undefined, 'The requested resource does not exist'),
    };
    const info = (data: object): RawResponse => ({ body: { data: { ...answers.debug.data, ...data } } });
    const settledWith = async (answer: RawResponse) => {
      const { client, asked } = await threads((token, time) => {
        if (token === 'null') return { body: answers.appToken };
        return time === 1 ? unknown : answer;
      });
      const [outcome] = await all(client.refreshTokens([{ accessToken: 'T1' }]));
      return { outcome, asked };
    };

    it('asks debug_token: a dead token requires a login, for the reason that is said there', async () => {
      const error = { code: 190, error_subcode: 460, subcode: 460, message: 'Logged out' };
      const { outcome, asked } = await settledWith(info({ is_valid: false, error }));
      expect(outcome).to.include({ outcome: 'requires_login', asked: true });
      expect(outcome).to.have.property('error').that.is.instanceOf(ThreadsTokenError);
      expect(outcome).to.nested.include({ 'error.reason': 'logged_out', 'error.code': 190 });
      expect(asked).to.deep.equal(['T1', 'null', 'T1']);
    });

    it('asks debug_token: a token that is dead for no reason that is said requires a login, too', async () => {
      const { outcome } = await settledWith(info({ is_valid: false }));
      expect(outcome).to.nested.include({ outcome: 'requires_login', 'error.requiresLogin': true });
      expect(outcome).to.nested.include({ 'error.reason': 'invalid_token' });
    });

    it('fails where the token lives', async () => {
      const { outcome } = await settledWith(info({ is_valid: true }));
      expect(outcome).to.nested.include({ outcome: 'failed', asked: true, 'error.code': 100 });
    });

    it('fails where debug_token does not know either', async () => {
      const { outcome } = await settledWith({ status: 400, body: graphError(10) });
      expect(outcome).to.nested.include({ outcome: 'failed', 'error.code': 100, 'error.reason': 'unknown' });
    });

    it('asks with the inspector that is given', async () => {
      const { client, asked } = await threads((_token, time) =>
        time === 1 ? unknown : info({ is_valid: false }),
      );
      const [outcome] = await all(client.refreshTokens([{ accessToken: 'T1' }], inspector));
      expect(outcome).to.include({ outcome: 'requires_login' });
      expect(asked).to.deep.equal(['T1', 'T1']);
    });
  });

  it('says why a person must sign in again, and goes on', async () => {
    const { client } = await threads((token) => (token === 'T1' ? DEAD : refreshed()));
    const outcomes = await all(
      client.refreshTokens([{ accessToken: 'T1' }, { accessToken: 'T2' }], { concurrency: 1 }),
    );
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(['requires_login', 'refreshed']);
    expect(outcomes[0]).to.have.nested.property('error.reason', 'logged_out');
  });

  it('fails where Threads refuses for another reason, without a word of a new login', async () => {
    const { client } = await threads(() => ({ status: 400, body: graphError(10) }));
    const [outcome] = await all(client.refreshTokens([{ accessToken: 'T1' }]));
    expect(outcome).to.include({ outcome: 'failed', asked: true });
    expect(outcome).to.have.nested.property('error.reason', 'permission');
  });

  it('fails after 5 tries while Threads has a temporary problem', async () => {
    const { client, asked } = await threads(() => RATE_LIMITED);
    const [outcome] = await all(client.refreshTokens([{ accessToken: 'T1' }]));
    expect(outcome).to.include({ outcome: 'failed', asked: true });
    expect(outcome).to.have.nested.property('error.isTransient', true);
    expect(asked).to.have.length(5);
  });

  it('fails without a request where a date is none', async () => {
    const { client, asked } = await threads(refreshed);
    const [outcome] = await all(
      client.refreshTokens([{ accessToken: 'T1', expiresAt: '2026-09-01' as never }]),
    );
    expect(outcome).to.include({ outcome: 'failed', asked: false });
    expect(outcome).to.have.nested.property('error.message').that.includes('expiresAt');
    expect(asked).to.deep.equal([]);
  });

  it('hands over what Threads renewed while the signal aborted', async () => {
    const controller = new AbortController();
    const { client, asked, seen } = await threads(async () => {
      controller.abort();
      await new Promise((resolve) => setImmediate(resolve));
      return refreshed();
    });
    const inputs = tokens(50).map((accessToken) => ({ accessToken }));
    const outcomes = await all(client.refreshTokens(inputs, { concurrency: 1, signal: controller.signal }));
    expect(asked).to.deep.equal(['T1']);
    expect(outcomes).to.have.length(1);
    expect(outcomes[0]).to.nested.include({
      outcome: 'refreshed',
      'token.accessToken': answers.exchange.access_token,
    });
    expect(seen.cut).to.equal(0);
  });

  it('takes nothing for a signal that has aborted', async () => {
    const { client, asked } = await threads(refreshed);
    const outcomes = client.refreshTokens([{ accessToken: 'T1' }], { signal: AbortSignal.abort() });
    expect(await all(outcomes)).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
  });
});

describe('ThreadsClient, over many tokens: options', () => {
  const client = new ThreadsClient({ clientID: app.clientID, clientSecret: app.clientSecret });
  const wrong: [name: string, call: () => unknown][] = [
    ...[0, -1, 1.5, 1001, '5', Number.NaN].map((concurrency): [string, () => unknown] => [
      'concurrency',
      () => client.verifyTokens([], { concurrency: concurrency as number }),
    ]),
    ...[0, -1, '5', Number.NaN, null].map((rate): [string, () => unknown] => [
      'rate',
      () => client.refreshTokens([], { rate: rate as number }),
    ]),
    ['accessToken', () => client.verifyTokens([], { accessToken: '' })],
    ['accessToken', () => client.refreshTokens([], { accessToken: '' })],
    ['within', () => client.refreshTokens([], { within: -1 })],
    ['signal', () => client.refreshTokens([], { signal: {} as AbortSignal })],
    ['onProgress', () => client.verifyTokens([], { onProgress: 5 as never })],
    ['iterable', () => client.verifyTokens('THQVJone' as never)],
    ['iterable', () => client.verifyTokens(undefined as never)],
    ['iterable', () => client.refreshTokens({ accessToken: 'T' } as never)],
  ];
  for (const [name, call] of wrong) {
    it(`throw a TypeError at once that names ${name}: ${String(call).replace(/\s+/g, ' ').slice(6, 80)}`, () => {
      expect(call).to.throw(TypeError, name);
    });
  }
});
