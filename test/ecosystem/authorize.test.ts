import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { ADA, type Mount, type Site, startSite } from '../frameworks/support.js';

const withAccounts: Mount = (strategy) => {
  const passport = new Passport();
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user: Express.User, done) => done(null, user));

  const app = express();
  app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }));
  app.use(passport.session());
  app.get('/sign-in', (req, res, next) => {
    req.logIn({ id: 'user 7' } as Express.User, (error) => (error ? next(error) : res.json(req.user)));
  });
  app.get('/me', (req, res) => void res.json(req.user ?? null));
  app.get('/auth/threads', passport.authorize('threads', { state: { from: 'settings' } } as object));
  app.get(
    '/auth/threads/callback',
    passport.authorize('threads', { failureRedirect: '/settings?connected=no' }),
    (req, res) => {
      const { account } = req as { account?: unknown };
      res.json({ user: req.user, account, info: req.authInfo });
    },
  );
  return app;
};

describe("passport.authorize('threads')", () => {
  let site: Site;

  beforeEach(async () => {
    site = await startSite(withAccounts);
    await site.browser.open('/sign-in');
  });

  afterEach(() => site.close());

  it('leaves a person who cancelled signed in as before', async () => {
    const { browser } = site;
    const page = await browser.open(await browser.decide(await browser.start(), 'cancel'));
    expect(page.headers.get('location')).to.equal('/settings?connected=no');
    expect(JSON.parse((await browser.open('/me')).text)).to.deep.equal({ id: 'user 7' });
  });

  it('links the Threads account to the person who is signed in', async () => {
    const { browser } = site;
    const page = await browser.open(await browser.decide(await browser.start()));
    expect(page.status).to.equal(200);
    expect(JSON.parse(page.text)).to.deep.equal({
      user: { id: 'user 7' },
      account: { id: ADA, name: 'Ada Okafor' },
      info: { state: { from: 'settings' } },
    });
    expect(JSON.parse((await browser.open('/me')).text)).to.deep.equal({ id: 'user 7' });
  });
});
