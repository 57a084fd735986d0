import { expect } from 'chai';
import { debugAnswer } from '../support/fixtures.js';
import { loggedIn, login } from '../support/login.js';
import { expectOutcome } from '../support/run-strategy.js';

// What ThreadsTokenStrategy makes of such a grant is in token-strategy.test.ts.

describe('login: a grant that has ended, which the token outlived', () => {
  const ENDED = debugAnswer({ data_access_expires_at: 1754846089 });
  const debug = { body: ENDED };

  it('leaves profile.scopes empty, and what debug_token said in profile.token', async () => {
    const { profile } = await loggedIn({ replies: { debug } });
    expect(profile.scopes).to.deep.equal([]);
    expect(profile.token?.scopes).to.deep.equal(ENDED.data.scopes);
  });

  it('leaves profile.scopes empty with profileFields: false, too', async () => {
    const { profile } = await loggedIn({ replies: { debug }, options: { profileFields: false } });
    expect(profile.scopes).to.deep.equal([]);
  });

  it('does not meet requiredScopes, though the token has them all', async () => {
    const { outcome } = await login({ replies: { debug }, options: { requiredScopes: ENDED.data.scopes } });
    const { challenge, status } = expectOutcome(outcome, 'fail');
    expect(status).to.equal(403);
    expect(challenge).to.deep.include({ type: 'missing_scopes', missing: ENDED.data.scopes });
  });

  it('has ended at the very millisecond, and not one before it', async () => {
    const at = (now: number) => loggedIn({ replies: { debug }, options: { now: () => now } });
    expect((await at(1754846088_999)).profile.scopes).to.deep.equal(ENDED.data.scopes);
    expect((await at(1754846089_000)).profile.scopes).to.deep.equal([]);
  });

  it('never ends where Threads says no time, or 0', async () => {
    for (const time of [0, undefined]) {
      const body = debugAnswer({ data_access_expires_at: time });
      const { profile } = await loggedIn({ replies: { debug: { body } } });
      expect(profile.scopes, String(time)).to.deep.equal(body.data.scopes);
    }
  });
});
