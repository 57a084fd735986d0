import crypto from 'node:crypto';
import { expect } from 'chai';
import { CookieStateStore } from '../../lib/index.js';
import { closeAll } from '../faults/serve.js';
import { clientID, HTTP_CALLBACK, HTTPS_CALLBACK, MINUTE, type Page, startSite } from './state-app.js';

const LOGIN = { clientID, callbackURL: HTTP_CALLBACK };
const SECURE_LOGIN = { clientID, callbackURL: HTTPS_CALLBACK };
// What nginx reads the headers of an answer into, unless it is told otherwise: `proxy_buffer_size`.
const HEADERS_BEHIND_NGINX = 4096;

afterEach(closeAll);

function clock() {
  const time = { now: Date.UTC(2026, 0, 15) };
  return { time, store: new CookieStateStore({ secret: 'of the tests', now: () => time.now }) };
}

/** Logins as a browser would begin them one after the other, a second apart: the `Cookie` pair of each. */
function begun(
  store: CookieStateStore,
  time: { now: number },
  count: number,
  login = LOGIN,
  appState?: unknown,
) {
  return Array.from({ length: count }, () => {
    time.now += 1000;
    const { state, setCookie } = store.begin(undefined, login, appState);
    return { state, pair: setCookie.at(-1)!.split(';')[0]! };
  });
}

/** How many signatures were computed. */
function signaturesOf(work: () => void): number {
  const { createHmac } = crypto;
  let count = 0;
  crypto.createHmac = (...args) => {
    count += 1;
    return createHmac(...args);
  };
  try {
    work();
  } finally {
    crypto.createHmac = createHmac;
  }
  return count;
}

const namesTakenOff = (setCookie: readonly string[]) =>
  setCookie.filter((line) => line.includes('Max-Age=0')).map((line) => line.split('=')[0]);

const nameOf = ({ pair }: { pair: string }) => pair.split('=')[0];

const bytesOf = ({ setCookies, location }: Page) =>
  setCookies.reduce((sum, line) => sum + 'Set-Cookie: \r\n'.length + line.length, 0) +
  (location?.length ?? 0);

describe('Cookies that somebody planted', () => {
  for (const [title, value] of [
    ['without a signature', 'x'],
    ['that name a later end', `${Buffer.from('{"n":"x","e":9e15}').toString('base64url')}.${'A'.repeat(43)}`],
  ] as const) {
    it(`from a subdomain, 45 of them ${title}, are no reason for an answer that a proxy refuses (502 at every login)`, async () => {
      const site = await startSite();
      const planted = Array.from(
        { length: 45 },
        (_, at) => `threads-login-${String(at).padStart(16, '0')}=${value}`,
      );
      for (let times = 0; times < 3; times += 1) {
        const page = await site.open('/start', planted.join('; '));
        expect(page.status).to.equal(302);
        expect(namesTakenOff(page.setCookies)).to.deep.equal([]);
        expect(bytesOf(page)).to.be.below(HEADERS_BEHIND_NGINX / 2);
      }
    });
  }

  it('from a subdomain, 470 of them, cost neither bytes nor writes of the answer', async () => {
    const site = await startSite();
    const planted = Array.from({ length: 470 }, (_, at) => `threads-login-${String(at).padStart(16, '0')}=x`);
    const page = await site.open('/start', planted.join('; '));
    expect(page.setCookies).to.have.lengthOf(2);
    expect(bytesOf(page)).to.be.below(1024);
  });

  it('cost the CPU of ten signatures at the most, however many there are', () => {
    const { store, time } = clock();
    const genuine = begun(store, time, 500)
      .map(({ pair }) => pair)
      .join('; ');
    const forged = genuine.replaceAll(/=[^;]/g, '=A');
    for (const cookie of [genuine, forged]) {
      expect(signaturesOf(() => store.begin(cookie, LOGIN))).to.equal(10 + 1);
      expect(signaturesOf(() => store.finish(cookie, 'A'.repeat(43), LOGIN))).to.equal(0);
    }
  });

  it('cost no signature where they are larger than any of this store', () => {
    const { store, time } = clock();
    const [{ state, pair } = { state: '', pair: '' }] = begun(store, time, 1);
    const planted = `${pair}${'A'.repeat(9000)}`;
    expect(signaturesOf(() => store.finish(planted, state, LOGIN))).to.equal(0);
    expect(signaturesOf(() => store.begin(planted, LOGIN))).to.equal(1);
  });

  it('that are genuine, since the attacker began the logins, are taken off six at a time and never tried again once they expired', () => {
    const { store, time } = clock();
    const cookie = begun(store, time, 60)
      .map(({ pair }) => pair)
      .join('; ');
    const { setCookie } = store.begin(cookie, LOGIN);
    expect(namesTakenOff(setCookie)).to.have.lengthOf(6);
    expect(setCookie.join('\r\n').length).to.be.below(HEADERS_BEHIND_NGINX / 2);

    time.now += 16 * MINUTE;
    expect(store.begin(cookie, LOGIN).setCookie).to.have.lengthOf(1);
  });

  it('do not push out the logins that the person began in other tabs', () => {
    const { store, time } = clock();
    const own = begun(store, time, 4);
    const planted = Array.from({ length: 5 }, (_, at) => `threads-login-${String(at).padStart(16, '0')}=x`);
    const cookie = [...planted, ...own.map(({ pair }) => pair)].join('; ');
    expect(store.begin(cookie, LOGIN).setCookie).to.have.lengthOf(1);
    for (const { state } of own) expect(store.finish(cookie, state, LOGIN).ok).to.equal(true);
  });

  it('under the name of another scheme are not counted, however genuine', () => {
    const { store, time } = clock();
    const overHTTP = begun(store, time, 8).map(({ pair }) => pair);
    expect(store.begin(overHTTP.join('; '), SECURE_LOGIN).setCookie).to.have.lengthOf(1);
    const renamed = begun(store, time, 8, SECURE_LOGIN).map(({ pair }) => pair.replace('__Host-', ''));
    expect(store.begin(renamed.join('; '), SECURE_LOGIN).setCookie).to.have.lengthOf(1);
    expect(store.begin(renamed.join('; '), LOGIN).setCookie).to.have.lengthOf(1);
  });

  it('under the name of another scheme do not hide those of the person', () => {
    const { store, time } = clock();
    const planted = Array.from({ length: 20 }, (_, at) => `threads-login-${String(at).padStart(16, '0')}=x`);
    const own = begun(store, time, 7, SECURE_LOGIN).map(({ pair }) => pair);
    const { setCookie } = store.begin([...planted, ...own].join('; '), SECURE_LOGIN);
    expect(namesTakenOff(setCookie)).to.have.lengthOf(3);
  });

  it('that are genuine but under another name are not counted', () => {
    const { store, time } = clock();
    const moved = begun(store, time, 8).map(
      ({ pair }, at) => `threads-login-${String(at).padStart(16, '0')}${pair.slice(pair.indexOf('='))}`,
    );
    expect(store.begin(moved.join('; '), LOGIN).setCookie).to.have.lengthOf(1);
  });

  it('of another app, or another redirect URI, on the same host are left alone', () => {
    const { store, time } = clock();
    for (const other of [
      { ...LOGIN, clientID: '42' },
      { ...LOGIN, callbackURL: 'http://127.0.0.1:3000/tenants/2/callback' },
    ]) {
      const theirs = begun(store, time, 8, other).map(({ pair }) => pair);
      expect(store.begin(theirs.join('; '), LOGIN).setCookie).to.have.lengthOf(1);
    }
  });
});

describe('Login CSRF from a subdomain, which sets the cookie of the attacker for the whole domain', () => {
  for (const callbackURL of [
    'HTTPS://app.example/auth/threads/callback',
    'hTTps://APP.example/auth/threads/callback',
    ' https://app.example/auth/threads/callback',
    'https://app.example:443/auth/threads/callback',
  ]) {
    it(`is refused where the redirect URI is written "${callbackURL}": the cookie needs __Host-, which no subdomain can set`, () => {
      const { store } = clock();
      const login = { clientID, callbackURL };
      const attacker = store.begin(undefined, login);
      expect(attacker.setCookie).to.have.lengthOf(1);
      expect(attacker.setCookie[0]).to.match(
        /^__Host-threads-login-[^;]+;.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );

      // What a browser would take from the subdomain: the same cookie under a name without the prefix.
      const planted = attacker.setCookie[0]!.split(';')[0]!.replace('__Host-', '');
      expect(store.finish(planted, attacker.state, login)).to.include({ ok: false, type: 'invalid_state' });
    });
  }

  it('is refused where the cookie was signed for plain http and the callback is https', () => {
    const { store } = clock();
    const attacker = store.begin(undefined, {
      clientID,
      callbackURL: HTTPS_CALLBACK.replace('https', 'http'),
    });
    const pair = attacker.setCookie[0]!.split(';')[0]!;
    for (const planted of [pair, `__Host-${pair}`]) {
      expect(store.finish(planted, attacker.state, SECURE_LOGIN).ok).to.equal(false);
    }
  });

  for (const [title, name] of [
    ['white space that a browser takes for a part of the name', (own: string) => `\u2000${own}`],
    ['white space as other bytes', (own: string) => `\x85${own}`],
    ['capital letters, which some servers do not tell apart', (own: string) => own.toUpperCase()],
    ['no name, and the rest in its value', (own: string) => `=${own}`],
    ['the prefix twice', (own: string) => `__Host-${own}`],
  ] as const) {
    it(`is refused where the name of the cookie gets past the browser with ${title}`, () => {
      const { store } = clock();
      const attacker = store.begin(undefined, SECURE_LOGIN);
      const [own = '', value = ''] = attacker.setCookie[0]!.split(';')[0]!.split('=');
      const planted = `${name(own)}=${value}`;
      expect(store.finish(planted, attacker.state, SECURE_LOGIN)).to.include({ ok: false });
      expect(store.finish(`a=1; ${planted}`, attacker.state, SECURE_LOGIN)).to.include({ ok: false });
    });
  }

  for (const callbackURL of [
    '/auth/threads/callback',
    'app.example/callback',
    'ftp://app.example/',
    undefined,
  ]) {
    it(`is not made possible by the redirect URI ${callbackURL}, of which nobody can tell whether it is https`, () => {
      const { store } = clock();
      const login = { clientID, ...(callbackURL !== undefined && { callbackURL }) };
      expect(() => store.begin(undefined, login)).to.throw(TypeError, 'absolute http(s) URL');
      expect(() => store.finish(undefined, 'A'.repeat(43), login)).to.throw(
        TypeError,
        'absolute http(s) URL',
      );
    });
  }
});

describe('The logins of one browser', () => {
  it('are five at the most: the oldest go, in one answer', () => {
    const { store, time } = clock();
    const own = begun(store, time, 7);
    const cookie = own.map(({ pair }) => pair).join('; ');
    const { setCookie } = store.begin(cookie, LOGIN);
    expect(namesTakenOff(setCookie).sort()).to.deep.equal(own.slice(0, 3).map(nameOf).sort());
  });

  it('take no more than 5 KiB of the Cookie header, of which proxies take 8', () => {
    const { store, time } = clock();
    const jar = new Map<string, string>();
    for (let times = 0; times < 8; times += 1) {
      time.now += 1000;
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      expect(cookie.length).to.be.below(5 * 1024 + 100);
      const { setCookie } = store.begin(cookie, LOGIN, { returnTo: `/${'x'.repeat(1024)}` });
      for (const name of namesTakenOff(setCookie)) jar.delete(name!);
      const [name = '', value = ''] = setCookie.at(-1)!.split(';')[0]!.split('=');
      jar.set(name, value);
      // Two tabs with the largest state there is.
      expect(jar.size).to.be.at.least(Math.min(times + 1, 2));
    }
  });
});
