import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ada, app, DAY, useSimulator } from '../support.js';

const run = promisify(execFile);
const REDIRECT = 'https://app.example/callback';

/** The requests as Meta's pages print them, with only the host changed. */
describe("simulator: Meta's documented curl lines", () => {
  before(function () {
    const missing = spawnSync('curl', ['--version']).error !== undefined;
    if (missing && process.env.CI === undefined) this.skip();
  });

  const threads = useSimulator();

  /** Runs curl with what the page says, and reads the body, after the head that `-i` prints. */
  async function curl(...args: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await run('curl', ['-sS', ...args]);
    return JSON.parse(stdout.slice(stdout.indexOf('{')));
  }
  const curlGet = (path: string) => curl('-i', '-X', 'GET', `${threads.origin}${path}`);

  it('Get Access Tokens and Permissions, step 2: curl -X POST -F', async () => {
    const code = threads.simulator.authorize({ clientID: app.clientID, redirectURI: REDIRECT });
    const form = [
      `client_id=${app.clientID}`,
      `client_secret=${app.clientSecret}`,
      'grant_type=authorization_code',
      `redirect_uri=${REDIRECT}`,
      `code=${code}`,
    ].flatMap((field) => ['-F', field]);
    const exchange = ['-X', 'POST', `${threads.origin}/oauth/access_token`, ...form];
    const { stdout } = await run('curl', ['-sS', ...exchange]);
    expect(stdout).to.match(
      new RegExp(`^{"access_token":"TH[^"]+","token_type":"bearer","user_id":${ada.id}}$`),
    );
    const again = await curl(...exchange);
    expect(again.error).to.include({ code: 100, error_subcode: 4279030 });
  });

  it('Long-Lived Tokens: the exchange and the refresh', async () => {
    const exchanged = await curlGet(
      `/access_token?grant_type=th_exchange_token&client_secret=${app.clientSecret}&access_token=${threads.token()}`,
    );
    expect(exchanged).to.have.all.keys('access_token', 'token_type', 'expires_in');
    threads.clock.now += DAY;
    const refreshed = await curlGet(
      `/refresh_access_token?grant_type=th_refresh_token&access_token=${exchanged.access_token}`,
    );
    expect(refreshed).to.include({ token_type: 'bearer', expires_in: 5_184_000 });
  });

  it('App Access Tokens, and both forms of it as the inspector', async () => {
    const { access_token, token_type } = await curlGet(
      `/oauth/access_token?client_id=${app.clientID}&client_secret=${app.clientSecret}&grant_type=client_credentials`,
    );
    expect(token_type).to.equal('bearer');
    for (const inspector of [access_token, `TH|${app.clientID}|${app.clientSecret}`]) {
      const query = `access_token=${inspector}&input_token=${threads.token()}`;
      const { data } = await curlGet(`/v1.0/debug_token?${query}`);
      expect(data).to.include({ is_valid: true, user_id: ada.id });
    }
  });

  it("Debug Access Token, with a tester's token", async () => {
    const scope = 'threads_basic,threads_content_publish';
    const { data } = await curlGet(
      `/v1.0/debug_token?access_token=${threads.token()}&input_token=${threads.token({ scope })}`,
    );
    expect(data).to.have.all.keys(
      'type',
      'application',
      'data_access_expires_at',
      'expires_at',
      'is_valid',
      'issued_at',
      'scopes',
      'user_id',
    );
  });

  it('Profiles: the fields in the query', async () => {
    const fields = 'id,username,name,threads_profile_picture_url,threads_biography,is_verified';
    const profile = await curlGet(`/v1.0/me?fields=${fields}&access_token=${threads.token()}`);
    expect(Object.keys(profile).join()).to.equal(fields);
  });

  it('Geo-Gating: is the person eligible', async () => {
    const answer = await curlGet(
      `/v1.0/me?fields=id,is_eligible_for_geo_gating&access_token=${threads.token()}`,
    );
    expect(answer).to.deep.equal({ id: ada.id, is_eligible_for_geo_gating: false });
  });

  it('Keyword Search, recently searched keywords: curl -X GET -F', async () => {
    const recentlySearchedKeywords = [{ query: 'some keyword', timestamp: 1735707600000 }];
    threads.simulator.addUser({ ...ada, recentlySearchedKeywords });
    const fields = ['-F', 'fields=recently_searched_keywords', '-F', `access_token=${threads.token()}`];
    const answer = await curl('-s', '-X', 'GET', ...fields, `${threads.origin}/v1.0/me`);
    expect(answer).to.deep.equal({ id: ada.id, recently_searched_keywords: recentlySearchedKeywords });
  });

  it('the Postman collection: the exchange with everything in the query and an empty form', async () => {
    const code = threads.simulator.authorize({ clientID: app.clientID, redirectURI: REDIRECT });
    const query = new URLSearchParams({
      client_id: app.clientID,
      client_secret: app.clientSecret,
      code,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT,
    });
    const answer = await curl('-X', 'POST', '-d', '', `${threads.origin}/oauth/access_token?${query}`);
    expect(answer).to.have.all.keys('access_token', 'token_type', 'user_id');
  });
});
