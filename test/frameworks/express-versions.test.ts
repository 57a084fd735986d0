import { expect } from 'chai';
import type { ErrorRequestHandler } from 'express';
import express5 from 'express';
import session from 'express-session';
import express4 from 'express4';
import { Passport } from 'passport';
import type { ThreadsStrategyOptions } from '../../lib/index.js';
import { ADA, type Mount, type Person, type Site, startSite } from './support.js';

const ended: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ name: error.name, message: error.message });
};

/** An app without sessions, whose last word is the user in JSON. */
const stateless =
  (express: typeof express5): Mount =>
  (strategy) => {
    const passport = new Passport();
    passport.use(strategy);
    const app = express();
    app.use(express.json(), express.urlencoded({ extended: true }));
    const options = { session: false, failureRedirect: '/failed' };
    app.get('/auth/threads', passport.authenticate('threads', { session: false }));
    app.all('/auth/threads/callback', passport.authenticate('threads', options), (req, res) => {
      res.json({ user: req.user, info: req.authInfo });
    });
    // No failureRedirect: Passport answers with the status of the failure.
    app.all('/strict', passport.authenticate('threads', { session: false }), (req, res) => {
      res.json({ user: req.user });
    });
    app.use(ended);
    return app;
  };

/** An app with sessions, for the login as well as for its state. */
const withSessions =
  (express: typeof express5): Mount =>
  (strategy) => {
    const passport = new Passport();
    passport.use(strategy);
    passport.serializeUser((user, done) => done(null, JSON.stringify(user)));
    passport.deserializeUser((text: string, done) => done(null, JSON.parse(text)));
    const app = express();
    app.use(session({ secret: 'of the tests', resave: false, saveUninitialized: false }));
    app.use(passport.session());
    app.get('/auth/threads', passport.authenticate('threads', { state: { returnTo: '/drafts' } } as object));
    app.get(
      '/auth/threads/callback',
      passport.authenticate('threads', { failureRedirect: '/failed' }),
      (req, res) => {
        res.redirect((req.authInfo as { state: { returnTo: string } }).state.returnTo);
      },
    );
    app.get('/drafts', (req, res) => {
      res.json({ user: req.user ?? null });
    });
    app.use(ended);
    return app;
  };

for (const [version, express] of [
  ['4', express4],
  ['5', express5],
] as const) {
  describe(`Express ${version} without sessions`, () => {
    let site: Site;

    afterEach(() => site.close());

    const start = async (options: Partial<ThreadsStrategyOptions> = {}) => {
      site = await startSite(stateless(express), options);
      return site.browser;
    };

    it('sends a person who cancelled to failureRedirect', async () => {
      const browser = await start();
      const page = await browser.open(await browser.decide(await browser.start(), 'cancel'));
      expect(page.status).to.equal(302);
      expect(page.headers.get('location')).to.equal('/failed');
    });

    for (const query of [
      'code=a&code=b',
      'code=',
      'code=%23_',
      'code[]=a',
      'code[a]=b',
      'code=a&state=x&state=y',
      'error=access_denied&error=x',
    ]) {
      it(`does not let ${query} reach Threads`, async () => {
        const browser = await start();
        const { status } = await browser.open(`/strict?${query}`);
        // Express 5 does not nest: there, `code[a]` is no `code`, and a login begins.
        expect(status).to.equal(version === '5' && query.includes('[') ? 302 : 400);
        expect(site.simulator.requests).to.have.length(0);
      });
    }

    it('answers 403 where the login began elsewhere', async () => {
      const browser = await start();
      expect((await browser.open(`/strict?code=a&state=${'x'.repeat(43)}`)).status).to.equal(403);
    });

    it('hands the error of a used code to the error handler, with its status', async () => {
      const browser = await start({ state: false });
      const callback = await browser.decide(await browser.start());
      await browser.open(callback);
      const { status, text } = await browser.open(callback);
      expect(status).to.equal(502);
      expect(JSON.parse(text)).to.include({ name: 'ThreadsTokenError' });
    });

    it('hands what the authorization window says to the error handler', async () => {
      const browser = await start();
      const state = new URL(await browser.start()).searchParams.get('state');
      const page = await browser.open(`/strict?state=${state}&error_code=1349168&error_message=URL+Blocked`);
      expect(page.status).to.equal(502);
      expect(JSON.parse(page.text)).to.include({ name: 'ThreadsAuthorizationError' });
    });

    it('fails where a required scope was not granted', async () => {
      const browser = await start({ scope: 'threads_delete', requiredScopes: 'threads_delete' });
      const page = await browser.open(await browser.decide(await browser.start(), 'allow', []));
      expect(page.headers.get('location')).to.equal('/failed');
    });

    it('signs a person in, with every option that costs a request', async () => {
      const browser = await start({ longLived: true, enableProof: true, requiredScopes: 'threads_basic' });
      const { status, text } = await browser.open(await browser.decide(await browser.start()));
      expect(status).to.equal(200);
      expect(JSON.parse(text)).to.deep.equal({ user: { id: ADA, name: 'Ada Okafor' }, info: {} });
    });

    it('goes on without scopes for a person who is no tester', async () => {
      const browser = await start();
      site.simulator.addUser({ id: ADA, username: 'ada', name: 'Ada', testerOf: [] });
      const { text } = await browser.open(await browser.decide(await browser.start()));
      expect(JSON.parse(text).user).to.deep.equal({ id: ADA, name: 'Ada' });
    });

    for (const [title, type, write] of [
      ['form', 'application/x-www-form-urlencoded', (p: URLSearchParams) => p.toString()],
      ['JSON', 'application/json', (p: URLSearchParams) => JSON.stringify(Object.fromEntries(p))],
    ] as const) {
      it(`takes what a client copied from its whole URL and posts on as ${title}, its #_ included`, async () => {
        const browser = await start();
        const { searchParams } = new URL(await browser.decide(await browser.start()));
        for (const [name, value] of [...searchParams]) searchParams.set(name, `${value}#_`);
        const cookie = await browser.jar.getCookieString(site.origin);
        const response = await fetch(`${site.origin}/auth/threads/callback`, {
          method: 'POST',
          headers: { 'content-type': type, cookie },
          body: write(searchParams),
        });
        expect(response.status).to.equal(200);
        const { user } = (await response.json()) as { user: Person };
        expect(user.id).to.equal(ADA);
      });
    }

    it('keeps two logins in one browser apart', async () => {
      const browser = await start();
      const [first, second] = [await browser.start(), await browser.start()];
      const pages = [];
      for (const window of [second, first]) pages.push(await browser.open(await browser.decide(window)));
      expect(pages.map(({ status }) => status)).to.deep.equal([200, 200]);
    });
  });

  describe(`Express ${version} with state: true and sessions`, () => {
    let site: Site;

    beforeEach(async () => {
      site = await startSite(withSessions(express), { state: true });
    });

    afterEach(() => site.close());

    it('fails in a session that did not start the login', async () => {
      const { browser, simulator } = site;
      const callback = await browser.decide(await browser.start());
      await browser.jar.removeAllCookies();
      const asked = simulator.requests.length;
      expect((await browser.open(callback)).headers.get('location')).to.equal('/failed');
      expect(simulator.requests).to.have.length(asked);
    });

    it('fails for a state that is not the one of the session', async () => {
      const { browser } = site;
      const callback = new URL(await browser.decide(await browser.start()));
      callback.searchParams.set('state', 'x'.repeat(24));
      expect((await browser.open(callback.href)).headers.get('location')).to.equal('/failed');
    });

    it('signs a person in for the pages after it, and brings the application state back', async () => {
      const { browser } = site;
      expect(JSON.parse((await browser.open('/drafts')).text)).to.deep.equal({ user: null });

      const page = await browser.open(await browser.decide(await browser.start()));
      expect(page.headers.get('location')).to.equal('/drafts');
      const { user } = JSON.parse((await browser.open('/drafts')).text);
      expect(user).to.deep.equal({ id: ADA, name: 'Ada Okafor' });
    });

    it('sets no cookie of its own', async () => {
      const { browser } = site;
      await browser.start();
      expect(await browser.cookies()).to.deep.equal(['connect.sid']);
    });
  });
}
