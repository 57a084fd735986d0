import { expect } from 'chai';
import { AuthTokenRefresh } from 'passport-oauth2-refresh';
import { ThreadsClient, ThreadsNetworkError, ThreadsStrategy, ThreadsTokenError } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { asUser } from '../support/user.js';

const HOUR = 60 * 60 * 1000;
const { clientID, clientSecret } = simulatedApp;

interface Refreshed {
  error: unknown;
  accessToken: string;
  refreshToken: string;
  params: Record<string, unknown>;
}

describe('passport-oauth2-refresh', () => {
  let simulator: ThreadsSimulator;
  let now: number;
  let refresh: AuthTokenRefresh;
  let strategy: ThreadsStrategy;

  beforeEach(async () => {
    now = Date.UTC(2026, 0, 15);
    simulator = createThreadsSimulator({ now: () => now });
    await simulator.listen();
    strategy = new ThreadsStrategy(
      { clientID, clientSecret, callbackURL: simulatedApp.redirectURIs[0]!, ...simulator.endpoints },
      async (_accessToken, _refreshToken, profile) => asUser(profile),
    );
    refresh = new AuthTokenRefresh();
    refresh.use(strategy);
  });

  afterEach(() => simulator.close());

  const request = (token: string, name = 'threads') =>
    new Promise<Refreshed>((resolve) => {
      refresh.requestNewAccessToken(name, token, (error, accessToken, refreshToken, params) =>
        resolve({ error, accessToken, refreshToken, params }),
      );
    });

  it('hands over the refusal of a token that is younger than a day', async () => {
    const token = simulator.issueToken({ clientID, longLived: true });
    now += 23 * HOUR;
    const { error, accessToken } = await request(token);
    expect(error).to.be.instanceOf(ThreadsTokenError);
    expect((error as Error).message)
      .to.contain('at least 24 hours old')
      .and.not.to.contain(token);
    expect(accessToken).to.equal(undefined);
  });

  it('tells that the person has to sign in again once the app was removed', async () => {
    const token = simulator.issueToken({ clientID, longLived: true });
    now += 25 * HOUR;
    simulator.revoke({ clientID, userId: '17841405793187219' });
    const { error } = await request(token);
    expect(error).to.include({ name: 'ThreadsTokenError', reason: 'not_authorized', requiresLogin: true });
  });

  it('hands over an error when Threads cannot be reached', async () => {
    const token = simulator.issueToken({ clientID, longLived: true });
    await simulator.close();
    const { error } = await request(token);
    expect(error).to.be.instanceOf(ThreadsNetworkError);
    expect(error).to.include({ isTransient: true, status: 502 });
  });

  it('gives a new token, which is the one to replay the next time', async () => {
    const token = simulator.issueToken({ clientID, longLived: true });
    now += 25 * HOUR;
    const { error, accessToken, refreshToken, params } = await request(token);
    expect(error).to.equal(null);
    expect(accessToken).to.be.a('string').and.not.equal(token);
    expect(refreshToken).to.equal(accessToken);
    expect(params).to.include({ access_token: accessToken, token_type: 'bearer' });
    expect(params.expires_in).to.be.within(59 * 24 * 3600, 60 * 24 * 3600);
    expect(simulator.requests.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'GET /refresh_access_token',
    ]);

    const client = new ThreadsClient({ clientID, clientSecret, ...simulator.endpoints });
    now += 59 * 24 * HOUR;
    expect((await client.verifyToken(accessToken)).isValid).to.equal(true);
    expect((await request(refreshToken)).error).to.equal(null);
  });

  it('works under a name of the app', async () => {
    refresh.use('threads-for-posting', strategy);
    const token = simulator.issueToken({ clientID, longLived: true });
    now += 25 * HOUR;
    expect((await request(token, 'threads-for-posting')).error).to.equal(null);
  });
});
