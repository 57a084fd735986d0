import { expect } from 'chai';
import cookieSession from 'cookie-session';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import session, { type SessionOptions } from 'express-session';
import helmet from 'helmet';
import { Passport } from 'passport';
import type { ThreadsStrategyOptions } from '../../lib/index.js';
import { forgetWarnings } from '../../lib/passport/warnings.js';
import { ADA, type Mount, type Page, type Site, startSite } from './support.js';

// What people mount beside the strategy, and what comes of it. docs/troubleshooting.md has a row for each.

const SIGNED_IN = `Signed in as ${ADA}`;
const FAILED = 'That did not work. Please try again.';

interface Neighbours {
  /** What the app mounts before its routes, Passport's session included. */
  before?: (passport: InstanceType<typeof Passport>) => RequestHandler[];
  /** The routes of the login, where they are others than in the README. */
  routes?: (app: Express, passport: InstanceType<typeof Passport>) => void;
  options?: Partial<ThreadsStrategyOptions>;
}

const withSession = (options: Partial<SessionOptions> = {}) =>
  session({ secret: 'of the tests', resave: false, saveUninitialized: false, ...options });

/** An app as the README has it: a page that says who is signed in, and one of its own for a login that failed. */
function useSite() {
  let site: Site;
  /** What the app wrote into its log, and what the library told the developer. */
  let log: string[];
  const { emitWarning } = process;

  beforeEach(() => {
    log = [];
    forgetWarnings();
    process.emitWarning = (message: string | Error, name?: unknown) => void log.push(`${name}: ${message}`);
  });

  afterEach(async () => {
    process.emitWarning = emitWarning;
    forgetWarnings();
    await site.close();
  });

  const start = async ({ before, routes, options }: Neighbours) => {
    const mount: Mount = (strategy) => {
      const passport = new Passport();
      passport.use(strategy);
      passport.serializeUser((user, done) => done(null, JSON.stringify(user)));
      passport.deserializeUser((user, done) => done(null, JSON.parse(String(user))));
      const app = express();
      app.use(...(before ?? ((p) => [withSession(), p.session()]))(passport), (_req, _res, next) => next());
      (routes ?? routesOfTheReadme)(app, passport);
      app.get(
        '/',
        ({ user }, res) =>
          void res.send(user ? `Signed in as ${(user as { id?: string }).id}` : 'Not signed in'),
      );
      app.get('/failed', (_req, res) => void res.send(FAILED));
      const failed: ErrorRequestHandler = (error, _req, res, _next) => {
        log.push(`${error.name}: ${error.message}`);
        res.status(error.status ?? 500).send('Something went wrong.');
      };
      app.use(failed);
      return app;
    };
    site = await startSite(mount, options);
    return site;
  };

  /** Goes through the window of Threads, as far as the browser is led; gives the last page. */
  const signIn = async (path = '/auth/threads') => {
    const callback = await site.browser.decide(await site.browser.start(path));
    return follow(await site.browser.open(callback, { isFromElsewhere: true }));
  };
  const follow = async (page: Page): Promise<Page> => {
    const location = page.headers.get('location');
    return location?.startsWith('/')
      ? follow(await site.browser.open(location, { isFromElsewhere: true }))
      : page;
  };

  return { start, signIn, follow, log: () => log, site: () => site };
}

function routesOfTheReadme(app: Express, passport: InstanceType<typeof Passport>): void {
  app.get('/auth/threads', passport.authenticate('threads'));
  app.get(
    '/auth/threads/callback',
    passport.authenticate('threads', { successRedirect: '/', failureRedirect: '/failed' }),
  );
}

describe('neighbours: the session of the app', () => {
  const { start, signIn, log, site } = useSite();
  describe('cookie-session', () => {
    const cookies = () => cookieSession({ name: 'session', keys: ['of the tests'] });

    it('lacks the `regenerate` that Passport calls: the person gets an error, and the log has its name', async () => {
      await start({ before: (passport) => [cookies(), passport.session()] });
      expect((await signIn()).text).to.equal('Something went wrong.');
      expect(log()).to.deep.equal(['TypeError: req.session.regenerate is not a function']);
    });

    it('signs the person in with the two methods added', async () => {
      const addMethods: RequestHandler = ({ session }, _res, next) => {
        const end = (done: () => void) => done();
        Object.assign(session, { regenerate: end, save: end });
        next();
      };
      await start({ before: (passport) => [cookies(), addMethods, passport.session()] });
      expect((await signIn()).text).to.equal(SIGNED_IN);
      expect(log()).to.deep.equal([]);
    });
  });

  for (const [title, cookie] of [
    ['SameSite=Strict', { sameSite: 'strict' }],
    ['Secure, on http', { secure: true }],
  ] as const) {
    describe(`a session cookie that is ${title}`, () => {
      it('is not there on the first page after the login: the person looks signed out, and nothing failed', async () => {
        await start({ before: (passport) => [withSession({ cookie }), passport.session()] });
        expect((await signIn()).text).to.equal('Not signed in');
        expect(log()).to.deep.equal([]);
      });

      it('fails with `state: true`, and the log names the cookie', async () => {
        await start({
          before: (passport) => [withSession({ cookie }), passport.session()],
          options: { state: true },
        });
        expect((await signIn()).text).to.equal(FAILED);
        expect(log()).to.have.length(1);
        expect(log()[0]).to.match(/^ThreadsStrategyWarning: .*no_session.*SameSite=Strict.*Secure.* on http/);
      });
    });
  }

  it('of SameSite=Strict comes again when the person opens a page of the app by themselves', async () => {
    await start({
      before: (passport) => [withSession({ cookie: { sameSite: 'strict' } }), passport.session()],
    });
    await signIn();
    expect((await site().browser.open('/')).text).to.equal(SIGNED_IN);
  });

  it('of SameSite=Lax signs the person in, with `state: true` too', async () => {
    for (const state of [undefined, true]) {
      await site()?.close();
      await start({
        before: (passport) => [withSession({ cookie: { sameSite: 'lax' } }), passport.session()],
        options: { state },
      });
      expect((await signIn()).text).to.equal(SIGNED_IN);
    }
    expect(log()).to.deep.equal([]);
  });

  it('without passport.session() knows the person on no page after the callback, and nothing failed', async () => {
    await start({ before: () => [withSession()] });
    expect((await signIn()).text).to.equal('Not signed in');
    expect(log()).to.deep.equal([]);
  });

  it('that is not there at all is an error of Passport, which says so', async () => {
    await start({ before: () => [] });
    expect((await signIn()).text).to.equal('Something went wrong.');
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(/Login sessions require session support/);
  });
});

describe('neighbours: what starts a login', () => {
  const { start, signIn, follow, log, site } = useSite();
  const REMEDY = /open it as a page, with a link or location\.assign/;

  for (const [title, headers] of Object.entries<Record<string, string>>({
    "the prefetch of Next.js' <Link>": { 'next-router-prefetch': '1', rsc: '1', 'sec-fetch-dest': 'empty' },
    "the click on Next.js' <Link>, which is a fetch": { rsc: '1', 'sec-fetch-dest': 'empty' },
    'the prefetch of a browser': { 'sec-purpose': 'prefetch', 'sec-fetch-dest': 'document' },
    'fetch from a page of the app': { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' },
  })) {
    it(`${title} gets 400 and no cookie, and the log has the remedy once`, async () => {
      const { browser } = await start({});
      const window = await browser.start();
      for (let i = 0; i < 20; i += 1) {
        const { status, headers: answered } = await browser.open('/auth/threads', { headers });
        expect([status, answered.getSetCookie()]).to.deep.equal([400, []]);
      }
      expect(log()).to.have.length(1);
      expect(log()[0]).to.match(REMEDY);

      const page = await follow(await browser.open(await browser.decide(window), { isFromElsewhere: true }));
      expect(page.text, 'the login that was under way').to.equal(SIGNED_IN);
    });
  }

  it('fetch, where the start of the login has a failureRedirect: it is led to the page of a failed login, and the log says why', async () => {
    await start({
      routes: (app, passport) =>
        app.get('/auth/threads', passport.authenticate('threads', { failureRedirect: '/failed' })),
    });
    const headers = { 'sec-fetch-dest': 'empty' };
    expect((await follow(await site().browser.open('/auth/threads', { headers }))).text).to.equal(FAILED);
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(REMEDY);
  });

  const startsAgain: Neighbours = {
    routes: (app, passport) => {
      app.get('/auth/threads', passport.authenticate('threads'));
      app.get(
        '/auth/threads/callback',
        passport.authenticate('threads', { successRedirect: '/', failureRedirect: '/auth/threads' }),
      );
    },
  };

  it('a failureRedirect to the start of the login leads who cancelled back to the window, without a word', async () => {
    const { browser, simulator } = await start(startsAgain);
    const callback = await browser.decide(await browser.start(), 'cancel');
    const page = await follow(await browser.open(callback, { isFromElsewhere: true }));
    expect(page.status).to.equal(302);
    expect(page.headers.get('location')).to.contain(new URL(simulator.url).host);
    expect(log()).to.deep.equal([]);
  });

  it('a failureRedirect to the start of the login leads a browser without cookies round in circles, and the log says why', async () => {
    const { browser } = await start(startsAgain);
    let window = await browser.start();
    for (let i = 0; i < 3; i += 1) {
      const callback = await browser.decide(window);
      await browser.jar.removeAllCookies();
      window = String((await follow(await browser.open(callback))).headers.get('location'));
    }
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(/reason `no_cookie`.*the browser blocks cookies/);
  });

  it("app.use('/auth/threads', …) runs at the callback too: the person is signed in and told that it failed, and the log says why", async () => {
    await start({
      routes: (app, passport) => {
        app.use('/auth/threads', passport.authenticate('threads'));
        app.get(
          '/auth/threads/callback',
          passport.authenticate('threads', { successRedirect: '/', failureRedirect: '/failed' }),
        );
      },
    });
    expect((await signIn()).text).to.equal(FAILED);
    expect((await site().browser.open('/')).text).to.equal(SIGNED_IN);
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(/for the second time in one request.*`used`.*mounted twice, as with app\.use/);
  });

  it("app.use('/auth/threads', …) starts nothing below the callback, and the log says why", async () => {
    const { browser } = await start({
      routes: (app, passport) => app.use('/auth/threads', passport.authenticate('threads')),
    });
    const { status, headers } = await browser.open('/auth/threads/callback/x');
    expect([status, headers.getSetCookie()]).to.deep.equal([400, []]);
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(/no login was started\. Logins start at a route of their own/);
  });

  it('one route for both legs starts nothing, and the log says why', async () => {
    const { browser } = await start({});
    expect((await follow(await browser.open('/auth/threads/callback'))).text).to.equal(FAILED);
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(/without a "code" or an "error".*Logins start at a route of their own/);
  });
});

describe('neighbours: a host that passes on the cookie `__session` alone, as Firebase Hosting does', () => {
  const { start, signIn, log } = useSite();
  const stripCookies: RequestHandler = (req, _res, next) => {
    const cookies = req.headers.cookie?.split('; ') ?? [];
    req.headers.cookie = cookies.filter((cookie) => cookie.startsWith('__session=')).join('; ');
    next();
  };

  it('fails, and the log names the host', async () => {
    await start({ before: (passport) => [stripCookies, withSession(), passport.session()] });
    expect((await signIn()).text).to.equal(FAILED);
    expect(log()).to.have.length(1);
    expect(log()[0]).to.match(
      /reason `no_cookie`.*Firebase Hosting passes on `__session` alone.*`state: true`/,
    );
  });

  it('signs the person in with a session cookie of that name and `state: true`', async () => {
    await start({
      before: (passport) => [stripCookies, withSession({ name: '__session' }), passport.session()],
      options: { state: true },
    });
    expect((await signIn()).text).to.equal(SIGNED_IN);
    expect(log()).to.deep.equal([]);
  });
});

describe("neighbours: helmet's form-action", () => {
  const { start, site } = useSite();
  const policyOf = async () =>
    String((await site().browser.open('/')).headers.get('content-security-policy'));

  it("is 'self' by default, so that Chromium follows no form to Threads", async () => {
    await start({ before: () => [helmet()] });
    expect(await policyOf()).to.contain("form-action 'self'");
  });

  it('takes the address of Threads beside it', async () => {
    const directives = { formAction: ["'self'", 'https://www.threads.com'] };
    await start({ before: () => [helmet({ contentSecurityPolicy: { directives } })] });
    expect(await policyOf()).to.contain("form-action 'self' https://www.threads.com");
  });
});
