import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
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
    const { code, errors, ok, text } = await ask();
    expect(errors).to.deep.equal([]);
    expect(code).to.equal(0);
    const { host } = new URL(origin);
    expect(ok).to.include.members([
      `The authorization window answers at ${host}.`,
      `The token endpoint answers at ${host}.`,
      `The Graph API answers at ${host}.`,
      'The authorization window opens for this app and redirect URI.',
      'The clock of this machine is right.',
      'Threads accepts THREADS_APP_ID with THREADS_APP_SECRET.',
    ]);
    expect(text).to.include(`${origin}/oauth/authorize?response_type=code&client_id=${ID}`);
  });

  it('asks the addresses that are given one by one', async () => {
    const { code, warnings } = await ask({
      THREADS_SIMULATOR_URL: '',
      THREADS_AUTHORIZATION_URL: simulator.endpoints.authorizationURL,
      THREADS_TOKEN_URL: simulator.endpoints.tokenURL,
      THREADS_GRAPH_URL: `${simulator.endpoints.graphURL}/`,
    });
    expect(code).to.equal(0);
    expect(warnings.join()).to.include('This is not Threads itself');
  });

  it('asks nothing with --offline', async () => {
    const before = simulator.requests.length;
    const env = { ...READY, THREADS_SIMULATOR_URL: origin, THREADS_APP_SECRET: 'wrong' };
    const { code } = await consult(env, ['--offline'], { folder: folder() });
    expect(code).to.equal(0);
    expect(simulator.requests.length).to.equal(before);
  });

  it('says that the window could not be checked where it asks to log in first, whatever is wrong', async () => {
    const loggedOut = createThreadsSimulator({ apps: [], loggedIn: false });
    const THREADS_SIMULATOR_URL = await loggedOut.listen();
    const { unchecked, errors, text } = await ask({ THREADS_SIMULATOR_URL });
    await loggedOut.close();
    expect(unchecked).to.have.lengthOf(1);
    expect(unchecked[0]).to.include('could not be checked').and.include('asks to log in first');
    expect(text).not.to.include('The authorization window opens');
    expect(errors, 'the App ID, which the token endpoint refuses').to.have.lengthOf(1);
    expect(text).to.match(/^ {2}\? Whether the authorization window/m);
  });

  it('finds nothing to be mended where all that is amiss could not be checked', async () => {
    simulator.fail('app_token', { code: 10 });
    simulator.fail('GET /oauth/authorize', { status: 302, headers: { Location: '/login?next=x' } });
    const { code, unchecked } = await ask();
    simulator.reset();
    expect(code).to.equal(0);
    expect(unchecked).to.have.lengthOf(2);
    expect(unchecked[1]).to.include('App ID and secret could not be checked');
  });

  it('asks the window about a callback on localhost and on plain http, too', async () => {
    for (const callback of ['https://localhost/none', 'http://a.test/none']) {
      const { errors } = await ask({ THREADS_CALLBACK_URL: callback });
      expect(errors.at(-1)).to.include('error_code 1349168');
    }
  });

  describe('of a trap before the first login', () => {
    it('names the Facebook App ID in place of the Threads App ID (4476002)', async () => {
      const { code, errors } = await ask({ THREADS_APP_ID: '777' });
      expect(code).to.equal(1);
      expect(errors[0]).to.include('error_code 4476002').and.include('Take the Threads App ID');
    });

    it('names an App ID that Threads does not know (1349026)', async () => {
      const { code, errors } = await ask({ THREADS_APP_ID: '123' });
      expect(code).to.equal(1);
      expect(errors[0]).to.include('error_code 1349026').and.include('Take the Threads App ID');
    });

    it('names a wrong App secret', async () => {
      const { code, errors } = await ask({ THREADS_APP_SECRET: 'hush-wrong' });
      expect(code).to.equal(1);
      expect(errors).to.have.lengthOf(1);
      expect(errors[0])
        .to.include('refuses THREADS_APP_ID with THREADS_APP_SECRET')
        .and.include('App Dashboard');
    });

    it('names a redirect URI that is not registered to the letter, be it by a slash (1349168)', async () => {
      for (const callback of [`${CALLBACK}/`, CALLBACK.replace('callback', 'Callback')]) {
        const { code, errors } = await ask({ THREADS_CALLBACK_URL: callback });
        expect(code).to.equal(1);
        expect(errors).to.have.lengthOf(1);
        expect(errors[0]).to.include('error_code 1349168').and.include('trailing slash');
      }
    });

    it('names a redirect URI that is not https (1349187)', async () => {
      const { code, errors } = await ask({
        THREADS_APP_ID: '555',
        THREADS_APP_SECRET: 'hush-strict-secret',
        THREADS_CALLBACK_URL: 'http://a.test/cb',
      });
      expect(code).to.equal(1);
      expect(errors.join()).to.include('error_code 1349187').and.include('https');
    });

    it('warns on a simulator of the http that Threads itself refuses, and claims nothing of localhost', async () => {
      const { code, warnings } = await ask({ THREADS_CALLBACK_URL: 'http://localhost:3000/cb' });
      expect(code).to.equal(0);
      expect(warnings.join()).to.include('For Threads itself, THREADS_CALLBACK_URL must begin with https://');
      expect(warnings.join()).to.include('points to localhost').and.include('reported both ways');
    });
  });

  describe("of a tester's token", () => {
    const tester = (THREADS_TESTER_ACCESS_TOKEN: string, now?: () => number) =>
      ask({ THREADS_TESTER_ACCESS_TOKEN }, now);
    const token = (options: object = {}) =>
      simulator.issueToken({ clientID: ID, userId: ADA, longLived: true, ...options });

    it('says that it lives, and until when', async () => {
      const { code, ok } = await tester(token());
      expect(code).to.equal(0);
      expect(ok.at(-1)).to.match(
        /^THREADS_TESTER_ACCESS_TOKEN is a living token of a Threads tester, until \d{4}-/,
      );
    });

    it('warns of one that ends within a week', async () => {
      const { code, warnings } = await tester(token({ longLived: false }));
      expect(code).to.equal(0);
      expect(warnings.at(-1)).to.include('refresh it before');
    });

    it('names one of another app', async () => {
      const other = simulator.issueToken({ clientID: '999', userId: ADA });
      const { code, errors } = await tester(other);
      expect(code).to.equal(1);
      expect(errors).to.have.lengthOf(1);
      expect(errors[0]).to.include('is a token of another app');
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
        const { code, errors } = await tester(value);
        expect(code).to.equal(1);
        expect(errors).to.have.lengthOf(1);
        expect(errors[0]).to.include(`is dead (${reason})`).and.include('sign in again');
      }
    });

    it('names a dead one where the App secret is wrong, too', async () => {
      const value = token();
      simulator.expireToken(value);
      const { errors } = await ask({
        THREADS_TESTER_ACCESS_TOKEN: value,
        THREADS_APP_SECRET: 'hush-wrong',
      });
      expect(errors).to.have.lengthOf(2);
      expect(errors[1]).to.include('is dead (expired)');
    });

    it('names one that is no token at all', async () => {
      const { code, errors } = await tester('hush');
      expect(code).to.equal(1);
      expect(errors[0]).to.include('is dead (invalid token)');
    });

    it('names one of a person who is no tester (1349245)', async () => {
      const { code, errors } = await tester(token({ userId: MATEO }));
      expect(code).to.equal(1);
      expect(errors[0]).to.include('no tester').and.include('accept the invite');
    });

    it('says of one that is no good that none is needed', async () => {
      for (const value of ['hush', token({ userId: MATEO }), `TH|${ID}|${READY.THREADS_APP_SECRET}`]) {
        expect((await tester(value)).errors[0])
          .to.include('not needed')
          .and.include('leave it out');
      }
    });

    it('names an app token in its place', async () => {
      const { code, errors } = await tester(`TH|${ID}|${READY.THREADS_APP_SECRET}`);
      expect(code).to.equal(1);
      expect(errors[0]).to.include('is not the token of a person');
    });
  });

  it('names a clock that is wrong, and by how much', async () => {
    const slow = await ask({}, () => Date.now() - 600_000);
    expect(slow.code).to.equal(1);
    expect(slow.errors.join()).to.match(/^The clock of this machine is (599|600|601) seconds slow\. Set it/);
    const fast = await ask({}, () => Date.now() + 90_000);
    expect(fast.errors.join()).to.match(/^The clock of this machine is (89|90|91) seconds fast\./);
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
    const { code, errors, text } = await ask('http://127.0.0.1:1');
    expect(code).to.equal(1);
    expect(errors).to.have.lengthOf(3);
    expect(text).to.include('http://127.0.0.1:1/oauth/authorize?response_type=code&client_id=');
    for (const text of errors) {
      expect(text).to.match(/cannot be reached at 127\.0\.0\.1:1: .*\. Start the simulator: /);
      expect(text).to.match(/: npx passport-threads-oauth2 simulator --port 1$/);
    }
  });

  it('leads to the network where the address is not of this machine', async () => {
    const { errors } = await ask('http://threads.invalid');
    expect(errors).to.have.lengthOf(3);
    for (const text of errors) expect(text).to.include('Check the network').and.not.include('simulator');
  });

  it('names a connection that is cut', async () => {
    answer = (req) => req.socket.destroy();
    const { code, errors } = await ask(origin);
    expect(code).to.equal(1);
    expect(errors[0]).to.include('cannot be reached');
  });

  it('names a Threads that has a problem of its own', async () => {
    answer = (_req, res) => res.writeHead(503).end();
    const { code, errors } = await ask(origin);
    expect(code).to.equal(1);
    expect(errors[0]).to.include('a problem of its own (HTTP 503)');
  });

  it('names a page that answers in the place of Threads, without a crash', async () => {
    answer = (_req, res) => res.writeHead(200, { 'content-type': 'application/json' }).end('null');
    const { code, errors } = await ask(origin);
    expect(code).to.equal(1);
    expect(errors.join()).to.include('App ID and secret could not be checked');
  });
});

describe('the doctor, where a file in the folder names an address of its own', () => {
  const folder = useFolder();
  const received: string[] = [];
  let server: Server;
  let port: number;
  before(async () => {
    server = createServer((req, res) => {
      received.push(`${req.url} ${JSON.stringify(req.headers)}`);
      res.end('{}');
    }).listen(0, '::');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  beforeEach(() => received.splice(0));
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  // An address of this machine that is not known as one by its name: as good as a stranger's.
  const stranger = () => networkAddress() ?? 'localhost.';
  const SECRETS = { THREADS_APP_SECRET: 'hush-app-secret', THREADS_TESTER_ACCESS_TOKEN: 'hush-tester' };
  const { THREADS_APP_SECRET: _, ...OTHERS } = READY;

  async function consultWith(env: Environment, file: Record<string, string>) {
    const lines = Object.entries(file).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(folder(), '.env'), lines.join('\n'));
    const report = await consult(env, [], { folder: folder() });
    return { ...report, sent: received.join().includes('hush') };
  }

  it('sends no secret of the environment there, by any of the names of an address', async () => {
    const origin = `http://${stranger()}:${port}`;
    for (const file of [
      { THREADS_SIMULATOR_URL: origin },
      { THREADS_TOKEN_URL: `${origin}/oauth/access_token` },
      { THREADS_GRAPH_URL: `${origin}/v1.0` },
    ] as Record<string, string>[]) {
      const { errors, sent } = await consultWith({ ...OTHERS, ...SECRETS }, file);
      expect(sent).to.equal(false);
      expect(errors.join()).to.include(
        'THREADS_APP_SECRET and THREADS_TESTER_ACCESS_TOKEN of the environment',
      );
      expect(errors.join()).to.include(
        `not sent to ${stranger()}:${port}, an address that only the file names`,
      );
    }
  });

  it('sends them to this machine, to an address of the environment, and what stands in the file itself', async () => {
    const origin = `http://${stranger()}:${port}`;
    const THREADS_SIMULATOR_URL = origin;
    expect((await consultWith({ ...OTHERS, ...SECRETS, THREADS_SIMULATOR_URL }, {})).sent).to.equal(true);
    const there = { ...READY, ...SECRETS, THREADS_SIMULATOR_URL };
    expect((await consultWith({}, there)).sent, 'all from the file').to.equal(true);
    const local = { THREADS_SIMULATOR_URL: `http://localhost:${port}` };
    expect((await consultWith({ ...OTHERS, ...SECRETS }, local)).sent, 'this machine').to.equal(true);
  });
});

function networkAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find((one) => one?.family === 'IPv4' && !one.internal)?.address;
}
