import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import session from 'express-session';
import { Passport } from 'passport';
import { Strategy } from 'passport-threads';
import { ada } from '../support.js';
import { locationOf, useApp } from './support.js';

describe('simulator: passport-threads signs in against it', () => {
  const threads = useApp(({ app, home, simulator }) => {
    const { authorizationURL, tokenURL, graphURL } = simulator.endpoints;
    const passport = new Passport();
    passport.use(
      new Strategy(
        {
          clientID: app.clientID,
          clientSecret: app.clientSecret,
          callbackURL: `${home}/callback`,
          // Its own addresses end in a slash.
          authorizationURL: `${authorizationURL}/`,
          tokenURL,
          profileURL: `${graphURL}/me/`,
          state: true,
        },
        (_accessToken, _refreshToken, profile, done) => done(null, profile),
      ),
    );
    const handler = express();
    handler.use(session({ secret: 'x', resave: false, saveUninitialized: false }));
    handler.get('/login', passport.authenticate('threads', { session: false }));
    handler.get('/callback', passport.authenticate('threads', { session: false }), (req, res) => {
      res.json(req.user);
    });
    handler.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).send(error.message);
    });
    return handler;
  });

  it('as far as a cancellation', async () => {
    const window = locationOf(await threads.visit('/login'));
    const page = await threads.visit(threads.simulator.answer(window, { decision: 'cancel' }));
    expect(page.status).to.equal(401);
  });

  it('with the profile', async () => {
    const window = locationOf(await threads.visit('/login'));
    expect((await fetch(window)).status).to.equal(200);
    const page = await threads.visit(threads.simulator.answer(window));
    expect(await page.json()).to.include({ provider: 'threads', id: ada.id, username: ada.username });
  });
});
