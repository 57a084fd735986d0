import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Environment } from '../../lib/doctor/environment.js';
import { createThreadsSimulator } from '../../lib/simulator/index.js';
import { consult, READY, useFolder } from './support.js';

const ID = READY.THREADS_APP_ID;
const CALLBACK = READY.THREADS_CALLBACK_URL;
const ADA = '17841405793187219';
const MATEO = '17841461237740961';

describe('the doctor, asking Threads', () => {
  const folder = useFolder();
  const simulator = createThreadsSimulator({
    apps: [
      {
        clientID: ID,
        clientSecret: READY.THREADS_APP_SECRET,
        redirectURIs: [CALLBACK, 'http://localhost:3000/cb'],
        facebookAppID: '777',
      },
      { clientID: '999', clientSecret: 'hush-other-secret', redirectURIs: [CALLBACK] },
      {
        clientID: '555',
        clientSecret: 'hush-strict-secret',
        redirectURIs: ['http://a.test/cb'],
        enforceHTTPS: true,
      },
    ],
  });
  let origin: string;
  before(async () => {
    origin = await simulator.listen();
  });
  after(() => simulator.close());

  const ask = async (env: Environment = {}, now?: () => number) => {
    const all = { ...READY, THREADS_SIMULATOR_URL: origin, ...env };
    const report = await consult(all, [], { folder: folder(), ...(now && { now }) });
    expect(report.text).not.to.include('hush');
    return report;
  };

  it('finds nothing wrong where nothing is, and says what to do next', async () => {
    const { code, problems, fine, text } = await ask();
    expect(problems).to.deep.equal([]);
    expect(code).to.equal(0);
    const { host } = new URL(origin);
    expect(fine).to.include.members([
      `The authorization window answers at ${host}.`,
      `The token endpoint answers at ${host}.`,
      `The Graph API answers at ${host}.`,
      'The clock of this machine is right.',
      'Threads accepts THREADS_APP_ID with THREADS_APP_SECRET.',
    ]);
    expect(text).to.include(`${origin}/oauth/authorize?client_id=${ID}`);
  });

  it('asks the addresses that are given one by one', async () => {
    const { code, notes } = await ask({
      THREADS_SIMULATOR_URL: '',
      THREADS_AUTHORIZATION_URL: simulator.endpoints.authorizationURL,
      THREADS_TOKEN_URL: simulator.endpoints.tokenURL,
      THREADS_GRAPH_URL: `${simulator.endpoints.graphURL}/`,
    });
    expect(code).to.equal(0);
    expect(notes.join()).to.include('This is not Threads itself');
  });

  it('asks nothing with --offline', async () => {
    const before = simulator.requests.length;
    const env = { ...READY, THREADS_SIMULATOR_URL: origin, THREADS_APP_SECRET: 'wrong' };
    const { code } = await consult(env, ['--offline'], { folder: folder() });
    expect(code).to.equal(0);
    expect(simulator.requests.length).to.equal(before);
  });

  describe('of a trap before the first login', () => {
    it('names the Facebook App ID in place of the Threads App ID (4476002)', async () => {
      const { code, problems } = await ask({ THREADS_APP_ID: '777' });
      expect(code).to.equal(1);
      expect(problems[0]).to.include('error_code 4476002').and.include('Take the Threads App ID');
    });

    it('names an App ID that Threads does not know (1349026)', async () => {
      const { code, problems } = await ask({ THREADS_APP_ID: '123' });
      expect(code).to.equal(1);
      expect(problems[0]).to.include('error_code 1349026').and.include('Take the Threads App ID');
    });

    it('names a wrong App secret', async () => {
      const { code, problems } = await ask({ THREADS_APP_SECRET: 'hush-wrong' });
      expect(code).to.equal(1);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0])
        .to.include('refuses THREADS_APP_ID with THREADS_APP_SECRET')
        .and.include('App Dashboard');
    });

    it('names a redirect URI that is not registered to the letter, be it by a slash (1349168)', async () => {
      for (const callback of [`${CALLBACK}/`, CALLBACK.replace('callback', 'Callback')]) {
        const { code, problems } = await ask({ THREADS_CALLBACK_URL: callback });
        expect(code).to.equal(1);
        expect(problems).to.have.lengthOf(1);
        expect(problems[0]).to.include('error_code 1349168').and.include('trailing slash');
      }
    });

    it('names a redirect URI that is not https (1349187)', async () => {
      const { code, problems } = await ask({
        THREADS_APP_ID: '555',
        THREADS_APP_SECRET: 'hush-strict-secret',
        THREADS_CALLBACK_URL: 'http://a.test/cb',
      });
      expect(code).to.equal(1);
      expect(problems.join()).to.include('error_code 1349187').and.include('https');
    });

    it('warns on a simulator of the http and the localhost that Threads itself refuses', async () => {
      const { code, notes } = await ask({ THREADS_CALLBACK_URL: 'http://localhost:3000/cb' });
      expect(code).to.equal(0);
      expect(notes.join()).to.include('For Threads itself, THREADS_CALLBACK_URL must begin with https://');
      expect(notes.join()).to.include('For Threads itself, THREADS_CALLBACK_URL must not point to localhost');
    });
  });

  describe("of a tester's token", () => {
    const tester = (THREADS_TESTER_ACCESS_TOKEN: string, now?: () => number) =>
      ask({ THREADS_TESTER_ACCESS_TOKEN }, now);
    const token = (options: object = {}) =>
      simulator.issueToken({ clientID: ID, userId: ADA, longLived: true, ...options });

    it('says that it lives, and until when', async () => {
      const { code, fine } = await tester(token());
      expect(code).to.equal(0);
      expect(fine.at(-1)).to.match(
        /^THREADS_TESTER_ACCESS_TOKEN is a living token of a Threads tester, until \d{4}-/,
      );
    });

    it('warns of one that ends within a week', async () => {
      const { code, notes } = await tester(token({ longLived: false }));
      expect(code).to.equal(0);
      expect(notes.at(-1)).to.include('refresh it before');
    });

    it('names one of another app', async () => {
      const other = simulator.issueToken({ clientID: '999', userId: ADA });
      const { code, problems } = await tester(other);
      expect(code).to.equal(1);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.include('is a token of another app');
    });

    it('names one that has expired, was logged out, or whose person removed the app', async () => {
      const endings: [(value: string) => void, string][] = [
        [(value) => simulator.expireToken(value), 'expired'],
        [() => simulator.logOut(ADA), 'logged out'],
        [() => simulator.revoke({ clientID: ID, userId: ADA }), 'not authorized'],
      ];
      for (const [end, reason] of endings) {
        const value = token();
        end(value);
        const { code, problems } = await tester(value);
        expect(code).to.equal(1);
        expect(problems).to.have.lengthOf(1);
        expect(problems[0]).to.include(`is dead (${reason})`).and.include('sign in again');
      }
    });

    it('names a dead one where the App secret is wrong, too', async () => {
      const value = token();
      simulator.expireToken(value);
      const { problems } = await ask({
        THREADS_TESTER_ACCESS_TOKEN: value,
        THREADS_APP_SECRET: 'hush-wrong',
      });
      expect(problems).to.have.lengthOf(2);
      expect(problems[1]).to.include('is dead (expired)');
    });

    it('names one that is no token at all', async () => {
      const { code, problems } = await tester('hush');
      expect(code).to.equal(1);
      expect(problems[0]).to.include('is dead (invalid token)');
    });

    it('names one of a person who is no tester (1349245)', async () => {
      const { code, problems } = await tester(token({ userId: MATEO }));
      expect(code).to.equal(1);
      expect(problems[0]).to.include('no tester').and.include('accept the invite');
    });

    it('says of one that is no good that none is needed', async () => {
      for (const value of ['hush', token({ userId: MATEO }), `TH|${ID}|${READY.THREADS_APP_SECRET}`]) {
        expect((await tester(value)).problems[0])
          .to.include('not needed')
          .and.include('leave it out');
      }
    });

    it('names an app token in its place', async () => {
      const { code, problems } = await tester(`TH|${ID}|${READY.THREADS_APP_SECRET}`);
      expect(code).to.equal(1);
      expect(problems[0]).to.include('is not the token of a person');
    });
  });

  it('names a clock that is wrong, and by how much', async () => {
    const slow = await ask({}, () => Date.now() - 600_000);
    expect(slow.code).to.equal(1);
    expect(slow.problems.join()).to.match(
      /^The clock of this machine is (599|600|601) seconds slow\. Set it/,
    );
    const fast = await ask({}, () => Date.now() + 90_000);
    expect(fast.problems.join()).to.match(/^The clock of this machine is (89|90|91) seconds fast\./);
    expect((await ask({}, () => Date.now() + 30_000)).code).to.equal(0);
  });
});

describe('the doctor, where no Threads answers', () => {
  const folder = useFolder();
  let server: Server;
  let answer: RequestListener;
  let origin: string;
  before(async () => {
    server = createServer((req, res) => answer(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const ask = (url: string) => consult({ ...READY, THREADS_SIMULATOR_URL: url }, [], { folder: folder() });

  it('names each of the three addresses that nobody answers at, and leaves the window to a browser', async () => {
    const { code, problems, text } = await ask('http://127.0.0.1:1');
    expect(code).to.equal(1);
    expect(problems).to.have.lengthOf(3);
    expect(text).to.include('http://127.0.0.1:1/oauth/authorize?client_id=');
    for (const text of problems)
      expect(text).to.match(/cannot be reached at 127\.0\.0\.1:1: .*Check the network/);
  });

  it('names a connection that is cut', async () => {
    answer = (req) => req.socket.destroy();
    const { code, problems } = await ask(origin);
    expect(code).to.equal(1);
    expect(problems[0]).to.include('cannot be reached');
  });

  it('names a Threads that has a problem of its own', async () => {
    answer = (_req, res) => res.writeHead(503).end();
    const { code, problems } = await ask(origin);
    expect(code).to.equal(1);
    expect(problems[0]).to.include('a problem of its own (HTTP 503)');
  });

  it('names a page that answers in the place of Threads, without a crash', async () => {
    answer = (_req, res) => res.writeHead(200, { 'content-type': 'application/json' }).end('null');
    const { code, problems } = await ask(origin);
    expect(code).to.equal(1);
    expect(problems.join()).to.include('App ID and secret could not be checked');
  });
});
