import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type ThreadsProfile, ThreadsStrategy, ThreadsTokenError } from '../../lib/index.js';
import { answers, app, CODE, graphError, LONG_TOKEN, SHORT_TOKEN, USER_ID } from '../support/fixtures.js';
import { loggedIn, login, loginError } from '../support/login.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

const longLived = true;
const refused = { status: 400, body: graphError(190, undefined, 'Session key invalid') };

describe('longLived: the exchange runs beside /me and debug_token', () => {
  it('says when the long-lived token expires, in params and in profile.token', async () => {
    const before = Date.now();
    const { params, profile } = await loggedIn({ options: { longLived } });
    expect(params).to.include({ access_token: LONG_TOKEN, expires_in: 5183944, user_id: USER_ID });
    const expiresAt = profile.token?.expiresAt?.getTime() ?? 0;
    expect(expiresAt).to.be.within(before + 5183944_000, Date.now() + 5183944_000);
    expect(profile.token?.scopes).to.deep.equal(answers.debug.data.scopes);
  });

  it('ends in the refusal of the exchange', async () => {
    const error = await loginError({ replies: { exchange: refused }, options: { longLived } });
    expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 190 });
  });

  it('ends in invalid_token where the long-lived token is that of another person', async () => {
    for (const options of [{ longLived }, { longLived, skipUserProfile: true }]) {
      const error = await loginError({
        replies: { exchange: { body: { ...answers.exchange, user_id: '1' } } },
        options,
      });
      expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 'invalid_token' });
    }
  });

  for (const endpoint of ['me', 'debug'] as const) {
    it(`ends in the refusal of ${endpoint}, though the exchange succeeds`, async () => {
      const replies = { [endpoint]: { status: 400, body: graphError(190, 460) } };
      const options = { longLived, tokenVerification: 'required' } as const;
      expect(await loginError({ replies, options })).to.include({ name: 'ThreadsGraphAPIError' });
    });
  }

  it('ends in an error where the exchange does not say when its token expires', async () => {
    const error = await loginError({
      replies: { exchange: { body: { access_token: LONG_TOKEN } } },
      options: { longLived },
    });
    expect(error).to.include({ name: 'ThreadsNetworkError', code: 'INVALID_RESPONSE' });
  });

  it('has one outcome and no unheard rejection where everything is refused', async () => {
    const replies = { exchange: refused, me: refused, debug: refused };
    const { outcome } = await login({ replies, options: { longLived } });
    expectOutcome(outcome, 'error');
  });

  it('leaves nothing hanging: a refused exchange ends /me and debug_token, which do not answer', async () => {
    const waiting: ServerResponse[] = [];
    let exchange: ServerResponse | undefined;
    const server = createServer((req: IncomingMessage, res: ServerResponse) => {
      req.resume();
      const path = req.url?.split('?')[0];
      if (path === '/oauth/access_token') {
        res.end(req.method === 'POST' ? answers.token : JSON.stringify(answers.appToken));
      } else if (path === '/access_token') {
        exchange = res;
      } else {
        waiting.push(res);
      }
      if (waiting.length === 2) exchange?.writeHead(400).end(JSON.stringify(refused.body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const strategy = new ThreadsStrategy(
        {
          ...app,
          state: false,
          longLived,
          tokenURL: `${origin}/oauth/access_token`,
          graphURL: `${origin}/v1.0`,
        },
        async () => null,
      );
      const { error } = expectOutcome(await runStrategy(strategy, { query: { code: CODE } }), 'error');
      expect(error).to.be.instanceOf(ThreadsTokenError);
      for (const res of waiting) if (!res.closed) await once(res, 'close');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('keeps nothing between logins: two people at the same moment get their own tokens', async () => {
    const people = new Map([
      ['A', { id: '1', token: 'short-1', long: 'long-1' }],
      ['B', { id: '2', token: 'short-2', long: 'long-2' }],
    ]);
    const by = (key: 'token' | 'long', value: string | undefined) =>
      [...people.values()].find((person) => person[key] === value)!;
    const { dispatcher } = upstream({
      token: ({ code }) => ({
        body: { access_token: people.get(code!)!.token, user_id: people.get(code!)!.id },
      }),
      exchange: ({ access_token }) => ({
        body: { ...answers.exchange, access_token: by('token', access_token).long },
      }),
      me: ({ access_token }) => ({ body: { id: by('token', access_token).id } }),
      debug: ({ input_token }) => ({
        body: { data: { ...answers.debug.data, user_id: by('token', input_token).id } },
      }),
    });
    const strategy = new ThreadsStrategy(
      { ...app, state: false, longLived, dispatcher },
      async (token, refresh, profile) => asUser({ token, refresh, id: profile.id }),
    );
    const codes = Array.from({ length: 20 }, (_, index) => (index % 2 ? 'A' : 'B'));
    const outcomes = await Promise.all(codes.map((code) => runStrategy(strategy, { query: { code } })));
    for (const [index, outcome] of outcomes.entries()) {
      const { id, long } = people.get(codes[index]!)!;
      expect(expectOutcome(outcome, 'success').user).to.deep.equal({ token: long, refresh: long, id });
    }
  });

  it('gives a subclass that overrides userProfile the short-lived token, and uses what it returns', async () => {
    const { dispatcher, calls } = upstream();
    const asked: string[] = [];
    class Mine extends ThreadsStrategy {
      override userProfile(
        accessToken: string,
        done: (error: unknown, profile?: ThreadsProfile) => void,
      ): void {
        asked.push(accessToken);
        done(null, { provider: 'threads', id: 'mine', _raw: '', _json: {} });
      }
    }
    const strategy = new Mine({ ...app, state: false, longLived, dispatcher }, async (token, _r, profile) =>
      asUser({ token, id: profile.id }),
    );
    const { user } = expectOutcome(await runStrategy(strategy, { query: { code: CODE } }), 'success');
    expect(user).to.deep.equal({ token: LONG_TOKEN, id: 'mine' });
    expect(asked).to.deep.equal([SHORT_TOKEN]);
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(['token', 'exchange']);
  });

  it('still exchanges the token with skipUserProfile', async () => {
    const { params, profile, calls } = await loggedIn({ options: { longLived, skipUserProfile: true } });
    expect(profile).to.equal(undefined);
    expect(params.access_token).to.equal(LONG_TOKEN);
    expect(calls.map(({ endpoint }) => endpoint)).to.deep.equal(['token', 'exchange']);
  });
});
