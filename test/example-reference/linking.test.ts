import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import passport from 'passport';
import { linkingRoutes } from '../../example/reference/src/linking.js';
import { ADA, Browser, type Example, MATEO, type Page, startExample, textOf } from './support.js';

const ZOE = '17841472650918533';

describe('example/reference: linking another account', () => {
  let example: Example;
  let browser: Browser;

  beforeEach(async () => {
    example = await startExample();
    browser = new Browser(example.origin);
  });

  afterEach(() => example.close());

  const csrfIn = ({ html }: Page) => /name="csrf" value="([^"]+)"/.exec(html)![1]!;
  const linkIn = ({ html }: Page) => /href="(\/auth\/threads\/link\?csrf=[^"]+)"/.exec(html)![1]!;
  const start = (page: Page) => browser.open(linkIn(page));

  async function link(user: string, decision = 'allow'): Promise<Page> {
    const window = await start(await browser.open('/profile'));
    return browser.open(window.url, { decision, user });
  }

  it('does not start for a person who is not signed in', async () => {
    for (const path of ['/auth/threads/link', '/auth/threads/link/callback?code=x&state=y']) {
      const page = await browser.open(path);
      expect(page.url).to.equal(`${example.origin}/?returnTo=/profile#top`);
    }
    expect((await browser.open('/auth/threads/unlink', { id: ADA })).html).to.contain(
      'Continue with Threads',
    );
  });

  it('does not start at the wish of another site', async () => {
    await browser.signIn();
    const stranger = new URL(linkIn(await new Browser(example.origin).signIn()), example.origin).search;
    for (const query of ['', '?csrf=', '?csrf=x', stranger, '?csrf=x&csrf=x']) {
      expect((await browser.request(`/auth/threads/link${query}`)).status).to.equal(403);
    }
  });

  it('does not start with the token of the forms, nor does its own token, which stands in an address, sign out', async () => {
    const page = await browser.signIn();
    const form = await browser.request(`/auth/threads/link?csrf=${csrfIn(page)}`);
    expect(form.status).to.equal(403);
    const csrf = new URL(linkIn(page), example.origin).searchParams.get('csrf')!;
    expect((await browser.request('/sign-out', { csrf })).status).to.equal(403);
    const inQuery = await browser.request(`/sign-out?csrf=${csrfIn(page)}`, {});
    expect(inQuery.status, 'the token of the forms in the query').to.equal(403);
    expect((await browser.request('/profile')).status).to.equal(200);
  });

  for (const query of [
    '',
    '?',
    '?state=x',
    '?code=AQBx',
    '?error=access_denied',
    '?csrf=x',
    '?scope=threads_basic',
  ]) {
    it(`does not start when another site opens its callback without an answer: "${query}"`, async () => {
      await browser.signIn();
      const answer = await browser.request(`/auth/threads/link/callback${query}`);
      expect(answer.headers.get('location')).to.equal('/profile#linked');
      const page = await browser.open('/profile');
      expect(textOf(page)).to.contain('Nothing was linked');
      // A code of the attacker, who hopes that the callback has just begun a linking.
      const { clientID } = example.config.threads;
      const redirectURI = example.config.linkCallbackURL;
      const code = example.simulator.authorize({ clientID, redirectURI, userId: ZOE });
      await browser.open(`/auth/threads/link/callback?code=${code}&state=x`);
      expect(textOf(await browser.open('/profile'))).not.to.contain('@zoe_nguyen');
    });
  }

  it('passes nothing but an answer to the strategy from its callback, even to one that would start there', async () => {
    const { config, simulator, database } = example;
    const authenticator = new passport.Passport();
    const routes = linkingRoutes(authenticator, config, simulator.endpoints, database.linkedAccounts);
    authenticator.use('threads-link', {
      authenticate() {
        this.redirect('https://started.example/');
      },
    } as passport.Strategy);
    const app = express().use((req, _res, next) => {
      Object.assign(req, { user: { id: ADA }, session: {} });
      next();
    }, routes);
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const leadsTo = async (query: string) =>
      (await fetch(`${origin}/auth/threads/link/callback${query}`, { redirect: 'manual' })).headers.get(
        'location',
      );
    try {
      for (const query of ['', '?state=x', '?code=AQBx', '?error=access_denied', '?csrf=x']) {
        expect(await leadsTo(query), query).to.equal('/profile#linked');
      }
      expect(await leadsTo('?code=AQBx&state=x')).to.equal('https://started.example/');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('leaves a person who cancels signed in, with nothing linked', async () => {
    await browser.signIn();
    const page = await link(ZOE, 'cancel');
    expect(page.url).to.equal(`${example.origin}/profile#linked`);
    expect(textOf(page)).to.contain('Ada Okafor').and.to.contain('You cancelled, so nothing was linked');
    expect(textOf(page)).not.to.contain('@zoe_nguyen');
    expect(textOf(await browser.open('/profile')), 'the notice shows once').not.to.contain('You cancelled');
  });

  it('refuses the account that the person signs in with', async () => {
    await browser.signIn();
    expect(textOf(await link(ADA))).to.contain('That is the account you sign in with already');
  });

  it('refuses an account that another user signs in with', async () => {
    await new Browser(example.origin).signIn({ user: ZOE });
    await browser.signIn();
    const page = await link(ZOE);
    expect(textOf(page)).to.contain('That account belongs to another user').and.not.to.contain('@zoe_nguyen');
  });

  it('refuses an account that another user has linked', async () => {
    await browser.signIn({ user: MATEO });
    await link(ZOE);
    browser = new Browser(example.origin);
    await browser.signIn();
    const page = await link(ZOE);
    expect(textOf(page)).to.contain('That account belongs to another user').and.not.to.contain('@zoe_nguyen');
  });

  it('links nothing with an answer that was not asked for', async () => {
    await browser.signIn();
    const { clientID } = example.config.threads;
    const code = example.simulator.authorize({
      clientID,
      redirectURI: example.config.linkCallbackURL,
      userId: ZOE,
    });
    const page = await browser.open(`/auth/threads/link/callback?code=${code}&state=stolen`);
    expect(textOf(page)).to.contain('Nothing was linked').and.not.to.contain('@zoe_nguyen');
  });

  it('links nothing to a user who signed in after it began', async () => {
    const window = await start(await browser.signIn());
    await browser.signIn({ user: MATEO });
    const page = await browser.open(window.url, { decision: 'allow', user: ZOE });
    expect(textOf(page)).to.contain('Mateo Rivas').and.to.contain('Nothing was linked');
    expect(textOf(page)).not.to.contain('@zoe_nguyen');
  });

  it('tells an error of Threads from a failed sign-in', async () => {
    const window = await start(await browser.signIn());
    const state = new URL(window.url).searchParams.get('state')!;
    const page = await browser.open(`/auth/threads/link/callback?error=server_error&state=${state}`);
    expect(page.status).to.equal(502);
    expect(page.url).to.equal(`${example.origin}/sign-in/outcome#top`);
    expect(textOf(page)).to.contain('Signing in does not work').and.to.contain('Back to your profile');
  });

  it('lists a linked account, and greets the same user whichever account signs in', async () => {
    await browser.signIn();
    const page = await link(ZOE);
    expect(page.url).to.equal(`${example.origin}/profile#linked`);
    expect(textOf(page)).to.contain('The account is linked').and.to.contain('Zoë Nguyễn 🐱 @zoe_nguyen');
    expect(textOf(page), 'who is signed in').to.contain('Welcome, Ada Okafor');

    browser = new Browser(example.origin);
    const other = textOf(await browser.signIn({ user: ZOE }));
    expect(other).to.contain('Welcome back, Ada Okafor').and.to.contain('@zoe_nguyen');
  });

  it('brings an account up to date that is linked once more', async () => {
    await browser.signIn();
    await link(ZOE);
    example.simulator.addUser({ id: ZOE, username: 'zoe.now' });
    const text = textOf(await link(ZOE));
    expect(text).to.contain('@zoe.now').and.not.to.contain('@zoe_nguyen');
  });

  it('is not undone by another user, nor without the token', async () => {
    await browser.signIn();
    await link(ZOE);
    expect((await browser.open('/auth/threads/unlink', { id: ZOE })).status).to.equal(403);
    const stranger = new Browser(example.origin);
    const csrf = csrfIn(await stranger.signIn({ user: MATEO }));
    await stranger.open('/auth/threads/unlink', { id: ZOE, csrf });
    expect(textOf(await browser.open('/profile'))).to.contain('@zoe_nguyen');
  });

  it('is undone by its user, and the account then signs in on its own', async () => {
    await browser.signIn();
    const page = await browser.open('/auth/threads/unlink', { id: ZOE, csrf: csrfIn(await link(ZOE)) });
    expect(textOf(page)).to.contain('no longer linked').and.not.to.contain('@zoe_nguyen');
    expect(textOf(await browser.signIn({ user: ZOE }))).to.contain('Welcome, Zoë');
  });

  it('ends the sessions that began with the account when it is unlinked, even of one who kept the cookie', async () => {
    await browser.signIn();
    const page = await link(ZOE);
    const elsewhere = new Browser(example.origin);
    expect(textOf(await elsewhere.signIn({ user: ZOE }))).to.contain('Ada Okafor');
    await browser.open('/auth/threads/unlink', { id: ZOE, csrf: csrfIn(page) });
    expect((await elsewhere.request('/profile')).status).to.equal(303);
    expect((await browser.request('/profile')).status, 'the session that unlinked it').to.equal(200);
    await link(ZOE);
    expect((await elsewhere.request('/profile')).status, 'after it was linked once more').to.equal(303);
  });

  it('loses its token when the person removes the app, and everything when its data is to be deleted', async () => {
    await browser.signIn();
    await link(ZOE);
    const { clientID } = example.config.threads;
    await example.simulator.removeApp({ clientID, userId: ZOE });
    expect(textOf(await browser.open('/profile'))).to.contain(
      '@zoe_nguyen Spool was removed in the settings of your Threads account',
    );
    await example.simulator.removeApp({ clientID, userId: ZOE, deleteData: true });
    const text = textOf(await browser.open('/profile'));
    expect(text).to.contain('Ada Okafor').and.not.to.contain('@zoe_nguyen');
  });

  it('goes with its user when the data of that user is to be deleted', async () => {
    await browser.signIn();
    await link(ZOE);
    const { clientID } = example.config.threads;
    await example.simulator.removeApp({ clientID, userId: ADA, deleteData: true });
    expect(textOf(await browser.signIn({ user: ZOE }))).to.contain('Welcome, Zoë');
  });
});
