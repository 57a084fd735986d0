import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { simulatedApp } from '../../lib/simulator/index.js';
import { Browser } from '../example-reference/support.js';
import { ADA, type Recipe, runRecipe, signsPeopleIn, startRecipe, ZOE } from './support.js';

const FOLDER = new URL('../../example/recipes/', import.meta.url);
const { clientID } = simulatedApp;

describe('example/recipes', () => {
  let recipe: Recipe;
  afterEach(() => recipe?.close());

  const start = (file: string) => async () => {
    recipe = await startRecipe(file);
  };
  const home = async () => (await recipe.browser.open('/')).html;

  for (const [file, mark] of [
    ['ask-for-more.mjs', `You are ${ADA}`],
    ['hono.mjs', `You are ${ADA}`],
    ['own-session.mjs', `You are ${ADA}`],
    ['serverless.mjs', `You are ${ADA}`],
  ] as const) {
    describe(file, () => {
      beforeEach(start(file));
      signsPeopleIn(() => recipe);

      it('signs a person in, with a cookie that scripts and other sites do not get', async () => {
        const { url } = await recipe.browser.open('/auth/threads');
        const callback = await recipe.browser.request(recipe.simulator.answer(url));
        expect(callback.status).to.equal(303);
        expect(callback.headers.get('location')).to.match(/^\/(\?outcome=signed_in)?#$/);
        const cookies = callback.headers
          .getSetCookie()
          .filter((cookie) => !cookie.startsWith('threads-login'));
        expect(cookies).to.have.length(1);
        expect(cookies[0])
          .to.match(/HttpOnly/)
          .and.match(/SameSite=Lax/);
        expect(await home()).to.contain(mark);
      });

      if (file === 'ask-for-more.mjs') return;
      it('signs out, and takes no session that somebody made up', async () => {
        await recipe.browser.signIn();
        const stranger = new Browser(recipe.origin);
        for (const name of ['session', 'signed-in']) {
          await stranger.jar.setCookie(`${name}=made-up`, recipe.origin);
        }
        expect((await stranger.open('/')).html).to.contain('Continue with Threads');
        await recipe.browser.open('/sign-out', {});
        expect(await home()).to.contain('Continue with Threads');
      });
    });
  }

  describe('ask-for-more.mjs', () => {
    beforeEach(start('ask-for-more.mjs'));

    const answer = async (options: Parameters<Recipe['simulator']['answer']>[1] = {}) => {
      const { url } = await recipe.browser.open('/allow', {});
      return recipe.browser.open(recipe.simulator.answer(url, options));
    };

    it('asks for nothing in the name of a stranger', async () => {
      expect((await recipe.browser.open('/allow', {})).html).to.contain('Continue with Threads');
    });

    it('changes nothing when another account allows it', async () => {
      await recipe.browser.signIn();
      expect((await answer({ userId: ZOE })).html).to.contain('nothing has changed');
      expect(await home())
        .to.contain(ADA)
        .and.contain('Allow this app to publish');
    });

    it('says what to do about a permission that was refused', async () => {
      await recipe.browser.signIn();
      expect((await answer({ scope: 'threads_basic' })).html).to.contain('remove this app in Threads');
    });

    it('has the permission afterwards', async () => {
      await recipe.browser.signIn();
      expect((await answer()).html)
        .to.contain('Thank you')
        .and.contain('may publish for you');
    });
  });

  describe('link-an-account.mjs', () => {
    beforeEach(start('link-an-account.mjs'));

    const signIn = (browser: Browser, name: string) => browser.open('/sign-in', { name });
    async function link(browser: Browser, userId = ADA) {
      const { url } = await browser.open('/auth/threads/link', {});
      return browser.open(recipe.simulator.answer(url, { userId }));
    }

    it('starts by no link, which another website could have', async () => {
      await signIn(recipe.browser, 'grace');
      expect((await recipe.browser.request('/auth/threads/link')).status).to.equal(404);
      expect((await recipe.browser.request('/auth/threads/callback')).status).to.equal(303);
      expect(recipe.simulator.requests).to.have.length(0);
    });

    it('links nothing with the answer to a linking of somebody else', async () => {
      const attacker = new Browser(recipe.origin);
      await signIn(attacker, 'mallory');
      const { url } = await attacker.open('/auth/threads/link', {});
      await signIn(recipe.browser, 'heidi');
      const page = await recipe.browser.open(recipe.simulator.answer(url, { userId: ZOE }));
      expect(page.html).to.contain('Nothing was linked').and.not.contain('zoe_nguyen');
    });

    it('links no account that another user has linked', async () => {
      await signIn(recipe.browser, 'ivan');
      expect((await link(recipe.browser)).html).to.contain('@ada.okafor');
      const other = new Browser(recipe.origin);
      await signIn(other, 'judy');
      expect((await link(other)).html)
        .to.contain('linked to somebody else')
        .and.not.contain('@ada');
      await recipe.browser.open('/unlink', {});
      expect((await link(other)).html).to.contain('The account is linked');
      await other.open('/unlink', {});
    });

    it('says that the person cancelled, and that Threads is down', async () => {
      await signIn(recipe.browser, 'kim');
      const { url } = await recipe.browser.open('/auth/threads/link', {});
      const cancelled = await recipe.browser.open(recipe.simulator.answer(url, { decision: 'cancel' }));
      expect(cancelled.html).to.contain('You cancelled');
      recipe.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
      expect((await link(recipe.browser)).html).to.contain('try again later');
      expect(recipe.log).to.have.length(2);
    });
  });

  describe('popup.mjs', () => {
    beforeEach(start('popup.mjs'));

    const popup = async (options: Parameters<Recipe['simulator']['answer']>[1] = {}) => {
      const { url } = await recipe.browser.open('/auth/threads?popup=1');
      return recipe.browser.open(recipe.simulator.answer(url, options));
    };

    it('tells the page who signed in, and no other origin, at an address without a code', async () => {
      const page = await popup();
      expect(page.url).to.equal(`${recipe.origin}/done`);
      expect(page.html).to.contain(`{"name":"Ada Okafor"}`).and.contain('location.origin)');
      expect(page.headers.get('cross-origin-opener-policy')).to.equal('unsafe-none');
      const home = await recipe.browser.open('/');
      expect(home.headers.get('cross-origin-opener-policy')).to.equal('same-origin-allow-popups');
      expect(home.html).to.contain('You are signed in').and.not.contain('Continue with Threads');
    });

    it('tells the page that the person cancelled, and that Threads is down', async () => {
      expect((await popup({ decision: 'cancel' })).html).to.contain('{"problem":"You cancelled');
      recipe.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
      expect((await popup()).html).to.contain('{"problem":"Threads could not sign you in');
    });

    it('writes a name as text: attack by markup in the name of a person', async () => {
      recipe.simulator.addUser({ id: ADA, username: 'ada', name: '</script><img src=x onerror=alert(1)>' });
      expect((await popup()).html).not.to.contain('<img');
    });

    it('quotes nothing of the address', async () => {
      for (const problem of ['<img src=x>', 'toString', '__proto__']) {
        const page = await recipe.browser.open(`/done?${new URLSearchParams({ problem })}`);
        expect(page.html).to.contain('try again later').and.not.contain('<img');
      }
    });

    it('signs in by the redirect where there is no popup', async () => {
      expect((await recipe.browser.signIn()).url).to.equal(`${recipe.origin}/`);
    });
  });

  describe('phone-token.mjs', () => {
    beforeEach(start('phone-token.mjs'));

    async function send(method: string, path: string, token?: string) {
      const headers = token ? { authorization: `Bearer ${token}` } : undefined;
      const response = await fetch(new URL(path, recipe.origin), { method, headers });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
    }

    it('refuses a missing token, one of another app and a dead one, with a challenge', async () => {
      const missing = await send('POST', '/api/session');
      expect([missing.status, missing.body]).to.deep.equal([401, { error: 'missing_token' }]);
      const other = { clientID: '4242', clientSecret: 'of another app', redirectURIs: [] };
      recipe.simulator.addApp(other);
      const dead = recipe.simulator.issueToken({ clientID });
      recipe.simulator.expireToken(dead);
      for (const token of [recipe.simulator.issueToken({ clientID: '4242' }), dead]) {
        const { status, body, headers } = await send('POST', '/api/session', token);
        expect([status, body]).to.deep.equal([401, { error: 'invalid_token' }]);
        expect(headers.get('www-authenticate')).to.contain('error="invalid_token"');
      }
    });

    it('does not take a token of Threads for a session, nor a made-up one', async () => {
      for (const token of [undefined, 'made-up', recipe.simulator.issueToken({ clientID })]) {
        expect((await send('GET', '/api/me', token)).status).to.equal(401);
      }
    });

    it('answers 502 when Threads is down', async () => {
      recipe.simulator.fail('/debug_token', { status: 503, body: {} });
      const { status, body } = await send('POST', '/api/session', recipe.simulator.issueToken({ clientID }));
      expect([status, body]).to.deep.equal([502, { error: 'unavailable' }]);
    });

    it('gives a session for a token, until it is ended', async () => {
      const token = recipe.simulator.issueToken({ clientID });
      const { status, body } = await send('POST', '/api/session', token);
      expect(status).to.equal(201);
      const me = await send('GET', '/api/me', body.session);
      expect(me.body).to.deep.equal({ id: ADA, username: 'ada.okafor' });
      expect((await send('DELETE', '/api/session', body.session)).status).to.equal(204);
      expect((await send('GET', '/api/me', body.session)).status).to.equal(401);
      expect((await send('GET', '/api/nothing')).status).to.equal(404);
    });
  });

  describe('nestjs.mts, as `npm run recipe nestjs` starts it', () => {
    it('signs a person in, says why a login failed, and logs it', async () => {
      const { child, exited, printed, output, origin } = await runRecipe('nestjs');
      try {
        await printed(`Open ${origin}`);
        const browser = new Browser(origin);
        expect((await browser.signIn({ decision: 'cancel' })).html).to.contain('You cancelled');
        const stolen = await browser.open('/auth/threads/callback?code=AQBx&state=stolen');
        expect(stolen.html).to.contain('Please start again');
        expect(stolen.url).not.to.contain('AQBx');
        expect((await browser.signIn()).html).to.contain(`You are ${ADA}`);
        expect((await browser.request('/nowhere')).status).to.equal(404);
      } finally {
        child.kill('SIGTERM');
      }
      await exited;
      expect(output.stdout + output.stderr)
        .to.contain('access_denied')
        .and.contain('invalid_state')
        .and.not.contain('AQBx');
    });
  });

  for (const name of ['popup', 'hono', 'phone-token']) {
    it(`starts by one command: npm run recipe ${name}`, async () => {
      const { child, exited, printed, origin } = await runRecipe(name);
      await printed(`Open ${origin}`);
      expect((await fetch(origin)).status).to.be.oneOf([200, 404]);
      child.kill('SIGTERM');
      await exited;
    });
  }

  it('has one file of at most 110 lines a use, none of which imports another', () => {
    for (const file of readdirSync(FOLDER).filter((name) => /\.m[jt]s$/.test(name))) {
      const text = readFileSync(new URL(file, FOLDER), 'utf8');
      expect(text.trimEnd().split('\n').length, file).to.be.at.most(110);
      if (!/start|on-simulator/.test(file)) expect(text, file).not.to.match(/from '\./);
    }
  });
});
