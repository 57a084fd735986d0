import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { ada, app, ask, DAY, HOUR, mateo, otherApp, START, useSimulator } from './support.js';

const ALL_FIELDS =
  'id,username,name,threads_profile_picture_url,threads_biography,is_verified,recently_searched_keywords,is_eligible_for_geo_gating';

describe('simulator: /me', () => {
  const threads = useSimulator();
  const me = (accessToken: string, query: Record<string, string> = {}) =>
    threads.get('/v1.0/me', { access_token: accessToken, ...query });

  it('refuses a request without a token', async () => {
    const { status, error } = await threads.get('/v1.0/me');
    expect([status, error.code]).to.deep.equal([400, 104]);
  });

  it('refuses tokens that died, each with its subcode', async () => {
    const expired = threads.token();
    threads.simulator.expireToken(expired);
    const loggedOut = threads.token({ userId: mateo.id });
    threads.simulator.logOut(mateo.id);
    const revoked = threads.token();
    threads.simulator.revoke({ clientID: app.clientID, userId: ada.id });
    for (const [token, subcode] of [
      [loggedOut, 460],
      [revoked, 458],
      ['THnothing', 467],
    ] as const) {
      const { status, error } = await me(token);
      expect(status).to.equal(400);
      expect(error).to.include({ type: 'OAuthException', code: 190, error_subcode: subcode });
    }
  });

  it('refuses an expired token in the documented shape', async () => {
    const token = threads.token();
    threads.clock.now += HOUR;
    const { json, text } = await me(token);
    expect(json.error).to.have.all.keys('message', 'type', 'code', 'error_subcode', 'fbtrace_id');
    expect(json.error).to.include({ type: 'OAuthException', code: 190, error_subcode: 463 });
    expect((json.error as { message: string }).message).to.match(
      /^Error validating access token: Session has expired on .+2026.+\. The current time is .+2026/,
    );
    expect(text).not.to.contain(token);
  });

  it('refuses an app token', async () => {
    expect((await me(`TH|${app.clientID}|${app.clientSecret}`)).error.code).to.equal(2500);
  });

  it('refuses a token without threads_basic', async () => {
    const { status, error } = await me(threads.token({ scope: 'threads_delete' }));
    expect([status, error.code]).to.deep.equal([400, 10]);
  });

  it('refuses a field it does not know', async () => {
    for (const fields of ['id,email', 'toString', '__proto__', 'id,']) {
      const { status, error } = await me(threads.token(), { fields });
      expect([status, error.code]).to.deep.equal([400, 100]);
    }
  });

  it('refuses a wrong appsecret_proof', async () => {
    const { status, error, text } = await me(threads.token(), { appsecret_proof: 'f'.repeat(64) });
    expect([status, error.code]).to.deep.equal([400, 100]);
    expect(error.message).to.equal('Invalid appsecret_proof provided in the API argument');
    expect(text).not.to.contain('secret-of');
  });

  it('refuses repeated parameters', async () => {
    const { status, error } = await threads.get(
      '/v1.0/me',
      `access_token=${threads.token()}&fields=id&fields=name`,
    );
    expect([status, error.code]).to.deep.equal([400, 100]);
  });

  it('accepts the right appsecret_proof', async () => {
    const token = threads.token();
    const appsecret_proof = createHmac('sha256', app.clientSecret).update(token).digest('hex');
    expect((await me(token, { appsecret_proof })).status).to.equal(200);
  });

  it('answers with a flat object whose id is a string', async () => {
    const { status, json } = await me(threads.token(), { fields: ALL_FIELDS });
    expect(status).to.equal(200);
    expect(json).to.deep.equal({
      id: '17841405793187219',
      username: 'ada.okafor',
      name: 'Ada Okafor',
      threads_profile_picture_url: `${threads.origin}/pictures/ada.okafor.svg`,
      threads_biography: 'Bridges 📷',
      is_verified: true,
      recently_searched_keywords: [],
      is_eligible_for_geo_gating: false,
    });
  });

  it('answers with the fields that were asked for, and always the id', async () => {
    expect((await me(threads.token())).json).to.deep.equal({ id: ada.id });
    const { json } = await me(threads.token(), { fields: 'username' });
    expect(json).to.deep.equal({ id: ada.id, username: ada.username });
  });

  it('leaves out what the person did not fill in', async () => {
    const { json } = await me(threads.token({ userId: mateo.id }), { fields: ALL_FIELDS });
    expect(json).not.to.have.any.keys('name', 'threads_biography');
    expect(json).to.include({ id: '9223372036854775807', is_verified: false });
    threads.simulator.addUser({ ...ada, pictureURL: false });
    expect((await me(threads.token(), { fields: ALL_FIELDS })).json).not.to.have.any.keys(
      'threads_profile_picture_url',
    );
  });

  it('tells recent searches and whether posts can be kept to some countries', async () => {
    const recentlySearchedKeywords = [{ query: 'some keyword', timestamp: 1735707600000 }];
    threads.simulator.addUser({ ...ada, recentlySearchedKeywords, isEligibleForGeoGating: true });
    const fields = 'recently_searched_keywords,is_eligible_for_geo_gating';
    expect((await me(threads.token(), { fields })).json).to.deep.equal({
      id: ada.id,
      recently_searched_keywords: recentlySearchedKeywords,
      is_eligible_for_geo_gating: true,
    });
  });

  it('refuses a person whom the app may not serve without App Review: 100, subcode 10', async () => {
    const token = threads.token({ userId: mateo.id });
    for (const change of [{ live: false }, { reviewed: false }]) {
      threads.simulator.addApp({ ...app, ...change });
      const { status, error } = await me(token);
      expect(status).to.equal(400);
      expect(error).to.include({ type: 'OAuthException', code: 100, error_subcode: 10 });
      expect(error.message).to.contain('You must submit for app review');
      expect((await me(threads.token())).status).to.equal(200);
    }
  });

  it('refuses once the permissions are 90 days old, though the token lives', async () => {
    const first = threads.token({ longLived: true });
    threads.simulator.addUser({ ...ada, isPrivate: true });
    threads.clock.now += 59 * DAY;
    const query = { grant_type: 'th_refresh_token', access_token: first };
    const { json } = await threads.get('/refresh_access_token', query);
    threads.clock.now += 31 * DAY - 1;
    expect((await me(String(json.access_token))).status).to.equal(200);
    threads.clock.now += 1;
    const { status, error } = await me(String(json.access_token));
    expect([status, error.code]).to.deep.equal([400, 10]);
    const inspected = await threads.get('/debug_token', {
      access_token: `TH|${app.clientID}|${app.clientSecret}`,
      input_token: String(json.access_token),
    });
    expect(inspected.json.data).to.include({
      is_valid: true,
      data_access_expires_at: (START + 90 * DAY) / 1000,
    });
  });

  it('answers at /{user-id} for the own token of that person alone', async () => {
    const token = threads.token();
    for (const version of ['', '/v1.0']) {
      const own = await threads.get(`${version}/${ada.id}`, { access_token: token, fields: 'username' });
      expect(own.json).to.deep.equal({ id: ada.id, username: ada.username });
      // The second is the first after JSON.parse rounded it.
      for (const id of [mateo.id, '17841405793187220']) {
        const { status, error } = await threads.get(`${version}/${id}`, { access_token: token });
        expect(status).to.equal(400);
        expect(error).to.include({ code: 100, error_subcode: 33 });
      }
      const query = { access_token: `TH|${app.clientID}|${app.clientSecret}` };
      expect((await threads.get(`${version}/${ada.id}`, query)).error.code).to.equal(100);
      expect((await threads.get(`${version}/${ada.id}`)).error.code).to.equal(104);
    }
  });

  it('answers without the version as well', async () => {
    const { json } = await threads.get('/me', { access_token: threads.token() });
    expect(json).to.deep.equal({ id: ada.id });
  });

  it('takes the token from the Authorization header as well', async () => {
    const headers = { authorization: `Bearer ${threads.token()}` };
    expect((await ask(`${threads.origin}/v1.0/me`, { headers })).json).to.deep.equal({ id: ada.id });
  });

  it('points at a picture that exists, or at the one the user was given', async () => {
    const { json } = await me(threads.token(), { fields: 'threads_profile_picture_url' });
    const picture = await ask(String(json.threads_profile_picture_url));
    expect(picture.status).to.equal(200);
    expect(picture.headers.get('content-type')).to.contain('image/svg+xml');
    expect(picture.text).to.contain('>AO</text>');

    threads.simulator.addUser({ ...ada, pictureURL: 'https://cdn.example/ada.jpg' });
    const given = await me(threads.token(), { fields: 'threads_profile_picture_url' });
    expect(given.json.threads_profile_picture_url).to.equal('https://cdn.example/ada.jpg');
  });

  it('points at a picture with https behind a proxy of this machine that speaks TLS', async () => {
    const init = { headers: { 'x-forwarded-proto': 'https' } };
    const query = new URLSearchParams({
      access_token: threads.token(),
      fields: 'threads_profile_picture_url',
    });
    const { json } = await ask(`${threads.origin}/v1.0/me?${query}`, init);
    expect(json.threads_profile_picture_url).to.match(/^https:\/\/127\.0\.0\.1:\d+\/pictures\//);
  });

  it('has no picture of nobody', async () => {
    expect((await threads.get('/pictures/nobody.svg')).status).to.equal(404);
    expect((await threads.get('/pictures/%ff.svg')).status).to.equal(400);
  });
});

for (const dialect of ['v1.0', 'v23.0'] as const) {
  describe(`simulator: debug_token at /${dialect} refuses`, () => {
    const threads = useSimulator();
    const inspect = (inspector: string, input: string) =>
      threads.get(`/${dialect}/debug_token`, { access_token: inspector, input_token: input });
    const isThreads = dialect === 'v1.0';

    async function expectError(answer: ReturnType<typeof inspect>, code: number, subcode?: number) {
      const { status, json, error } = await answer;
      expect(status).to.equal(400);
      expect(json).to.have.all.keys('error');
      expect(error).to.include({ type: 'OAuthException', code });
      expect(error.error_subcode).to.equal(subcode);
      expect((json.error as { fbtrace_id: string }).fbtrace_id).to.match(/^[\w-]{6,}$/);
    }

    it('an inspector who is no tester of the app, of a live app too', async () => {
      const token = threads.token({ userId: mateo.id });
      const { status, error } = await inspect(token, token);
      expect(status).to.equal(isThreads ? 500 : 400);
      expect(error).to.include({ type: isThreads ? 'THApiException' : 'OAuthException', code: 10 });
    });

    it('an app token of another app', () =>
      expectError(inspect(`TH|${otherApp.clientID}|${otherApp.clientSecret}`, threads.token()), 100));

    it('an inspector of another app', () =>
      expectError(inspect(threads.token({ clientID: otherApp.clientID }), threads.token()), 100));

    it('an unknown inspector', () => expectError(inspect('THnothing', threads.token()), 190, 467));

    it('an app token with a wrong secret', () =>
      expectError(inspect(`TH|${app.clientID}|guess`, threads.token()), 190, 467));

    it('an inspector that died, with its subcode', async () => {
      const expired = threads.token();
      threads.simulator.expireToken(expired);
      await expectError(inspect(expired, threads.token()), 190, 463);
      const loggedOut = threads.token();
      threads.simulator.logOut(ada.id);
      await expectError(inspect(loggedOut, threads.token()), 190, 460);
      const revoked = threads.token();
      threads.simulator.revoke({ clientID: app.clientID, userId: ada.id });
      await expectError(inspect(revoked, threads.token()), 190, 458);
    });

    it('a request without an inspector, or without an input token', async () => {
      await expectError(inspect('', threads.token()), 104);
      await expectError(inspect(threads.token(), ''), 100);
    });

    it('a repeated or oversized input token', async () => {
      const query = `access_token=${threads.token()}&input_token=a&input_token=b`;
      await expectError(threads.get(`/${dialect}/debug_token`, query), 100);
      await expectError(inspect(threads.token(), 'x'.repeat(5000)), 100);
    });
  });
}

describe('simulator: debug_token of Threads', () => {
  const threads = useSimulator();
  const inspect = async (input: string, inspector = threads.token()) =>
    threads.get('/v1.0/debug_token', { access_token: inspector, input_token: input });

  it('takes app tokens as the inspector, issued or put together, for everybody', async () => {
    const issued = await threads.get('/oauth/access_token', {
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'client_credentials',
    });
    for (const inspector of [`TH|${app.clientID}|${app.clientSecret}`, String(issued.json.access_token)]) {
      const { status, json } = await inspect(threads.token({ userId: mateo.id }), inspector);
      expect(status).to.equal(200);
      expect(json.data).to.include({ is_valid: true, user_id: mateo.id });
    }
  });

  it('answers without the version as well', async () => {
    const token = threads.token();
    const query = { access_token: token, input_token: token };
    expect((await threads.get('/debug_token', query)).json.data).to.include({ is_valid: true });
  });

  it('answers for a token nobody issued that it is not valid', async () => {
    const { status, json } = await inspect('THnothing');
    expect(status).to.equal(200);
    expect(json).to.deep.equal({ data: { is_valid: false, scopes: [] } });
  });

  it('answers for a dead token that it is not valid, in its documented fields alone', async () => {
    const token = threads.token({ userId: mateo.id });
    threads.simulator.revoke({ clientID: app.clientID, userId: mateo.id });
    const { status, json } = await inspect(token);
    expect(status).to.equal(200);
    expect(json.data).to.include({ is_valid: false, user_id: mateo.id });
    expect(json.data).not.to.have.any.keys('error', 'app_id', 'granular_scopes');
  });

  it('describes a token of another user as documented', async () => {
    const token = threads.token({ userId: mateo.id, scope: 'threads_basic threads_content_publish' });
    const { json } = await inspect(token);
    expect(json).to.deep.equal({
      data: {
        type: 'USER',
        application: 'Postcard Club',
        data_access_expires_at: (START + 90 * DAY) / 1000,
        expires_at: (START + HOUR) / 1000,
        is_valid: true,
        issued_at: START / 1000,
        scopes: ['threads_basic', 'threads_content_publish'],
        user_id: '9223372036854775807',
      },
    });
  });

  it('lets a token inspect itself', async () => {
    const token = threads.token({ longLived: true });
    const { json } = await inspect(token, token);
    expect(json.data).to.include({ is_valid: true, expires_at: (START + 60 * DAY) / 1000 });
  });
});

describe('simulator: debug_token of the Facebook Graph', () => {
  const threads = useSimulator();
  const inspect = async (input: string, inspector = `TH|${app.clientID}|${app.clientSecret}`) =>
    threads.get('/v23.0/debug_token', { access_token: inspector, input_token: input });

  it('answers for a token nobody issued that it is not valid, with an error', async () => {
    const { status, json } = await inspect('THnothing');
    expect(status).to.equal(200);
    expect(json).to.deep.equal({
      data: {
        error: { code: 190, message: 'The access token could not be decrypted' },
        is_valid: false,
        scopes: [],
      },
    });
  });

  for (const [subcode, kill] of [
    [458, (token: string) => token && threads.simulator.revoke({ clientID: app.clientID, userId: ada.id })],
    [460, (token: string) => token && threads.simulator.logOut(ada.id)],
    [463, (token: string) => threads.simulator.expireToken(token)],
  ] as const) {
    it(`says why a token died: ${subcode}`, async () => {
      const token = threads.token();
      kill(token);
      const { status, json } = await inspect(token);
      expect(status).to.equal(200);
      const data = json.data as {
        is_valid: boolean;
        error: { code: number; subcode: number; message: string };
      };
      expect(data.is_valid).to.equal(false);
      expect(data.error).to.have.all.keys('code', 'subcode', 'message');
      expect(data.error).to.include({ code: 190, subcode });
    });
  }

  it('adds to the Threads dialect; issued_at is there for long-lived tokens only', async () => {
    const data = {
      app_id: app.clientID,
      type: 'USER',
      application: 'Postcard Club',
      data_access_expires_at: (START + 90 * DAY) / 1000,
      is_valid: true,
      scopes: ['threads_basic'],
      granular_scopes: [{ scope: 'threads_basic' }],
      user_id: ada.id,
    };
    const short = await inspect(threads.token());
    expect(short.json.data).to.deep.equal({ ...data, expires_at: (START + HOUR) / 1000 });
    const long = await inspect(threads.token({ longLived: true }));
    expect(long.json.data).to.deep.equal({
      ...data,
      expires_at: (START + 60 * DAY) / 1000,
      issued_at: START / 1000,
    });
  });

  it('answers at every version since 2.0', async () => {
    const query = { access_token: `TH|${app.clientID}|${app.clientSecret}`, input_token: threads.token() };
    for (const version of ['v2.0', 'v19.0', 'v23.0']) {
      const { json } = await threads.get(`/${version}/debug_token`, query);
      expect(json.data).to.include({ app_id: app.clientID });
    }
    expect((await threads.get('/v0.0/debug_token', query)).status).to.be.above(399);
  });

  it("takes a tester's token as the inspector, and describes app tokens", async () => {
    const { json } = await inspect(`TH|${app.clientID}|${app.clientSecret}`, threads.token());
    expect(json.data).to.include({ type: 'APP', app_id: app.clientID, is_valid: true });
  });
});
