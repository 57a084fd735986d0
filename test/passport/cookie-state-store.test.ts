import { expect } from 'chai';
import { CookieStateStore, type CookieStateStoreOptions, ThreadsStrategy } from '../../lib/index.js';
import { closeAll } from '../faults/serve.js';
import { response } from '../support/response.js';
import { runStrategy } from '../support/run-strategy.js';
import {
  clientID,
  clientSecret,
  frameworks,
  HTTP_CALLBACK,
  HTTPS_CALLBACK,
  MINUTE,
  type Page,
  type Site,
  startSite,
  storeWithClock,
} from './state-app.js';

const USER = '17841405793187219';

afterEach(closeAll);

/** Refused before Threads was asked anything. */
async function expectRefused(site: Site, attempt: Promise<Page>) {
  const before = site.asked();
  const page = await attempt;
  expect(page).to.have.nested.property('json.type', 'invalid_state');
  expect(page.status).to.equal(403);
  expect(site.asked()).to.equal(before);
}

function expectSignedIn(page: Page) {
  expect(page.json).to.include({ user: USER });
  expect(page.status).to.equal(200);
}

/** What a browser keeps: names and values, expired ones taken out. */
function browser() {
  const jar = new Map<string, string>();
  return {
    get cookie() {
      return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    },
    get attempts() {
      return [...jar.keys()].filter((name) => name.includes('threads-login-'));
    },
    keep({ setCookies }: Page) {
      for (const line of setCookies) {
        const [pair = '', ...attributes] = line.split('; ');
        const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
        if (attributes.includes('Max-Age=0')) jar.delete(name);
        else jar.set(name, value);
      }
    },
  };
}

describe('A callback that did not start in this browser is refused with 403', () => {
  it('without a cookie', async () => {
    const site = await startSite();
    const { state } = await site.start();
    await expectRefused(site, site.callback(state));
  });

  it('without a state', async () => {
    const site = await startSite();
    const { cookie } = await site.start();
    await expectRefused(site, site.callback(undefined, cookie));
    await expectRefused(site, site.callback('', cookie));
  });

  it("when somebody else's code and state are put before a person who has no login open (login CSRF)", async () => {
    const site = await startSite();
    const attacker = await site.start();
    await expectRefused(site, site.callback(attacker.state));
  });

  it("when somebody else's code and state are put before a person who has a login open (login CSRF)", async () => {
    const site = await startSite();
    const [attacker, victim] = [await site.start(), await site.start()];
    await expectRefused(site, site.callback(attacker.state, victim.cookie));
    expectSignedIn(await site.callback(victim.state, victim.cookie));
  });

  it('when the cookie of one login is under the name of another', async () => {
    const site = await startSite();
    const [one, other] = [await site.start(), await site.start()];
    const swapped = `${one.cookie.split('=')[0]}=${other.cookie.slice(other.cookie.indexOf('=') + 1)}`;
    await expectRefused(site, site.callback(one.state, swapped));
    await expectRefused(site, site.callback(other.state, swapped));
  });

  it('when the state begins like the one in the cookie', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start();
    await expectRefused(site, site.callback(`${state.slice(0, 16)}${'A'.repeat(27)}`, cookie));
    await expectRefused(site, site.callback(state.slice(0, 16), cookie));
    await expectRefused(site, site.callback(`${state}A`, cookie));
    await expectRefused(site, site.callback(state.toLowerCase(), cookie));
  });

  it('when it has been used, although the browser sends the cookie again', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start();
    expectSignedIn(await site.callback(state, cookie));
    await expectRefused(site, site.callback(state));
    await expectRefused(site, site.callback(state, cookie));
  });

  it('when two requests race for one login', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start();
    const pages = await Promise.all([site.callback(state, cookie), site.callback(state, cookie)]);
    expect(pages.map(({ status }) => status).sort()).to.deep.equal([200, 403]);
  });

  it('when it took too long, to the millisecond', async () => {
    const { store, clock } = storeWithClock();
    const site = await startSite({ store });
    const [late, inTime] = [await site.start(), await site.start()];
    clock.now += 15 * MINUTE - 1;
    expectSignedIn(await site.callback(inTime.state, inTime.cookie));
    clock.now += 1;
    await expectRefused(site, site.callback(late.state, late.cookie));
  });

  it('when any byte of the cookie is another one, or missing, or there is one more', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start({ appState: { returnTo: '/letters' } });
    const start = cookie.indexOf('=') + 1;
    for (let at = start; at < cookie.length; at += 1) {
      const byte = cookie[at] === 'A' ? 'B' : 'A';
      await expectRefused(site, site.callback(state, cookie.slice(0, at) + byte + cookie.slice(at + 1)));
      await expectRefused(site, site.callback(state, cookie.slice(0, at) + cookie.slice(at + 1)));
    }
    await expectRefused(site, site.callback(state, `${cookie}A`));
    await expectRefused(site, site.callback(state, cookie.slice(0, start)));
    expectSignedIn(await site.callback(state, cookie));
  });

  it('when the cookie is signed with another secret, or not at all', async () => {
    const site = await startSite();
    const other = await startSite({ clientSecret: 'another-secret' });
    const { state, cookie } = await other.start();
    await expectRefused(site, site.callback(state, cookie));
    await expectRefused(site, site.callback(state, cookie.slice(0, cookie.lastIndexOf('.'))));
  });

  it('when the cookie is of another app or of another redirect URI with the same secret', async () => {
    const secret = 'shared by all apps of the house';
    const options = { store: new CookieStateStore({ secret }) };
    const site = await startSite(options);
    for (const other of [
      { ...options, clientID: '42' },
      { ...options, callbackURL: 'http://127.0.0.1:3000/auth/threads/other' },
    ]) {
      const { state, cookie } = await (await startSite(other)).start();
      await expectRefused(site, site.callback(state, cookie));
    }
  });

  it('when the state is 100 kB long, in the query or in a form', async () => {
    const site = await startSite();
    const { cookie } = await site.start();
    for (const state of ['A'.repeat(100_000), '%'.repeat(100_000), '🐱'.repeat(25_000)]) {
      await expectRefused(site, site.callback(state, cookie));
      const form = new URLSearchParams({ code: 'AQBx', state }).toString();
      await expectRefused(site, site.open('/callback', cookie, form));
    }
  });

  it('when the state is a name that every object knows', async () => {
    const site = await startSite();
    for (const state of [
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      'null',
      '\0',
      '../..',
      '{}',
    ]) {
      await expectRefused(
        site,
        site.callback(state, `${encodeURIComponent(state)}=x; threads-login-${encodeURIComponent(state)}=x`),
      );
    }
  });

  it('when the cookies are garbage', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start();
    const name = cookie.split('=')[0];
    const garbage = [
      '',
      ';',
      '=;=;=',
      'a',
      '; ; ;',
      '%',
      `${name}`,
      `${name}=`,
      `${name}=.`,
      `${name}=..`,
      `${name}=%`,
      `${name}=%E0%A4%A`,
      `${name}="${'x'.repeat(50_000)}"`,
      `${name}=${'.'.repeat(50_000)}`,
      `${name}=e30.e30`,
      `${name}=${Buffer.from(`{"n":"${state}","e":9e15}`).toString('base64url')}.`,
      `${name}=null`,
      `${name}=__proto__`,
      '__proto__=x; constructor=y',
      `__Host-${cookie}`,
      Array.from({ length: 2000 }, (_, index) => `threads-login-${index}=x`).join('; '),
      '\x80\xff=\x80\xff',
    ];
    for (const header of garbage) {
      await expectRefused(site, site.callback(state, header));
      const start = await site.open('/start', header);
      expect(start.status, header.slice(0, 60)).to.equal(302);
    }
    expectSignedIn(await site.callback(state, `${garbage.at(-2)}; =; ${cookie}; %`));
  });
});

describe('A state that is no text', () => {
  it('is refused with 400', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start();
    for (const query of [`state=${state}&state=${state}`, 'state[]=x', 'state[a]=x', 'state[__proto__]=x']) {
      const page = await site.open('/callback', cookie, `code=AQBx&${query}`);
      expect(page.status, query).to.equal(400);
    }
    expect(site.asked()).to.equal(0);
  });
});

describe('The cookie of a login', () => {
  it('stays in the browser: HttpOnly, SameSite=Lax, for 15 minutes, and with no Domain', async () => {
    const page = await (await startSite()).open('/start');
    expect(page.setCookies.at(-1)).to.match(
      /^threads-login-[\w-]{16}=[^;]{50,}; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/,
    );
  });

  it('belongs to one host and to https where the redirect URI does', async () => {
    const page = await (await startSite({ callbackURL: HTTPS_CALLBACK })).open('/start');
    expect(page.setCookies.at(-1)).to.match(
      /^__Host-threads-login-[\w-]{16}=[^;]{50,}; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('lives as long as `maxAge` says', async () => {
    const page = await (await startSite({ store: new CookieStateStore({ maxAge: 90_500 }) })).open('/start');
    expect(page.setCookies.at(-1)).to.contain('Max-Age=91;');
  });

  it('signs a person in over https', async () => {
    const site = await startSite({ callbackURL: HTTPS_CALLBACK });
    const { state, cookie } = await site.start();
    expectSignedIn(await site.callback(state, cookie));
  });

  it('comes with a state of 256 random bits', async () => {
    const site = await startSite();
    const states = new Set<string>();
    const ones = new Array<number>(256).fill(0);
    for (let times = 0; times < 40; times += 1) {
      const { state } = await site.start();
      expect(state).to.match(/^[\w-]{43}$/);
      states.add(state);
      Buffer.from(state, 'base64url').forEach((byte, at) => {
        for (let bit = 0; bit < 8; bit += 1) ones[at * 8 + bit]! += (byte >> bit) & 1;
      });
    }
    expect(states).to.have.lengthOf(40);
    // Each bit is sometimes 1 and sometimes 0.
    expect(ones.filter((count) => count === 0 || count === 40)).to.deep.equal([]);
  });

  it('does not hold the secret that it is signed with', async () => {
    const { cookie } = await (await startSite()).start();
    const [payload = ''] = decodeURIComponent(cookie.slice(cookie.indexOf('=') + 1)).split('.');
    expect(Buffer.from(payload, 'base64url').toString()).to.match(
      /^\{"n":"[\w-]{43}","e":\d+,"b":"[\w-]{22}"\}$/,
    );
    expect(cookie).not.to.contain(clientSecret);
  });

  for (const appState of [
    { returnTo: '/letters?page=2', tab: 3 },
    ['a', 1, null],
    { name: 'Zoë 🐱' },
    7,
    true,
  ]) {
    it(`brings the application state ${JSON.stringify(appState)} back as info.state`, async () => {
      const site = await startSite();
      const { state, cookie } = await site.start({ appState });
      const page = await site.callback(state, cookie);
      expectSignedIn(page);
      expect(page.json.state).to.deep.equal(appState);
    });
  }

  it('is taken back when the login ends, and stays gone when it did not start here', async () => {
    const site = await startSite();
    const { state, cookie } = await site.start();
    const page = await site.callback(state, cookie);
    const [name] = cookie.split('=');
    expect(page.setCookies.slice(1)).to.deep.equal([`${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`]);
    expect((await site.callback(state)).setCookies).to.have.lengthOf(1);
  });

  it('leaves the cookies of the app alone', async () => {
    const site = await startSite();
    const start = await site.open('/start');
    expect(start.setCookies).to.have.lengthOf(2);
    expect(start.setCookies[0]).to.match(/^visited=yes/);
    const { state, cookie } = await site.start();
    expect((await site.callback(state, cookie)).setCookies[0]).to.match(/^visited=yes/);
  });

  for (const order of ['in the order of their start', 'the other way round']) {
    it(`lets two tabs finish, ${order}`, async () => {
      const site = await startSite();
      const tabs = [await site.start({ appState: 1 }), await site.start({ appState: 2 })];
      const cookie = tabs.map((tab) => tab.cookie).join('; ');
      if (order === 'the other way round') tabs.reverse();
      for (const { state } of tabs) expectSignedIn(await site.callback(state, cookie));
    });
  }

  it('is one of five at the most: the oldest goes', async () => {
    const { store, clock } = storeWithClock();
    const site = await startSite({ store });
    const jar = browser();
    const states: string[] = [];
    for (let times = 0; times < 8; times += 1) {
      clock.now += 1000;
      const page = await site.open('/start', jar.cookie);
      jar.keep(page);
      states.push(new URL(page.location ?? '').searchParams.get('state') ?? '');
      expect(jar.attempts).to.have.lengthOf(Math.min(times + 1, 5));
    }
    for (const state of states.slice(0, 3)) await expectRefused(site, site.callback(state, jar.cookie));
    for (const state of states.slice(3)) expectSignedIn(await site.callback(state, jar.cookie));
  });

  it('does not give way to others before it has expired, and not afterwards either: to the millisecond', () => {
    const { store, clock } = storeWithClock('secret');
    const login = { clientID: '1', callbackURL: 'https://app.example/callback' };
    const cookies: string[] = [];
    for (let times = 0; times < 5; times += 1) {
      cookies.push(String(store.begin('', login).setCookie[0]).split(';')[0]!);
      clock.now += 1000;
    }
    const header = cookies.join('; ');
    const named = (lines: string[]) => lines.map((line) => line.split('=')[0]);
    clock.now += 15 * MINUTE - 5001;
    const [oldest, own] = named(store.begin(header, login).setCookie);
    expect(oldest).to.equal(cookies[0]!.split('=')[0]);
    expect(own).to.be.a('string');
    clock.now += 1;
    expect(store.begin(header, login).setCookie).to.have.lengthOf(1);
  });
});

describe('The secret of a CookieStateStore', () => {
  it('is made of the clientSecret where there is none, so that instances agree', async () => {
    const [one, other] = [await startSite(), await startSite({ store: new CookieStateStore() })];
    const { state, cookie } = await one.start();
    expectSignedIn(await other.callback(state, cookie));
  });

  it('may be rotated: the first signs, all verify', async () => {
    const site = (secret: string | string[]) => startSite({ store: new CookieStateStore({ secret }) });
    const [old, both, fresh] = [await site('old'), await site(['new', 'old']), await site('new')];

    const before = await old.start();
    expectSignedIn(await both.callback(before.state, before.cookie));
    await expectRefused(fresh, fresh.callback(before.state, before.cookie));

    const after = await both.start();
    await expectRefused(old, old.callback(after.state, after.cookie));
    expectSignedIn(await fresh.callback(after.state, after.cookie));
  });

  it('is needed where no strategy gives one', () => {
    expect(() => new CookieStateStore().begin(undefined, { clientID })).to.throw(TypeError, '`secret`');
  });

  const wrong: [string, CookieStateStoreOptions][] = [
    ['an empty secret', { secret: '' }],
    ['no secrets', { secret: [] }],
    ['an empty secret among others', { secret: ['a', ''] }],
    ['a secret that is no text', { secret: 42 as never }],
    ['a maxAge of 0', { maxAge: 0 }],
    ['a negative maxAge', { maxAge: -1 }],
    ['a maxAge without end', { maxAge: Infinity }],
    ['a maxAge that is no number', { maxAge: '900' as never }],
    ['a clock that is no function', { now: 42 as never }],
  ];
  for (const [name, options] of wrong) {
    it(`cannot be used with ${name}`, () => {
      expect(() => new CookieStateStore(options)).to.throw(TypeError);
    });
  }
});

describe('A subclass of CookieStateStore', () => {
  it('is heard where the strategy gives it its secret', async () => {
    const begun: unknown[] = [];
    class Heard extends CookieStateStore {
      override begin(...login: Parameters<CookieStateStore['begin']>) {
        begun.push(login[2]);
        return super.begin(...login);
      }
    }
    const options = { clientID, clientSecret, callbackURL: HTTPS_CALLBACK, store: new Heard() };
    const strategy = new ThreadsStrategy(options, async () => false);
    const start = { url: '/', headers: {}, query: {}, res: response() };
    expect(await runStrategy(strategy, start, { state: 'mine' })).to.have.property('outcome', 'redirect');
    expect(begun).to.deep.equal(['mine']);
  });
});

describe('The application state', () => {
  for (const appState of ['x'.repeat(1700), ['🐱'.repeat(500)]]) {
    it(`of ${JSON.stringify(appState).length} characters is too large: an error with status 403`, async () => {
      const site = await startSite();
      const app = new URLSearchParams({ app: JSON.stringify({ appState }) });
      const page = await site.open(`/start?${app}`);
      expect(page.status).to.equal(403);
      expect(page.json.message).to.contain('does not fit into a cookie');
      expect(page.setCookies.filter((line) => line.includes('threads-login'))).to.deep.equal([]);
    });
  }

  it('of 1 KiB fits, and the cookie stays below the 4096 bytes that a browser takes', async () => {
    const site = await startSite({ callbackURL: HTTPS_CALLBACK });
    const appState = { returnTo: `/${'x'.repeat(1024)}` };
    const page = await site.open(`/start?${new URLSearchParams({ app: JSON.stringify(appState) })}`);
    expect(page.setCookies.at(-1)?.length).to.be.below(4096);
    const { state, cookie } = await site.start({ appState });
    expect((await site.callback(state, cookie)).json.state).to.deep.equal(appState);
  });

  it('that JSON cannot hold is an error of this one login', async () => {
    const strategy = new ThreadsStrategy({ clientID, clientSecret, callbackURL: HTTP_CALLBACK }, () => {});
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    for (const state of [{ big: 1n }, loop]) {
      const outcome = await runStrategy(strategy, { res: response() }, { state });
      expect(outcome).to.have.property('error').instanceOf(TypeError);
    }
  });
});

describe('The response of a login', () => {
  for (const framework of Object.keys(frameworks) as (keyof typeof frameworks)[]) {
    it(`is reached in ${framework}`, async () => {
      const site = await startSite({ framework });
      const { state, cookie } = await site.start();
      await expectRefused(site, site.callback(state));
      expectSignedIn(await site.callback(state, cookie));
      await expectRefused(site, site.callback(state, cookie));
    });
  }

  it('that cannot be reached is an error that names the alternatives, on both legs', async () => {
    const strategy = new ThreadsStrategy({ clientID, clientSecret, callbackURL: HTTP_CALLBACK }, () => {});
    const start = await runStrategy(strategy);
    expect(start)
      .to.have.nested.property('error.message')
      .that.matches(/req\.res = res.*state: true.*store/);

    const { state, cookie } = await (await startSite()).start();
    const callback = await runStrategy(strategy, { query: { code: 'AQBx', state }, headers: { cookie } });
    expect(callback)
      .to.have.nested.property('error.message')
      .that.matches(/req\.res = res.*state: true.*store/);
  });

  it('need not be reached to refuse a callback without a cookie', async () => {
    const strategy = new ThreadsStrategy({ clientID, clientSecret, callbackURL: HTTP_CALLBACK }, () => {});
    const outcome = await runStrategy(strategy, { query: { code: 'AQBx', state: 'A'.repeat(43) } });
    expect(outcome).to.include({ outcome: 'fail', status: 403 });
  });
});
