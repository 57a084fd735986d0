import { expect } from 'chai';
import { ADA, type Page, textOf } from '../example-reference/support.js';
import { type Apps, startApps } from './apps.js';
import { type Cluster, startCluster } from './cluster.js';
import { instanceOf, Visitor } from './visitor.js';

const START = `/auth/threads?${new URLSearchParams({ returnTo: '/profile?from=letters' })}`;
const ORDERS = [
  [0, 1],
  [1, 0],
] as const;

describe('several instances of the example behind a round-robin proxy', () => {
  describe('that share nothing but the app secret', () => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await startCluster('nothing');
    });
    afterEach(() => cluster?.close());

    it('finish a login whose first instance was killed on the way', () => expectSurvival(cluster));

    for (const [first, second] of ORDERS) {
      it(`finish at instance ${second + 1} a login that began at instance ${first + 1}`, async () => {
        const { origin, instances } = cluster;
        const visitor = new Visitor(origin);
        await visitor.passTurnTo(instances[first]);
        const start = await visitor.request(START);
        const end = await visitor.request(await visitor.allow(start));

        expect(instanceOf(start)).to.equal(instances[first].address);
        expect(instanceOf(end)).to.equal(instances[second].address);
        expect(end.status).to.equal(303);
        expect(end.headers.get('location')).to.equal('/profile?from=letters#top');

        // The session is where the login ended, and nowhere else.
        const elsewhere = await visitor.request('/profile');
        expect(instanceOf(elsewhere)).to.equal(instances[first].address);
        expect(elsewhere.headers.get('location')).to.equal('/?returnTo=%2Fprofile');
        expectProfile(await visitor.request('/profile'), instances[second]);
      });
    }
  });

  describe('that share their sessions in Redis', () => {
    let cluster: Cluster;
    beforeEach(async () => {
      cluster = await startCluster('sessions');
    });
    afterEach(() => cluster?.close());

    it('finish a login whose first instance was killed on the way', () => expectSurvival(cluster));

    it('keep a person signed in when the instance that ended the login is killed', async () => {
      const { origin, instances } = cluster;
      const visitor = new Visitor(origin);
      await visitor.passTurnTo(instances[0]);
      const end = await visitor.request(await visitor.allow(await visitor.request(START)));
      expect(instanceOf(end)).to.equal(instances[1].address);

      await instances[1].kill();
      for (let visits = 0; visits < 2; visits++) {
        const profile = await visitor.request('/profile');
        expect(profile.status).to.equal(200);
        expect(textOf(profile)).to.contain(ADA);
      }
    });

    it('sign a person out at one instance, and so at both', async () => {
      const visitor = new Visitor(cluster.origin);
      const profile = await visitor.signIn();
      const [, csrf] = /name="csrf" value="([^"]+)"/.exec(profile.html)!;
      await visitor.request('/sign-out', { csrf: csrf! });

      const answers = [await visitor.request('/profile'), await visitor.request('/profile')];
      expect(answers.map(({ status }) => status)).to.deep.equal([303, 303]);
      expect(new Set(answers.map(instanceOf)).size).to.equal(2);
    });

    for (const [first, second] of ORDERS) {
      it(`lead a visitor of instance ${first + 1} from the profile through the sign-in and back to it`, async () => {
        const { origin, instances } = cluster;
        const visitor = new Visitor(origin);
        await visitor.passTurnTo(instances[first]);
        const home = await visitor.open('/profile?from=letters');
        const [, link] = /href="(\/auth\/threads[^"]*)"/.exec(home.html)!;
        const window = await visitor.open(link!);
        const profile = await visitor.open(window.url, { decision: 'allow', user: ADA });

        expect(profile.url).to.equal(`${origin}/profile?from=letters#top`);
        expect(textOf(profile)).to.contain(ADA);
        expect(visitor.hops).to.deep.equal([
          { path: '/profile', instance: instances[first].address },
          { path: '/', instance: instances[second].address },
          { path: '/auth/threads', instance: instances[first].address },
          { path: '/auth/threads/callback', instance: instances[second].address },
          { path: '/profile', instance: instances[first].address },
        ]);
        expectProfile(await visitor.request('/profile'), instances[second]);
        expectProfile(await visitor.request('/profile'), instances[first]);
      });
    }
  });
});

describe('several instances with the state in the memory of each (`state: true`, MemoryStore)', () => {
  let apps: Apps;
  afterEach(() => apps?.close());

  it('fail a login that ends elsewhere: 403, without asking Threads for a token', async () => {
    apps = await startApps(true);
    const { status, html } = await loginAcross(apps);
    expect(status).to.equal(403);
    expect(JSON.parse(html)).to.deep.equal({
      type: 'invalid_state',
      reason: 'no_session',
      message: 'This browser has no session of this login. Please start again.',
    });
    expect(apps.simulator.requests.map(({ path }) => path)).to.deep.equal(['/oauth/authorize']);
  });

  it('finish the same login once `state: true` is left out', async () => {
    apps = await startApps(undefined);
    const { status, html } = await loginAcross(apps);
    expect(status).to.equal(200);
    expect(JSON.parse(html)).to.include({ provider: 'threads', id: ADA });
  });
});

async function expectSurvival(cluster: Cluster): Promise<void> {
  const visitor = new Visitor(cluster.origin);
  const end = await losingFirstInstance(cluster, visitor);
  expect(end.status).to.equal(303);
  expect(end.headers.get('location')).to.equal('/profile?from=letters#top');
  expectProfile(await visitor.request('/profile'), cluster.instances[1]);
}

/** Begins a login at the first instance, and kills it just before it is its turn to end the login. */
async function losingFirstInstance({ instances }: Cluster, visitor: Visitor): Promise<Page> {
  const [first, second] = instances;
  await visitor.passTurnTo(first);
  const start = await visitor.request(START);
  expect(instanceOf(start)).to.equal(first.address);
  const callback = await visitor.allow(start);

  await visitor.passTurnTo(first);
  await first.kill();
  const end = await visitor.request(callback);
  expect(instanceOf(end)).to.equal(`${first.address}, ${second.address}`);
  return end;
}

function expectProfile(page: Page, instance: { address: string }): void {
  // Dead instances are tried now and then, so there may be more of them on the list.
  expect(instanceOf(page).split(', ').at(-1)).to.equal(instance.address);
  expect(page.status).to.equal(200);
  expect(textOf(page)).to.contain(ADA);
}

async function loginAcross({ origin }: Apps): Promise<Page> {
  const visitor = new Visitor(origin);
  const start = await visitor.request('/login');
  const end = await visitor.request(await visitor.allow(start));
  expect(instanceOf(start)).to.not.equal(instanceOf(end));
  return end;
}
