import { expect } from 'chai';
import { type Cluster, startCluster } from './cluster.js';

describe('a login behind nginx with the settings that it comes with', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster('nothing');
  });
  after(() => cluster?.close());

  for (const count of [45, 80]) {
    it(`starts where a subdomain planted ${count} cookies, to make every answer too large for the proxy (502)`, async () => {
      const planted = Array.from({ length: count }, (_, at) => {
        const payload = Buffer.from('{"e":9e15}').toString('base64url');
        return `threads-login-${String(at).padStart(16, '0')}=${payload}.${'A'.repeat(43)}`;
      });
      const { status, headers } = await fetch(`${cluster.origin}/auth/threads`, {
        redirect: 'manual',
        headers: { cookie: planted.join('; ') },
      });
      expect(status).to.equal(302);
      expect(headers.getSetCookie().filter((cookie) => cookie.startsWith('threads-login-'))).to.have.lengthOf(
        1,
      );
    });
  }
});
