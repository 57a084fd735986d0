import { expect } from 'chai';
import { ada, app, ask, DAY, HOUR, mateo, otherApp, START, useSimulator } from './support.js';

const REDIRECT = 'https://app.example/callback';

describe('simulator: a code for a short-lived token', () => {
  const threads = useSimulator();

  const freshCode = (userId: string = ada.id) =>
    threads.simulator.authorize({ clientID: app.clientID, redirectURI: REDIRECT, userId });

  const form = (changes: Record<string, string> = {}) => ({
    client_id: app.clientID,
    client_secret: app.clientSecret,
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT,
    code: changes.code ?? freshCode(),
    ...changes,
  });

  const exchange = (changes: Record<string, string> = {}) =>
    threads.post('/oauth/access_token', form(changes));

  async function expectRefusal(answer: ReturnType<typeof exchange>, message: string | RegExp) {
    const { status, json, text } = await answer;
    expect(status).to.equal(400);
    expect(json).to.have.all.keys('error_type', 'code', 'error_message');
    expect(json).to.include({ error_type: 'OAuthException', code: 400 });
    if (typeof message === 'string') expect(json.error_message).to.equal(message);
    else expect(json.error_message).to.match(message);
    expect(text).not.to.contain('secret-of').and.not.to.contain('AQ');
  }

  const NO_CODE = 'Matching code was not found or was already used';

  it('refuses an unknown client', () => expectRefusal(exchange({ client_id: '9' }), 'Invalid platform app'));

  it('refuses a wrong secret, and does not spend the code on it', async () => {
    const code = freshCode();
    const { status, error, text } = await exchange({ code, client_secret: 'secret-of-nobody' });
    expect(status).to.equal(400);
    expect(error).to.include({ type: 'OAuthException', code: 101 });
    expect(error.message).to.match(/^Error validating application\./);
    expect(text).not.to.contain('secret-of');
    expect((await exchange({ code })).status).to.equal(200);
  });

  it('refuses a code that nobody issued', () => expectRefusal(exchange({ code: 'AQx' }), NO_CODE));

  it('refuses a code that still carries #_', () =>
    expectRefusal(exchange({ code: `${freshCode()}#_` }), NO_CODE));

  it('refuses a code that was used, with words for the person and without a message', async () => {
    const code = freshCode();
    expect((await exchange({ code })).status).to.equal(200);
    const { status, json } = await exchange({ code });
    expect(status).to.equal(400);
    expect(json).to.deep.equal({
      error: {
        code: 100,
        error_subcode: 4279030,
        error_user_title: 'Invalid Authorization Code Specified',
        error_user_msg: 'The authorization code is not valid. Reason: used_authorization_code.',
      },
    });
  });

  it('does not tell another app that a code was used', async () => {
    const code = freshCode();
    await exchange({ code });
    const client_id = otherApp.clientID;
    await expectRefusal(exchange({ code, client_id, client_secret: otherApp.clientSecret }), NO_CODE);
  });

  it('refuses a multipart form that is cut, a file in place of a value, and a field with two values', async () => {
    const path = `${threads.origin}/oauth/access_token`;
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const body = '--x\r\nContent-Disposition: form-data; name="code"\r\n\r\nAQ';
    await expectRefusal(ask(path, { method: 'POST', headers, body }), /could not be read/);
    const unbounded = { 'content-type': 'multipart/form-data' };
    await expectRefusal(ask(path, { method: 'POST', headers: unbounded, body }), /could not be read/);
    const file = new FormData();
    file.set('grant_type', new Blob(['authorization_code']), 'grant.txt');
    await expectRefusal(ask(path, { method: 'POST', body: file }), /grant_type must be a string/);
    const repeated = new FormData();
    for (const [name, value] of Object.entries(form())) repeated.append(name, value);
    repeated.append('code', 'AQ');
    await expectRefusal(
      ask(path, { method: 'POST', body: repeated }),
      /code was given with different values/,
    );
  });

  it('takes a multipart form', async () => {
    const body = new FormData();
    for (const [name, value] of Object.entries(form())) body.append(name, value);
    const { status, json } = await ask(`${threads.origin}/oauth/access_token`, { method: 'POST', body });
    expect([status, json.user_id === undefined]).to.deep.equal([200, false]);
  });

  it('answers at /v1.0 as well', async () => {
    expect((await threads.post('/v1.0/oauth/access_token', form())).status).to.equal(200);
    const wrong = threads.post('/v1.0/oauth/access_token', form({ grant_type: 'password' }));
    await expectRefusal(wrong, /grant_type/);
  });

  it('serves a person whom the app may not serve afterwards', async () => {
    threads.simulator.addApp({ ...app, reviewed: false });
    expect((await exchange({ code: freshCode(mateo.id) })).status).to.equal(200);
  });

  it('lets one of ten simultaneous exchanges win', async () => {
    const code = freshCode();
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange({ code })));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
  });

  it('refuses the code of another app', async () => {
    const answer = exchange({ client_id: otherApp.clientID, client_secret: otherApp.clientSecret });
    await expectRefusal(answer, NO_CODE);
  });

  it('refuses a code after one hour', async () => {
    const [early, late] = [freshCode(), freshCode()];
    threads.clock.now += HOUR - 1;
    expect((await exchange({ code: early })).status).to.equal(200);
    threads.clock.now += 1;
    await expectRefusal(exchange({ code: late }), /expired/);
  });

  it('refuses a redirect_uri that differs from the one the code was issued for', () =>
    expectRefusal(exchange({ redirect_uri: `${REDIRECT}/` }), /redirect_uri is identical/));

  it('refuses a code whose person has removed the app meanwhile', async () => {
    const code = freshCode();
    threads.simulator.revoke({ clientID: app.clientID, userId: ada.id });
    await expectRefusal(exchange({ code }), NO_CODE);
  });

  it('refuses another grant type, and says what is wrong with it, by POST and by GET', async () => {
    const wrong = 'The grant_type is not one of this endpoint: it must be authorization_code';
    await expectRefusal(exchange({ grant_type: 'password' }), wrong);
    await expectRefusal(threads.get('/oauth/access_token', form({ grant_type: 'password' })), wrong);
    const missing = 'Missing required field grant_type: it must be authorization_code';
    await expectRefusal(exchange({ grant_type: '' }), missing);
  });

  it('refuses client_credentials by POST, and names the method of it', () =>
    expectRefusal(exchange({ grant_type: 'client_credentials' }), /with GET, not with POST$/));

  for (const name of ['client_id', 'client_secret', 'grant_type', 'redirect_uri', 'code']) {
    it(`refuses a request whose ${name} is missing, empty, an object, oversized, or has two values`, async () => {
      const fields = new URLSearchParams(form());
      const value = fields.get(name) ?? '';
      fields.set(name, '');
      await expectRefusal(threads.post('/oauth/access_token', fields.toString()), new RegExp(name));
      fields.delete(name);
      await expectRefusal(threads.post('/oauth/access_token', fields.toString()), new RegExp(name));
      const object = threads.post('/oauth/access_token', `${fields}&${name}[a]=${value}`);
      await expectRefusal(object, new RegExp(name));
      const repeated = threads.post('/oauth/access_token', `${fields}&${name}=${value}&${name}=other`);
      await expectRefusal(repeated, new RegExp(name));
      const oversized = threads.post('/oauth/access_token', `${fields}&${name}=${'x'.repeat(5000)}`);
      await expectRefusal(oversized, new RegExp(name));
    });
  }

  for (const [what, type, body] of [
    ['is JSON', 'application/json', '{"code":"x"}'],
    ['is empty', 'application/x-www-form-urlencoded', ''],
    ['is larger than 16 KB', 'application/x-www-form-urlencoded', `code=${'x'.repeat(17_000)}`],
    ['has an unknown charset', 'application/x-www-form-urlencoded; charset=klingon', 'code=x'],
  ] as const) {
    it(`refuses a body that ${what}`, async () => {
      const init = { method: 'POST', body, headers: { 'content-type': type } };
      await expectRefusal(ask(`${threads.origin}/oauth/access_token`, init), /.+/);
    });
  }

  it('answers with the token, its type and the user id, and nothing else', async () => {
    const { status, headers, json } = await exchange();
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.contain('application/json');
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(json).to.have.all.keys('access_token', 'token_type', 'user_id');
    expect(json.token_type).to.equal('bearer');
    expect(json.access_token).to.match(/^TH\w/);
  });

  for (const user of [ada, mateo]) {
    it(`sends the id ${user.id} as a JSON number, digit for digit`, async () => {
      const { text } = await exchange({ code: freshCode(user.id) });
      expect(text).to.match(new RegExp(`"user_id":${user.id}}$`));
    });
  }

  it('gives a token for one hour', async () => {
    const accessToken = String((await exchange()).json.access_token);
    threads.clock.now += HOUR - 1;
    expect((await threads.get('/v1.0/me', { access_token: accessToken })).status).to.equal(200);
    threads.clock.now += 1;
    const { error } = await threads.get('/v1.0/me', { access_token: accessToken });
    expect(error).to.include({ code: 190, error_subcode: 463 });
  });

  it('takes the fields from the query as well', async () => {
    const path = `/oauth/access_token?${new URLSearchParams(form())}`;
    expect((await threads.post(path, '')).status).to.equal(200);
  });
});

describe('simulator: an app token', () => {
  const threads = useSimulator();
  const ask = (changes: Record<string, string> = {}) =>
    threads.get('/oauth/access_token', {
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'client_credentials',
      ...changes,
    });

  for (const [what, change] of Object.entries<Record<string, string>>({
    'an unknown client': { client_id: '9' },
    'another grant type': { grant_type: 'authorization_code' },
    'no secret': { client_secret: '' },
  })) {
    it(`is refused to ${what}`, async () => {
      const { status, json, text } = await ask(change);
      expect(status).to.equal(400);
      expect(json).to.include({ error_type: 'OAuthException', code: 400 });
      expect(text).not.to.contain('secret-of');
    });
  }

  it('is refused for a wrong secret', async () => {
    const { status, error } = await ask({ client_secret: 'secret-of-nobody' });
    expect([status, error.code]).to.deep.equal([400, 101]);
    expect(error.message).to.match(/^Error validating application\./);
  });

  it('carries the app id and can inspect tokens in the Graph dialect', async () => {
    const { json } = await ask();
    expect(json).to.have.all.keys('access_token', 'token_type');
    expect(json.token_type).to.equal('bearer');
    expect(json.access_token).to.match(/^TH\|1111111111111111\|.+/);
    const query = { access_token: String(json.access_token), input_token: threads.token() };
    expect((await threads.get('/v23.0/debug_token', query)).status).to.equal(200);
  });
});

describe('simulator: a long-lived token', () => {
  const threads = useSimulator();

  const exchange = (accessToken: string, changes: Record<string, string> = {}) =>
    threads.get('/access_token', {
      grant_type: 'th_exchange_token',
      client_secret: app.clientSecret,
      access_token: accessToken,
      ...changes,
    });

  it('is refused for a wrong, missing or foreign secret', async () => {
    for (const secret of ['secret-of-nobody', '', otherApp.clientSecret]) {
      const { status, error, text } = await exchange(threads.token(), { client_secret: secret });
      expect(status).to.equal(400);
      expect(error).to.include({ type: 'OAuthException', message: 'Error validating client secret.' });
      expect(text).not.to.contain('secret-of');
    }
  });

  it('is refused for an expired, revoked, logged-out or unknown token, each with its subcode', async () => {
    const expired = threads.token();
    threads.simulator.expireToken(expired);
    expect((await exchange(expired)).error).to.include({ code: 190, error_subcode: 463 });

    const loggedOut = threads.token();
    threads.simulator.logOut(ada.id);
    expect((await exchange(loggedOut)).error).to.include({ code: 190, error_subcode: 460 });

    const revoked = threads.token();
    threads.simulator.revoke({ clientID: app.clientID, userId: ada.id });
    expect((await exchange(revoked)).error).to.include({ code: 190, error_subcode: 458 });

    expect((await exchange('THnothing')).error).to.include({ code: 190, error_subcode: 467 });
  });

  it('is refused for a token that already is long-lived: 452, subcode 4279019', async () => {
    const { status, error } = await exchange(threads.token({ longLived: true }));
    expect(status).to.equal(400);
    expect(error).to.deep.equal({
      message: 'Session key invalid',
      type: 'OAuthException',
      code: 452,
      error_subcode: 4279019,
    });
  });

  it('is refused to a person whom the app may not serve without App Review: 100, subcode 10', async () => {
    const token = threads.token({ userId: mateo.id });
    threads.simulator.addApp({ ...app, reviewed: false });
    const { status, error } = await exchange(token);
    expect(status).to.equal(400);
    expect(error).to.include({ code: 100, error_subcode: 10 });
    expect(error.message).to.contain('list of Threads testers');
    expect((await exchange(threads.token())).status).to.equal(200);
  });

  it('is refused at /v1.0/access_token, which does not exist', async () => {
    const query = { grant_type: 'th_exchange_token', client_secret: app.clientSecret };
    const answer = await threads.get('/v1.0/access_token', { ...query, access_token: threads.token() });
    expect(answer.status).to.equal(400);
    expect(answer.error).to.deep.equal({
      message: 'Unsupported request - method type: get',
      type: 'THApiException',
      code: 100,
    });
    expect(threads.simulator.requests.at(-1)?.notes?.join()).to.contain('/access_token, without a version');
  });

  it('is given for a token in the Authorization header', async () => {
    const query = new URLSearchParams({ grant_type: 'th_exchange_token', client_secret: app.clientSecret });
    const headers = { authorization: `Bearer ${threads.token()}` };
    const { status, json } = await ask(`${threads.origin}/access_token?${query}`, { headers });
    expect([status, json.expires_in]).to.deep.equal([200, 5_184_000]);
  });

  it('is refused for another grant type, and for a parameter with two values', async () => {
    const { status, error } = await exchange(threads.token(), { grant_type: 'th_refresh_token' });
    expect([status, error.code]).to.deep.equal([400, 100]);
    const repeated = await threads.get(
      '/access_token',
      'grant_type=th_exchange_token&access_token=a&access_token=b',
    );
    expect([repeated.status, repeated.error.code]).to.deep.equal([400, 100]);
  });

  it('lasts 60 days', async () => {
    const { status, json } = await exchange(threads.token());
    expect(status).to.equal(200);
    expect(json).to.have.all.keys('access_token', 'token_type', 'expires_in');
    expect(json).to.include({ token_type: 'bearer', expires_in: 5_184_000 });
    threads.clock.now += 60 * DAY - 1;
    const access_token = String(json.access_token);
    expect((await threads.get('/v1.0/me', { access_token })).status).to.equal(200);
    threads.clock.now += 1;
    expect((await threads.get('/v1.0/me', { access_token })).error.error_subcode).to.equal(463);
  });
});

describe('simulator: a refresh', () => {
  const threads = useSimulator();

  const refresh = (accessToken: string) =>
    threads.get('/refresh_access_token', { grant_type: 'th_refresh_token', access_token: accessToken });

  it('is refused before the token is 24 hours old', async () => {
    const token = threads.token({ longLived: true });
    threads.clock.now += DAY - 1;
    const { status, error } = await refresh(token);
    expect([status, error.code]).to.deep.equal([400, 100]);
    expect(error.message).to.contain('24 hours');
    threads.clock.now += 1;
    expect((await refresh(token)).status).to.equal(200);
  });

  it('is refused for an expired token', async () => {
    const token = threads.token({ longLived: true });
    threads.clock.now += 60 * DAY;
    expect((await refresh(token)).error).to.include({ code: 190, error_subcode: 463 });
  });

  it('is refused for a short-lived token', async () => {
    expect((await refresh(threads.token())).error).to.include({ code: 190, message: 'Session key invalid' });
  });

  it('is refused for a revoked token', async () => {
    const token = threads.token({ longLived: true });
    threads.simulator.revoke({ clientID: app.clientID, userId: ada.id });
    threads.clock.now += DAY;
    expect((await refresh(token)).error).to.include({ code: 190, error_subcode: 458 });
  });

  it('is refused without threads_basic', async () => {
    const token = threads.token({ longLived: true, scope: 'threads_delete' });
    threads.clock.now += DAY;
    const { status, error } = await refresh(token);
    expect([status, error.code]).to.deep.equal([400, 10]);
  });

  it('is refused for another grant type, and without a token', async () => {
    const query = { grant_type: 'refresh_token', access_token: threads.token({ longLived: true }) };
    expect((await threads.get('/refresh_access_token', query)).error.code).to.equal(100);
    expect((await refresh('')).error.code).to.equal(104);
  });

  it('is given at /v1.0 too', async () => {
    const query = { grant_type: 'th_refresh_token', access_token: threads.token({ longLived: true }) };
    threads.clock.now += DAY;
    expect((await threads.get('/v1.0/refresh_access_token', query)).status).to.equal(200);
  });

  it('does not prolong the permissions of a private profile', async () => {
    threads.simulator.addUser({ ...ada, isPrivate: true });
    const token = threads.token({ longLived: true });
    threads.clock.now += DAY;
    const access_token = String((await refresh(token)).json.access_token);
    const inspected = await threads.get('/v1.0/debug_token', { access_token, input_token: access_token });
    expect(inspected.json.data).to.include({
      data_access_expires_at: (START + 90 * DAY) / 1000,
      expires_at: (START + 61 * DAY) / 1000,
    });
  });

  it('gives a new token of 60 days and 90 more days of permissions; the old token runs on to its own end', async () => {
    const old = threads.token({ longLived: true });
    threads.clock.now += 59 * DAY;
    const { json } = await refresh(old);
    expect(json).to.include({ token_type: 'bearer', expires_in: 5_184_000 });
    expect(json.access_token).to.be.a('string').and.not.equal(old);
    expect((await threads.get('/v1.0/me', { access_token: old })).status).to.equal(200);

    threads.clock.now += DAY;
    expect((await threads.get('/v1.0/me', { access_token: old })).error.error_subcode).to.equal(463);
    const access_token = String(json.access_token);
    const inspected = await threads.get('/v1.0/debug_token', { access_token, input_token: access_token });
    expect(inspected.json.data).to.include({
      data_access_expires_at: (START + 149 * DAY) / 1000,
      expires_at: (START + 119 * DAY) / 1000,
    });
  });
});
