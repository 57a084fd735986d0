import { expect } from 'chai';
import { AuthorizationError } from 'passport-oauth2';
import { ThreadsAuthorizationError } from '../../lib/index.js';
import { app, CODE } from '../support/fixtures.js';
import { login } from '../support/login.js';
import { response } from '../support/response.js';
import { expectOutcome, type RequestLike } from '../support/run-strategy.js';

async function refused(query: Record<string, unknown>, request: RequestLike = { query }) {
  const { outcome, calls } = await login({ request });
  expect(calls).to.have.length(0);
  return expectOutcome(outcome, 'error').error as ThreadsAuthorizationError;
}

describe('callback: the person cancelled', () => {
  const DOCUMENTED =
    'error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request';

  for (const spelling of ['access_denied', 'acceess_denied']) {
    it(`fails with 403 for ${spelling}, without a call`, async () => {
      const query = Object.fromEntries(new URLSearchParams(DOCUMENTED.replace('access_denied', spelling)));
      const { outcome, calls } = await login({ request: { query } });
      const { challenge, status } = expectOutcome(outcome, 'fail');
      expect(status).to.equal(403);
      expect(challenge).to.deep.equal({
        type: 'access_denied',
        message: 'The user denied your request',
        reason: 'user_denied',
      });
      expect(calls).to.have.length(0);
    });
  }

  it('says so in its own words where Threads gave none', async () => {
    const { outcome } = await login({ request: { query: { error: 'access_denied' } } });
    expect(expectOutcome(outcome, 'fail').challenge).to.deep.equal({
      type: 'access_denied',
      message: 'The user denied your request',
      reason: 'user_denied',
    });
  });

  it('fails in the same way when a client posted it on', async () => {
    const body = Object.fromEntries(new URLSearchParams(DOCUMENTED));
    const { outcome } = await login({ request: { query: {}, body } });
    expect(expectOutcome(outcome, 'fail')).to.include({ status: 403 });
  });

  it('fails in the same way with the #_ of a URL that a client copied whole', async () => {
    for (const end of ['#_', '%23_']) {
      const body = { error: `access_denied${end}` };
      const { outcome } = await login({ request: { query: {}, body } });
      expect(expectOutcome(outcome, 'fail')).to.include({ status: 403 });
      const whole = { error: 'access_denied', error_description: `They said no${end}` };
      const { challenge } = expectOutcome((await login({ request: { query: whole } })).outcome, 'fail');
      expect(challenge).to.include({ message: 'They said no' });
    }
  });
});

describe('callback: the authorization window ended in an error', () => {
  it('is an AuthorizationError with the words of Threads', async () => {
    const error = await refused({
      error: 'invalid_scope',
      error_reason: 'bad_scope',
      error_description: 'Scope unknown',
      error_uri: 'https://threads.net/help',
    });
    expect(error).to.be.instanceOf(ThreadsAuthorizationError).and.instanceOf(AuthorizationError);
    expect(error).to.include({
      name: 'ThreadsAuthorizationError',
      message: 'Scope unknown',
      code: 'invalid_scope',
      reason: 'bad_scope',
      uri: 'https://threads.net/help',
      status: 502,
    });
  });

  it('says what happened where Threads says nothing', async () => {
    expect(await refused({ error: 'server_error' }))
      .to.have.property('message')
      .that.includes('server_error');
  });

  it('is 503 for temporarily_unavailable', async () => {
    expect(await refused({ error: 'temporarily_unavailable' })).to.include({ status: 503 });
  });

  const known: [errorCode: number, message: string, hint: RegExp][] = [
    [4476002, 'No app ID was provided in the request', /Threads App ID/],
    [1349026, 'No application data was given', /Threads App ID/],
    [1349168, 'URL Blocked', /redirect URI.*to the letter/],
    [
      1349245,
      'The user has not accepted the invite to test the app',
      /tester.*Website permissions → Invites/,
    ],
    [1349187, 'Insecure Login Blocked', /https/],
    [1, 'An unknown error has occurred', /missing or empty/],
  ];
  for (const [errorCode, message, hint] of known) {
    it(`says what to do about ${errorCode} (${message}), which comes without \`error\``, async () => {
      const error = await refused({ error_code: String(errorCode), error_message: message });
      expect(error).to.be.instanceOf(ThreadsAuthorizationError);
      expect(error).to.include({ errorCode, status: 502 });
      expect(error.hint).to.match(hint);
      expect(error.message).to.include(message).and.include(error.hint);
    });
  }

  it('has no hint for a code that nobody knows', async () => {
    const error = await refused({ error_code: '99', error_message: 'New' });
    expect(error).to.include({ errorCode: 99, hint: undefined, message: 'New' });
  });

  for (const query of [{ error_code: '1' }, { error_message: 'Alone' }, { error_code: 'abc' }]) {
    it(`is an error for ${JSON.stringify(query)} alone`, async () => {
      expect(await refused(query)).to.be.instanceOf(ThreadsAuthorizationError);
    });
  }

  it('is found in a parsed body', async () => {
    const body = { error_code: '1349168', error_message: 'URL Blocked' };
    expect(await refused({}, { query: {}, body })).to.include({ errorCode: 1349168 });
  });

  it('takes control characters out of the message and bounds it', async () => {
    const error = await refused({ error: 'x', error_description: `a\r\nb\u001b[31m${'c'.repeat(9000)}` });
    expect(error.message).not.to.match(/\p{Cc}/u);
    expect(error.message.length).to.be.lessThan(1000);
  });
});

describe('callback: parameters that Threads does not send', () => {
  const NAMES = [
    'code',
    'state',
    'error',
    'error_reason',
    'error_description',
    'error_code',
    'error_message',
    'error_uri',
  ];
  const odd: [title: string, value: unknown][] = [
    ['repeated', ['a', 'b']],
    ['an empty array', []],
    ['an object', { a: 'b' }],
    ['null', null],
    ['a number', 7],
    ['true', true],
  ];
  for (const name of NAMES) {
    for (const [title, value] of odd) {
      it(`fail with 400 and no call where ${name} is ${title}`, async () => {
        for (const request of [
          { query: { code: CODE, [name]: value } },
          { query: {}, body: { code: CODE, [name]: value } },
        ]) {
          const { outcome, calls } = await login({ request });
          const { challenge, status } = expectOutcome(outcome, 'fail');
          expect(status).to.equal(400);
          expect(challenge).to.include({ type: 'invalid_request' });
          expect((challenge as Error).message).to.include(`"${name}"`);
          expect(calls).to.have.length(0);
        }
      });
    }
  }

  for (const [title, query] of [
    ['a code beside a cancellation', { code: CODE, error: 'access_denied' }],
    ['a code beside an error', { code: CODE, error: 'server_error' }],
    ['a code beside an error_code', { code: CODE, error_code: '1' }],
    ['an empty code beside an error', { code: '', error: 'server_error' }],
    ['a state alone', { state: 'x' }],
    ['an empty error', { error: '' }],
    ['a description of no error', { error_description: 'Call this number' }],
  ] as [string, Record<string, string>][]) {
    it(`fail with 400 and no call for ${title}`, async () => {
      for (const request of [{ query }, { query: {}, body: query }]) {
        const { outcome, calls } = await login({ request });
        const { challenge, status } = expectOutcome(outcome, 'fail');
        expect(status).to.equal(400);
        expect(challenge).to.include({ type: 'invalid_request' });
        expect(calls).to.have.length(0);
      }
    });
  }

  it('fail with 400 and no call for one code in the query and another in the body', async () => {
    const { outcome, calls } = await login({ request: { query: { code: CODE }, body: { code: 'other' } } });
    expect(expectOutcome(outcome, 'fail').status).to.equal(400);
    expect(calls).to.have.length(0);
  });

  for (const code of ['', '#_', '%23_']) {
    it(`fail with 400 and no call for the code ${JSON.stringify(code)}`, async () => {
      for (const request of [{ query: { code } }, { query: {}, body: { code } }]) {
        const { outcome, calls } = await login({ request });
        expect(expectOutcome(outcome, 'fail').status).to.equal(400);
        expect(calls).to.have.length(0);
      }
    });
  }

  it('fail with 400 where the query is empty and the body is not', async () => {
    const { outcome, calls } = await login({ request: { query: { code: '' }, body: { code: CODE } } });
    expect(expectOutcome(outcome, 'fail').status).to.equal(400);
    expect(calls).to.have.length(0);
  });
});

describe('callback: the code', () => {
  const forms: [received: string, sent: string][] = [
    [CODE, CODE],
    [`${CODE}#_`, CODE],
    [`${CODE}%23_`, CODE],
    [`${CODE}#_#_`, `${CODE}#_`],
    [`${CODE}%23_#_`, `${CODE}%23_`],
    [`#_${CODE}`, `#_${CODE}`],
    [`${CODE}_`, `${CODE}_`],
    [`${CODE}#`, `${CODE}#`],
    ['a&b=c d+e/é', 'a&b=c d+e/é'],
  ];
  for (const [received, sent] of forms) {
    it(`${received} is exchanged as ${sent}, from the query and from a body`, async () => {
      for (const request of [{ query: { code: received } }, { query: {}, body: { code: received } }]) {
        const { outcome, calls } = await login({ request });
        expectOutcome(outcome, 'success');
        expect(calls.find((call) => call.endpoint === 'token')?.params).to.deep.equal({
          client_id: app.clientID,
          client_secret: app.clientSecret,
          grant_type: 'authorization_code',
          redirect_uri: app.callbackURL,
          code: sent,
        });
      }
    });
  }

  it('may be in the query and in the body alike', async () => {
    const { calls } = await login({ request: { query: { code: CODE }, body: { code: CODE } } });
    expect(calls[0]?.params.code).to.equal(CODE);
  });

  it('is read from the URL where nobody parsed the query', async () => {
    for (const url of [`/callback?code=${CODE}%23_`, `/callback?from=a?b&code=${CODE}`]) {
      const { outcome, calls } = await login({ request: { query: undefined, url } });
      expectOutcome(outcome, 'success');
      expect(calls[0]?.params.code).to.equal(CODE);
    }
  });

  it('is not looked for in a body that nobody parsed', async () => {
    for (const body of [undefined, null, `code=${CODE}`, Buffer.from(`code=${CODE}`), [CODE]]) {
      const { outcome, calls } = await login({ request: { query: {}, body } });
      expectOutcome(outcome, 'redirect');
      expect(calls).to.have.length(0);
    }
  });
});

describe('callback: the state', () => {
  for (const state of [undefined, '', 'x', 'x'.repeat(43)]) {
    it(`fails with 403 and no call for ${JSON.stringify(state)}, which this browser was not given`, async () => {
      const query = { code: CODE, ...(state !== undefined && { state }) };
      const { outcome, calls } = await login({
        options: { state: undefined },
        request: { query, res: response() },
      });
      const { challenge, status } = expectOutcome(outcome, 'fail');
      expect(status).to.equal(403);
      expect(challenge).to.include({ type: 'invalid_state' });
      expect(calls).to.have.length(0);
    });
  }

  it('is not asked for with state: false', async () => {
    const { outcome } = await login({ request: { query: { code: CODE, state: 'of my own' } } });
    expectOutcome(outcome, 'success');
  });

  it('is an error, and no login, where the store fails', async () => {
    const broken = new Error('the store is down');
    const store = {
      store() {},
      verify(_req: unknown, _state: string, done: (error: Error) => void) {
        done(broken);
      },
    };
    const { outcome, calls } = await login({ options: { store: store as never, state: undefined } });
    expect(expectOutcome(outcome, 'error').error).to.equal(broken);
    expect(calls).to.have.length(0);
  });
});
