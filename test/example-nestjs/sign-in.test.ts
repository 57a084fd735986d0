import { expect } from 'chai';
import supertest from 'supertest';
import {
  ADA,
  buildExample,
  comeBack,
  decide,
  type Example,
  MATEO,
  outcomeOf,
  startExample,
} from './support.js';

describe('example/nestjs: signing in', () => {
  let example: Example;

  before(buildExample);

  beforeEach(async () => {
    example = await startExample();
  });

  afterEach(() => example.close());

  const signedInCookie = (headers: Record<string, unknown>) =>
    (headers['set-cookie'] as unknown as string[]).find((cookie) => cookie.startsWith('signed-in='));

  describe('that goes wrong', () => {
    it('shows a friendly page to a person who cancelled, and signs nobody in', async () => {
      const { browser } = example;
      const page = await outcomeOf(browser, comeBack(browser, { decision: 'cancel' }));
      expect(page.status).to.equal(403);
      expect(page.text).to.contain('You cancelled, and that is fine').and.contain('Continue with Threads');
      await browser.get('/profile').expect(303).expect('location', '/');
    });

    it('refuses an answer that this browser did not ask for', async () => {
      const { browser } = example;
      const page = await outcomeOf(browser, browser.get('/auth/threads/callback?code=AQ&state=stolen'));
      expect(page.status).to.equal(403);
      expect(page.text).to.contain('That sign-in could not be recognised').and.contain('For the developer');
    });

    it('refuses the same answer a second time', async () => {
      const { browser } = example;
      const { headers } = await browser.get('/auth/threads');
      const callback = await decide(String(headers.location));
      await browser.get(callback).expect(303);
      expect((await outcomeOf(browser, browser.get(callback))).status).to.equal(403);
    });

    it('tells a browser without cookies that it keeps none', async () => {
      const stranger = supertest(example.app.getHttpServer());
      await stranger.get('/auth/threads/callback?code=AQ&state=lost').expect(303);
      const page = await stranger.get('/sign-in/outcome').expect(403);
      expect(page.text)
        .to.contain('keeps no cookies for this site')
        .and.not.match(/AQ|lost/);
    });

    it('takes the cookie of an outcome for no session, and that of a session for no outcome', async () => {
      const { browser } = example;
      const failed = await browser.get('/auth/threads/callback?code=AQ&state=stolen').expect(303);
      const outcome = String(failed.headers['set-cookie']).match(/outcome=([^;]+)/)![1]!;
      const session = signedInCookie((await comeBack(browser)).headers)!.split(/[=;]/)[1]!;
      const stranger = supertest(example.app.getHttpServer());
      await stranger.get('/profile').set('Cookie', `signed-in=${outcome}`).expect(303);
      const page = await stranger.get('/sign-in/outcome').set('Cookie', `outcome=${session}`).expect(403);
      expect(page.text).to.contain('keeps no cookies for this site');
    });

    it('is over for a while when one address tries again and again, on either leg', async () => {
      const limited = await startExample({ SIGN_IN_LIMIT: '1' });
      try {
        await limited.browser.get('/auth/threads').expect(302);
        for (const path of ['/auth/threads', '/auth/threads/callback?code=AQ&state=x']) {
          const page = await limited.browser.get(path).expect(429);
          expect(page.text).to.contain('Please wait a minute');
          expect(Number(page.headers['retry-after'])).to.be.within(1, 60);
        }
        await limited.browser.get('/').expect(200);
      } finally {
        await limited.close();
      }
    });

    it('answers a person who is no tester yet with what to do about it', async () => {
      const { browser } = example;
      const { headers } = await browser.get('/auth/threads');
      const query = new URLSearchParams({
        error_code: '1349245',
        error_message: 'Not <invited>',
        state: new URL(String(headers.location)).searchParams.get('state')!,
      });
      const page = await outcomeOf(browser, browser.get(`/auth/threads/callback?${query}`));
      expect(page.status).to.equal(502);
      expect(page.text).to.contain('Your account is not invited yet').and.contain('accept it in Threads');
      expect(page.text, 'folded').to.match(/<details[^>]*>.*Not &lt;invited&gt;/);
    });

    it('answers with 502 when Threads refuses the code', async () => {
      const { browser, simulator } = example;
      const { headers } = await browser.get('/auth/threads');
      const callback = await decide(String(headers.location));
      simulator.addApp({
        clientID: '1234567890123456',
        clientSecret: 'changed meanwhile',
        redirectURIs: ['http://localhost:3000/auth/threads/callback'],
      });
      const page = await outcomeOf(browser, browser.get(callback));
      expect(page.status).to.equal(502);
      expect(page.text)
        .to.contain('Signing in does not work at the moment')
        .and.not.contain('simulated-app-secret');
      const { code } = Object.fromEntries(new URLSearchParams(callback.split('?')[1]));
      expect(page.text).not.to.contain(code);
    });

    it('has the status of the error, words for the person, and one line in the log for each', async () => {
      const lines: string[] = [];
      const add = (line: unknown) => void lines.push(String(line));
      const logger = { log() {}, warn: add, error: add };
      const logged = await startExample({}, { logger });
      try {
        for (const [fault, status, text, line] of [
          [
            { status: 503, body: {} },
            502,
            'Threads does not answer as it should',
            /^Sign-in failed \(unavail/,
          ],
          [
            { code: 4, headers: { 'Retry-After': '90' } },
            503,
            'try again in 2 minutes',
            /^Sign-in failed \(rate/,
          ],
          [{ code: 101 }, 502, 'Signing in does not work at the moment', /^Sign-in failed \(refused\)/],
        ] as const) {
          lines.length = 0;
          const { headers } = await logged.browser.get('/auth/threads').expect(302);
          const callback = await decide(String(headers.location));
          logged.simulator.fail('POST /oauth/access_token', { ...fault, times: 1 });
          const page = await outcomeOf(logged.browser, logged.browser.get(callback));
          expect(page.status).to.equal(status);
          expect(page.text.replace(/<details.*<\/details>/, ''))
            .to.contain(text)
            .and.not.contain('clientSecret');
          expect(page.headers['retry-after']).to.equal(status === 503 ? '90' : undefined);
          expect(lines).to.have.length(1);
          expect(lines[0]).to.match(line);
          expect(lines[0]).not.to.contain(new URLSearchParams(callback.split('?')[1]).get('code'));
        }
        lines.length = 0;
        await comeBack(logged.browser, { decision: 'cancel' });
        expect(lines).to.have.length(1);
        expect(lines[0]).to.match(/^Sign-in failed \(access_denied\)/);
      } finally {
        await logged.close();
      }
    });

    it('shows the message of the library to nobody in production', async () => {
      const production = await startExample({
        NODE_ENV: 'production',
        THREADS_SIMULATOR_URL: '',
        THREADS_APP_ID: '1234',
        THREADS_APP_SECRET: 'hush-hush',
        THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
        JWT_SECRET: 'a secret that is long enough for this',
      });
      try {
        const answer = await production.browser.get('/auth/threads/callback?code=AQ&state=x').expect(303);
        const cookie = String(answer.headers['set-cookie']).split(';')[0]!;
        const page = await production.browser.get('/sign-in/outcome').set('Cookie', cookie).expect(403);
        expect(page.text).to.contain('could not be recognised').and.not.contain('For the developer');
      } finally {
        await production.close();
      }
    });

    it('says that there is no such page', async () => {
      const page = await example.browser.get('/nowhere');
      expect(page.status).to.equal(404);
      expect(page.text).to.contain('There is no such page');
    });
  });

  describe('that goes well', () => {
    it('leads from the button to the profile', async () => {
      const { browser, simulator } = example;
      const home = await browser.get('/').expect(200);
      expect(home.text).to.contain('<a class="button" href="/auth/threads">Continue with Threads</a>');

      const callback = await comeBack(browser);
      expect(callback.status).to.equal(303);
      const profile = await browser.get('/profile').expect(200);
      expect(profile.text)
        .to.contain('<h1>Ada Okafor</h1>')
        .and.contain('>@ada.okafor</a>')
        .and.contain(ADA)
        .and.contain(`<img src="${new URL(simulator.endpoints.graphURL).origin}/pictures/`);
      expect(profile.text.match(/<li><code>threads_\w+<\/code><\/li>/g)).to.have.length(3);
      expect(profile.headers['cache-control']).to.equal('no-store');
    });

    it('leaves no trace of the #_ that Threads adds', async () => {
      const callback = await comeBack(example.browser);
      expect(callback.headers.location).to.equal('/profile#top');
      const script = await example.browser.get('/page.js').expect(200);
      expect(script.headers['content-type']).to.contain('javascript');
    });

    it('keeps the token from scripts and other sites, and nothing of the sign-in', async () => {
      const { headers } = await comeBack(example.browser);
      expect(signedInCookie(headers)).to.match(
        /^signed-in=ey[\w-]+\.[\w-]+\.[\w-]+; Max-Age=28800; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      );
      const cookies = headers['set-cookie'] as unknown as string[];
      expect(cookies.some((cookie) => /^threads-login-[\w-]+=; Max-Age=0/.test(cookie))).to.equal(true);
    });

    it('sends the token over https alone where the callback is https', async () => {
      const secure = await startExample({
        THREADS_CALLBACK_URL: 'https://app.example/auth/threads/callback',
      });
      try {
        const start = await secure.browser.get('/auth/threads');
        const state = String(start.headers['set-cookie']).split(';')[0]!;
        expect(state).to.match(/^__Host-/);
        const callback = await decide(String(start.headers.location));
        const { headers } = await secure.browser.get(callback).set('Cookie', state).expect(303);
        expect(String(headers['set-cookie'])).to.match(/__Host-signed-in=ey.*; Secure; SameSite=Lax/);
        const hsts = 'strict-transport-security';
        const over = await secure.browser.get('/').set('X-Forwarded-Proto', 'https');
        expect(over.headers[hsts]).to.equal('max-age=31536000');
        expect((await secure.browser.get('/')).headers, 'over http').not.to.have.property(hsts);
      } finally {
        await secure.close();
      }
    });

    it('shows only the permissions that were granted', async () => {
      await comeBack(example.browser, { scopes: ['threads_basic'] });
      const { text } = await example.browser.get('/profile');
      expect(text.match(/<li><code>.*?<\/li>/g)).to.deep.equal(['<li><code>threads_basic</code></li>']);
    });

    it('reports the permissions of a person who is no tester, with default options', async () => {
      await comeBack(example.browser, { user: MATEO });
      const { text } = await example.browser.get('/profile').expect(200);
      expect(text).not.to.contain('Threads did not report them.');
      expect(text).to.contain('threads_basic');
    });

    it('escapes what people call themselves', async () => {
      example.simulator.addUser({ id: ADA, username: 'ada', name: '<script>"&\'' });
      await comeBack(example.browser);
      const { text } = await example.browser.get('/profile');
      expect(text).to.contain('<h1>&lt;script&gt;&quot;&amp;&#39;</h1>');
    });
  });

  describe('and out', () => {
    it('does not happen by a link', async () => {
      await comeBack(example.browser);
      await example.browser.get('/sign-out').expect(404);
      await example.browser.get('/profile').expect(200);
    });

    it('takes no cookie from a form that comes without one, as from another website', async () => {
      const page = await example.browser.post('/sign-out').expect(303);
      expect(page.headers).not.to.have.property('set-cookie');
    });

    it('does not happen at the wish of another site, even one on the same domain, whose forms bring the cookie', async () => {
      const { browser, origin } = example;
      await comeBack(browser);
      const { port } = new URL(origin);
      const others = [
        'https://evil.example',
        'null',
        '',
        `https://localhost:${port}`,
        `${origin}.evil.example`,
      ];
      for (const other of others) {
        const page = await browser.post('/sign-out').set('Origin', other).expect(403);
        expect(page.text).to.contain('did not come from a page of this app');
      }
      await browser.post('/sign-out').expect(403);
      await browser.get('/profile').expect(200);
    });

    it('ends at the start, also for somebody who kept the cookie', async () => {
      const { browser, origin } = example;
      const kept = signedInCookie((await comeBack(browser)).headers)!.split(';')[0]!;
      await browser.post('/sign-out').set('Origin', origin).expect(303).expect('location', '/');
      await browser.get('/profile').expect(303);
      const { text } = await browser.get('/');
      expect(text).to.contain('Continue with Threads').and.not.contain('Sign out');
      await supertest(example.app.getHttpServer()).get('/profile').set('Cookie', kept).expect(303);
    });
  });

  it('believes no cookie but its own', async () => {
    const { browser } = example;
    const { headers } = await comeBack(browser);
    const token = signedInCookie(headers)!.split(/[=;]/)[1]!;
    const [head, body, signature] = token.split('.') as [string, string, string];
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [
      'nonsense',
      `${head}.${base64({ sub: ADA, name: 'Mallory' })}.${signature}`,
      `${base64({ alg: 'none', typ: 'JWT' })}.${body}.`,
    ];
    const stranger = supertest(example.app.getHttpServer());
    for (const cookie of forged) {
      await stranger.get('/profile').set('Cookie', `signed-in=${cookie}`).expect(303);
    }
    await stranger.get('/profile').set('Cookie', `signed-in=${token}`).expect(200);
  });
});
