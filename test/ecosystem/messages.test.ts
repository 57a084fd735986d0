import util from 'node:util';
import { expect } from 'chai';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import session from 'express-session';
import { type AuthenticateOptions, Passport } from 'passport';
import { type Browser, type Mount, type Site, startSite } from '../frameworks/support.js';

const PUBLISH = 'threads_content_publish';

const failures: {
  title: string;
  type: string;
  message: string;
  come: (browser: Browser) => Promise<string>;
}[] = [
  {
    title: 'a cancelled login',
    type: 'access_denied',
    message: 'The user denied your request',
    come: async (browser) => browser.decide(await browser.start(), 'cancel'),
  },
  {
    title: 'a permission that is missing',
    type: 'missing_scopes',
    message: `Threads did not confirm these permissions, which are needed to sign in: ${PUBLISH}`,
    come: async (browser) => browser.decide(await browser.start(), 'allow', ['threads_basic']),
  },
  {
    title: 'a state that does not match',
    type: 'invalid_state',
    message: 'This login did not start here. Please start again.',
    come: async () => '/auth/threads/callback?code=AQ&state=stolen',
  },
];

describe('Passport’s ways to show a failure', () => {
  let site: Site;
  let flash: () => RequestHandler;

  before(async () => {
    // Node 23 took away a function that connect-flash needs.
    Object.assign(util, { isArray: Array.isArray });
    ({ default: flash } = await import('connect-flash'));
  });

  const start = async (options: AuthenticateOptions): Promise<void> => {
    const mount: Mount = (strategy) => {
      const passport = new Passport();
      passport.use(strategy);
      const app = express();
      app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }), flash());
      app.get('/auth/threads', passport.authenticate('threads'));
      app.get('/auth/threads/callback', passport.authenticate('threads', options));
      app.get('/told', (req, res) => {
        const { messages } = req.session as { messages?: string[] };
        res.json({ flash: (req as unknown as { flash(): object }).flash(), messages });
      });
      const failed: ErrorRequestHandler = (error, _req, res, _next) => {
        res.status(error.status).json({ name: error.name, message: error.message });
      };
      app.use(failed);
      return app;
    };
    site = await startSite(mount, { scope: PUBLISH, requiredScopes: PUBLISH });
  };

  const told = async () => JSON.parse((await site.browser.open('/told')).text);

  afterEach(() => site.close());

  for (const { title, type, message, come } of failures) {
    describe(`for ${title}`, () => {
      it('failureFlash: true flashes the message under the type of the failure', async () => {
        await start({ failureFlash: true, failureRedirect: '/login' });
        const page = await site.browser.open(await come(site.browser));
        expect(page.headers.get('location')).to.equal('/login');
        expect((await told()).flash).to.deep.equal({ [type]: [message] });
      });

      it("failureFlash: { type: 'error' } flashes it as an error", async () => {
        await start({ failureFlash: { type: 'error' } as never, failureRedirect: '/login' });
        await site.browser.open(await come(site.browser));
        expect((await told()).flash).to.deep.equal({ error: [message] });
      });

      it('failureMessage: true puts the message into the session', async () => {
        await start({ failureMessage: true, failureRedirect: '/login' });
        await site.browser.open(await come(site.browser));
        expect((await told()).messages).to.deep.equal([message]);
      });

      it('failWithError hands a 403 to the error handler', async () => {
        await start({ failWithError: true });
        const page = await site.browser.open(await come(site.browser));
        expect(page.status).to.equal(403);
        expect(JSON.parse(page.text)).to.deep.equal({ name: 'AuthenticationError', message: 'Forbidden' });
      });
    });
  }
});
