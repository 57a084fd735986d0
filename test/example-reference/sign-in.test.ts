import { expect } from 'chai';
import {
  ADA,
  Browser,
  type Example,
  MATEO,
  sqlAt,
  startExample,
  temporaryDatabase,
  textOf,
} from './support.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  THREADS_SIMULATOR_URL: '',
  THREADS_APP_ID: '1234',
  THREADS_APP_SECRET: 'hush-hush',
  THREADS_CALLBACK_URL: 'https://threads-login.test/auth/threads/callback',
  SESSION_SECRET: 'a secret that is long enough for this',
  TOKEN_KEYS: Buffer.alloc(32, 'key').toString('base64url'),
};

describe('example/reference: signing in', () => {
  let example: Example;
  let browser: Browser;

  async function start(...args: Parameters<typeof startExample>): Promise<void> {
    example = await startExample(...args);
    browser = new Browser(example.origin);
  }

  afterEach(() => example.close());

  describe('that goes wrong', () => {
    it('shows a friendly page to a person who cancelled, and signs nobody in', async () => {
      await start();
      const page = await browser.signIn({ decision: 'cancel' });
      expect(page.status).to.equal(403);
      expect(textOf(page)).to.contain('You cancelled').and.to.contain('Continue with Threads');
      expect((await browser.request('/profile')).status).to.equal(303);
    });

    it('answers a person who is no tester yet with what to do about it', async () => {
      await start();
      const { url } = await browser.open('/auth/threads');
      const state = new URL(url).searchParams.get('state')!;
      const query = new URLSearchParams({ error_code: '1349245', error_message: 'Not <invited>', state });
      const page = await browser.open(`/auth/threads/callback?${query}`);
      expect(page.status).to.equal(502);
      expect(textOf(page))
        .to.contain('Your account is not invited yet')
        .and.to.contain('accept it in Threads');
      expect(page.html, 'folded').to.match(/<details[\s\S]*Not &lt;invited&gt;/);
    });

    it('says which permission is missing when the app cannot do without it', async () => {
      await start({ THREADS_REQUIRED_SCOPES: 'threads_content_publish' });
      const page = await browser.signIn({ scopes: ['threads_basic'] });
      expect(page.status).to.equal(403);
      expect(textOf(page)).to.match(/Publish posts for you threads_content_publish Required/);
      expect((await browser.request('/profile')).status).to.equal(303);
    });

    it('refuses an answer that this browser did not ask for', async () => {
      await start();
      const code = example.simulator.authorize({
        clientID: example.config.threads.clientID,
        redirectURI: example.config.threads.callbackURL,
      });
      const page = await browser.open(`/auth/threads/callback?code=${code}&state=stolen`);
      expect(page.status).to.equal(403);
      expect(textOf(page)).to.contain('could not be recognised').and.to.contain('Continue with Threads');
    });

    it('answers 502 when Threads cannot be reached, without naming codes or secrets', async () => {
      // Nobody gets this port by chance, as with one that was free a moment ago.
      await start({}, { endpoints: { tokenURL: 'http://127.0.0.1:9/oauth/access_token' } });
      const page = await browser.signIn();
      expect(page.status).to.equal(502);
      expect(textOf(page)).to.contain('Threads does not answer as it should');
      for (const secret of [browser.sent('code'), example.config.threads.clientSecret]) {
        expect(page.html).not.to.contain(secret);
        expect(example.log.join('\n')).not.to.contain(secret);
      }
      expect(example.log).to.satisfy((lines: string[]) =>
        lines.some((line) => line.startsWith('ThreadsNetworkError: ')),
      );
    });

    it('shows the message of the library to nobody in production, and writes it to the log', async () => {
      await start(PRODUCTION);
      const secure = { 'x-forwarded-proto': 'https' };
      const query = 'code=AQBx&state=stolen';
      const answer = await fetch(`${example.origin}/auth/threads/callback?${query}`, {
        redirect: 'manual',
        headers: secure,
      });
      const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
      const page = await fetch(`${example.origin}/sign-in/outcome`, { headers: { ...secure, cookie } });
      expect(page.status).to.equal(403);
      const html = await page.text();
      expect(html).to.contain('That sign-in could not be recognised').and.not.contain('For the developer');
      const lines = example.log.filter((line) => line.startsWith('Sign-in failed (invalid_state'));
      expect(lines).to.have.length(1);
      expect(lines[0]).not.to.match(/AQBx|stolen/);
    });

    it('answers 404 to every other address, and asks Threads nothing', async () => {
      await start();
      for (const path of [
        '/no/such/page',
        '/auth/threads/x',
        '/auth/threads/callback/x?code=a&state=b',
        '/auth/threads/link/callback/x?code=a&state=b',
        '/auth/threads/popup/callback/x?code=a&state=b',
        '/auth//threads',
        '/auth/threads/delete',
        '/deletions/%zz',
        '/%zz',
        '/sign-out',
        '/api/x',
      ]) {
        expect((await browser.request(path)).status, path).to.equal(404);
      }
      expect(example.simulator.requests).to.have.length(0);
    });

    it('leaves neither code nor state in the address, and can be reloaded', async () => {
      await start();
      const cancelled = await browser.signIn({ decision: 'cancel' });
      expect(cancelled.url).to.equal(`${example.origin}/sign-in/outcome#top`);
      expect(textOf(await browser.open('/sign-in/outcome'))).to.contain('You cancelled');
      const refused = await browser.open('/auth/threads/callback?code=AQBx&state=stolen');
      expect(refused.url).to.equal(`${example.origin}/sign-in/outcome#top`);
      expect(refused.status).to.equal(403);
      expect(refused.html).not.to.match(/AQBx|stolen/);
    });

    it('tells a browser without cookies that it keeps none', async () => {
      await start();
      const answer = await fetch(`${example.origin}/auth/threads/callback?code=AQBx&state=lost`);
      expect(answer.url).to.equal(`${example.origin}/sign-in/outcome`);
      expect(answer.status).to.equal(403);
      expect(await answer.text()).to.contain('keeps no cookies for this site');
    });

    it('is over for a while when one address tries again and again, on either leg', async () => {
      await start({ SIGN_IN_LIMIT: '3' });
      await browser.signIn({ decision: 'cancel' });
      expect((await browser.request('/auth/threads')).status).to.equal(302);
      for (const path of ['/auth/threads', '/auth/threads/callback?code=x&state=y', '/auth/threads/link']) {
        const page = await browser.request(path);
        expect(page.status).to.equal(429);
        expect(textOf(page)).to.contain('Please wait a minute');
        expect(Number(page.headers.get('retry-after'))).to.be.within(1, 60);
      }
      expect((await browser.request('/')).status).to.equal(200);
    });

    it('counts by the address that a trusted proxy names, and by no address that a person makes up', async () => {
      const tries = async (env: NodeJS.ProcessEnv) => {
        await start({ SIGN_IN_LIMIT: '1', ...env });
        const statuses = [];
        for (const address of ['192.0.2.1', '198.51.100.2', '192.0.2.3, 192.0.2.1']) {
          const headers = { 'x-forwarded-for': address };
          const { status } = await fetch(`${example.origin}/auth/threads`, { headers, redirect: 'manual' });
          statuses.push(status);
        }
        await example.close();
        return statuses;
      };
      expect(await tries({ TRUST_PROXY: 'loopback' })).to.deep.equal([302, 302, 429]);
      expect(await tries({ TRUST_PROXY: '203.0.113.9' })).to.deep.equal([302, 429, 429]);
      await start();
    });

    it('cannot forge a line of the log', async () => {
      await start();
      const { url } = await browser.open('/auth/threads');
      const state = new URL(url).searchParams.get('state')!;
      const query = new URLSearchParams({
        error: 'server_error',
        error_description: 'a\nGET /admin 200',
        state,
      });
      await browser.open(`/auth/threads/callback?${query}`);
      expect(example.log.join('\n')).to.contain('ThreadsAuthorizationError: a GET /admin 200');
      expect(example.log.some((line) => line.includes('\n'))).to.equal(false);
    });

    it('stops before it starts when https is promised and http is spoken', async () => {
      await start({ THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback' });
      const page = await browser.open('/auth/threads');
      expect(page.status).to.equal(400);
      expect(textOf(page)).to.contain('https://app.example').and.to.contain('TRUST_PROXY');
    });

    it('starts behind a proxy on this machine that ends https', async () => {
      await start({ THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback' });
      const response = await fetch(`${example.origin}/auth/threads`, {
        redirect: 'manual',
        headers: { 'x-forwarded-proto': 'https' },
      });
      expect(response.status).to.equal(302);
      expect(response.headers.get('set-cookie')).to.match(
        /^__Host-.*Path=\/;.*HttpOnly; Secure; SameSite=Lax/,
      );
    });
  });

  describe('that goes well', () => {
    it('leads from the button to the profile', async () => {
      await start();
      const home = await browser.open('/');
      expect(home.html).to.contain('<a class="button" href="/auth/threads">Continue with Threads</a>');
      const page = await browser.signIn();
      expect(page.status).to.equal(200);
      expect(new URL(page.url).pathname).to.equal('/profile');
      const text = textOf(page);
      expect(text).to.contain('Welcome, Ada Okafor @ada.okafor This is your first time here.');
      expect(text).to.contain(ADA);
      expect(page.html).to.contain(`src="${new URL(example.simulator.endpoints.graphURL).origin}/pictures/`);
      expect(text.match(/ Granted /g)).to.have.length(3);
      expect(text).to.match(/Expires in (59|60) days/);
    });

    it('leaves no trace of the #_ that Threads adds', async () => {
      await start();
      const page = await browser.signIn();
      expect(new URL(page.url).hash).to.equal('#top');
      const script = await browser.open('/page.js');
      expect(script.headers.get('content-type')).to.contain('javascript');
      expect(page.html).to.contain('<script src="/page.js"></script>');
    });

    it('shows a permission that was unticked as not granted', async () => {
      await start();
      const page = await browser.signIn({ scopes: ['threads_basic', 'threads_content_publish'] });
      expect(textOf(page)).to.match(/threads_content_publish Granted .*threads_manage_insights Not granted/);
    });

    it('reports the permissions of a person who is no tester, with default options', async () => {
      await start();
      const page = await browser.signIn({ user: MATEO });
      expect(page.status).to.equal(200);
      const text = textOf(page);
      expect(text).not.to.contain('Threads did not report which permissions you granted');
      expect(text).to.match(/ Granted /);
      expect(text).not.to.contain('Expires Not reported');
    });

    it('promises https for a year over https, and never over http', async () => {
      await start({ THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback' });
      const over = (protocol: string) =>
        fetch(example.origin, { headers: { 'x-forwarded-proto': protocol } });
      const name = 'strict-transport-security';
      expect((await over('https')).headers.get(name)).to.equal('max-age=31536000');
      expect((await over('http')).headers.get(name)).to.equal(null);
    });

    it('keeps pages about a person out of every cache and every frame', async () => {
      await start();
      const { headers } = await browser.signIn();
      expect(headers.get('cache-control')).to.equal('no-store');
      expect(headers.get('referrer-policy')).to.equal('no-referrer');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      expect(headers.get('content-security-policy')).to.contain("frame-ancestors 'none'");
      expect(headers.get('content-security-policy')).not.to.contain('unsafe');
    });

    it('gives the session a new id, and leaves nothing of the old one', async () => {
      await start();
      await browser.signIn();
      const planted = await browser.jar.getCookieString(example.origin);
      await browser.signIn();
      expect(await browser.jar.getCookieString(example.origin)).not.to.equal(planted);
      const replay = await fetch(`${example.origin}/profile`, {
        headers: { cookie: planted },
        redirect: 'manual',
      });
      expect(replay.status).to.equal(303);
    });

    it('works in two tabs of one browser at the same time', async () => {
      await start();
      const first = await browser.open('/auth/threads?returnTo=/profile%3Ftab=1');
      const second = await browser.open('/auth/threads?returnTo=/profile%3Ftab=2');
      const allow = { decision: 'allow', user: ADA };
      expect((await browser.open(first.url, allow)).url).to.equal(`${example.origin}/profile?tab=1#top`);
      expect((await browser.open(second.url, allow)).url).to.equal(`${example.origin}/profile?tab=2#top`);
    });

    it('sets no cookie for a person who only looks', async () => {
      await start();
      expect((await browser.open('/')).headers.getSetCookie()).to.deep.equal([]);
    });

    it('writes neither codes nor tokens to the log', async () => {
      await start();
      await browser.signIn();
      expect(example.log.join('\n')).to.match(/GET \/auth\/threads\/callback 303/);
      expect(example.log.join('\n')).not.to.match(/code=|AQ|THQV|\?/);
    });
  });

  describe('and coming back', () => {
    it('greets a returning user after a restart, and shows what changed meanwhile', async () => {
      const database = await temporaryDatabase();
      try {
        const env = { DATABASE_URL: database.url };
        await start(env);
        await browser.signIn();
        await example.close();
        await start(env);
        example.simulator.addUser({ id: ADA, username: 'ada.lindqvist', name: 'Ada Lindqvist' });
        const page = await browser.signIn();
        expect(textOf(page)).to.match(
          /Welcome back, Ada Lindqvist @ada.lindqvist You first signed in on \d+ \w+ \d{4}\./,
        );
      } finally {
        await database.remove();
      }
    });

    it('tells a person why they must come back, and forgets it once they did', async () => {
      const database = await temporaryDatabase();
      try {
        await start({ DATABASE_URL: database.url });
        await browser.signIn();
        for (const [reason, why] of [
          ['logged_out', 'You logged out of Threads or changed your password there.'],
          ['checkpoint', 'Threads wants you to confirm something first.'],
          ['a reason of tomorrow', 'Threads does not accept the access that you gave any more.'],
        ] as const) {
          // As a job does that asks Threads about the tokens.
          await sqlAt(database.url, { sql: 'UPDATE tokens SET requires_login = :reason', args: { reason } });
          const page = await browser.open('/profile');
          expect(textOf(page)).to.contain(`Please sign in again ${why}`).and.not.to.contain('Expires in');
          expect(page.html).to.contain('href="/auth/threads?returnTo=/profile">Sign in again</a>');
        }
        expect(textOf(await browser.signIn())).not.to.contain('Please sign in again');
      } finally {
        await database.remove();
      }
    });

    it('tells a person to sign in again before the grant ends, where no refresh has extended it', async () => {
      const database = await temporaryDatabase();
      try {
        await start({ DATABASE_URL: database.url });
        await browser.signIn();
        expect(textOf(await browser.open('/profile'))).not.to.contain('sign in again');
        const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * 24 * 60 * 60;
        await sqlAt(database.url, {
          sql: 'UPDATE tokens SET issued_at = :issuedAt, data_access_expires_at = :end',
          args: { issuedAt: inDays(-2), end: inDays(10.2) },
        });
        const page = await browser.open('/profile');
        expect(textOf(page))
          .to.contain('Please sign in again soon What you allowed in Threads ends in 10 days.')
          .and.to.contain('Expires in');
        expect(page.html).to.contain('href="/auth/threads?returnTo=/profile">Sign in again</a>');
        expect(textOf(await browser.signIn())).not.to.contain('sign in again');
      } finally {
        await database.remove();
      }
    });

    it('sends a person who asked for a page there after sign-in', async () => {
      await start();
      const asked = await browser.open('/profile?from=letter');
      expect(new URL(asked.url).pathname).to.equal('/');
      const href = /href="(\/auth\/threads\?[^"]+)"/.exec(asked.html)![1]!;
      const returnTo = new URL(href, example.origin).searchParams.get('returnTo')!;
      const page = await browser.signIn({ returnTo });
      expect(page.status).to.equal(200);
      expect(page.url).to.equal(`${example.origin}/profile?from=letter#top`);
    });

    for (const returnTo of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      '/.//evil.example',
      '/\tevil.example',
      '/auth/threads',
    ]) {
      it(`does not send anyone to ${JSON.stringify(returnTo)}`, async () => {
        await start();
        const page = await browser.signIn({ returnTo });
        expect(page.url).to.equal(`${example.origin}/profile#top`);
        const home = await browser.open(`/?${new URLSearchParams({ returnTo })}`);
        expect(home.html).not.to.contain('evil');
      });
    }
  });
});

describe('example/reference: signing out', () => {
  let example: Example;
  let browser: Browser;

  beforeEach(async () => {
    example = await startExample();
    browser = new Browser(example.origin);
  });

  afterEach(() => example.close());

  const tokenIn = (html: string) => /name="csrf" value="([^"]+)"/.exec(html)![1]!;

  it('does not happen by a link', async () => {
    await browser.signIn();
    expect((await browser.open('/sign-out')).status).to.equal(404);
    expect((await browser.open('/profile')).status).to.equal(200);
  });

  it('does not happen without the token of the session', async () => {
    await browser.signIn();
    const stranger = new Browser(example.origin);
    const { html } = await stranger.signIn();
    for (const form of [{}, { csrf: '' }, { csrf: 'x' }, { csrf: tokenIn(html) }]) {
      const page = await browser.open('/sign-out', form as Record<string, string>);
      expect(page.status).to.equal(403);
      expect(textOf(page)).to.contain('That did not come from a page of Spool');
    }
    expect((await browser.open('/profile')).status).to.equal(200);
  });

  it('ends the session for good, even for somebody who kept the cookie', async () => {
    const { html } = await browser.signIn();
    const cookie = await browser.jar.getCookieString(example.origin);
    const page = await browser.open('/sign-out', { csrf: tokenIn(html) });
    expect(new URL(page.url).pathname).to.equal('/');
    expect(textOf(page)).to.contain('Continue with Threads');
    expect(await browser.jar.getCookieString(example.origin)).to.equal('');
    const replay = await fetch(`${example.origin}/profile`, { headers: { cookie }, redirect: 'manual' });
    expect(replay.status).to.equal(303);
  });

  it('is no error when it happened already', async () => {
    const page = await browser.open('/sign-out', {});
    expect(page.status).to.equal(200);
  });
});

describe('example/reference: other pages', () => {
  let example: Example;

  beforeEach(async () => {
    example = await startExample();
  });

  afterEach(() => example.close());

  it('says that there is no such page', async () => {
    const page = await new Browser(example.origin).open('/nowhere');
    expect(page.status).to.equal(404);
    expect(textOf(page)).to.contain('There is no such page');
  });

  it('blames a path that cannot be read on the request, and shows no stack trace', async () => {
    const page = await new Browser(example.origin).open('/%c0%af');
    expect(page.status).to.be.within(400, 404);
    expect(page.html).not.to.match(/\bat \S+ \(|node_modules/);
  });
});
