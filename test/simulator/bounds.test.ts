import { spawnSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { app, ask, useSimulator } from './support.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('simulator: what other websites cannot do to its memory', () => {
  const threads = useSimulator();

  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' };
  const post = (body: string) =>
    fetch(`${threads.origin}/oauth/access_token`, { method: 'POST', body, headers }).then((res) =>
      res.text(),
    );
  const fields = (count: number, length: number) =>
    Array.from({ length: count }, (_, index) => `p${index}=${'x'.repeat(length)}`).join('&');

  /** As a page of any website can post them without being asked: 64 KB, and as much as the simulator reads. */
  const forms: Record<string, string> = {
    '64 KB in 50 values': fields(50, 1250),
    '16 KB in one value': `scope=${'x'.repeat(16_000)}`,
    'one name 5,000 times': 'a=&'.repeat(5000),
  };
  for (const [what, body] of Object.entries(forms)) {
    it(`500 forms of ${what} are kept in at most 8 MB`, async () => {
      await post(body);
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      for (let round = 0; round < 50; round++)
        await Promise.all(Array.from({ length: 10 }, () => post(body)));
      collectGarbage();
      expect(process.memoryUsage().heapUsed - before).to.be.below(8e6);
      expect(threads.simulator.requests).to.have.length(501);
    });
  }

  it('of a form with long, many or repeated names and values the list of requests keeps less than 10 KB', async () => {
    for (const body of [
      ...Object.values(forms),
      `${'x'.repeat(16_000)}=1`,
      fields(12, 1300),
      fields(2000, 0),
    ]) {
      await post(body);
      expect(JSON.stringify(threads.simulator.requests.at(-1)).length).to.be.below(10_000);
    }
  });

  it('paths as long as a header may be are cut in the list of requests', async () => {
    await ask(`${threads.origin}/${'x'.repeat(12_000)}`);
    expect(threads.simulator.requests[0]?.path).to.have.length(1001);
  });

  it('parameters are listed up to a bound, the first ones whole', async () => {
    await threads.post('/oauth/access_token', `grant_type=x&client_id=1&${fields(12, 1300)}`);
    const { parameters } = threads.simulator.requests[0]!;
    expect(parameters).to.include({ grant_type: 'x', client_id: '1' });
    expect(parameters.p0).to.have.length(1001);
    expect(JSON.stringify(parameters).length).to.be.below(5000);
  });

  it('windows that are opened for apps and redirect URIs that are not there leave nothing behind', async () => {
    for (let count = 0; count < 20; count++) {
      const query = { client_id: String(count), redirect_uri: `https://evil.example/${count}` };
      await threads.get('/oauth/authorize', { ...query, scope: 'threads_basic' });
      await threads.get('/oauth/authorize', { ...query, client_id: app.clientID, scope: 'threads_basic' });
    }
    expect((await threads.get('/')).text).not.to.contain('evil.example');
  });
});

describe('simulator: under NODE_ENV=production', () => {
  const warningsOf = (env: Record<string, string>) => {
    const script =
      "const { createThreadsSimulator } = require('./dist/simulator/index.js'); createThreadsSimulator(); createThreadsSimulator();";
    const { stderr, status } = spawnSync(process.execPath, ['-e', script], {
      env: { ...process.env, NODE_ENV: '', ...env },
      encoding: 'utf8',
    });
    expect(status).to.equal(0);
    return stderr.match(/ThreadsSimulatorWarning: .*/g) ?? [];
  };

  it('warns once, and says that it signs anyone in', () => {
    const warnings = warningsOf({ NODE_ENV: 'production' });
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.contain('signs anyone in');
  });

  it('says nothing elsewhere', () => {
    expect(warningsOf({ NODE_ENV: 'development' })).to.deep.equal([]);
    expect(warningsOf({})).to.deep.equal([]);
  });
});
