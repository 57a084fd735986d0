import { expect } from 'chai';
import { CookieStateStore } from '../../lib/index.js';
import { clientID, HTTPS_CALLBACK, MINUTE } from './state-app.js';

const LOGIN = { clientID, callbackURL: HTTPS_CALLBACK };

/** The `Cookie` header of a browser that took an answer. */
const cookieAfter = (setCookie: readonly string[]) =>
  setCookie
    .filter((line) => !line.includes('Max-Age=0'))
    .map((line) => line.split(';')[0])
    .join('; ');

describe('CookieStateStore without Passport', () => {
  const states = new CookieStateStore({ secret: 'of the tests' });

  it('brings a login to its end, with nothing but headers', () => {
    const begun = states.begin(undefined, LOGIN, { returnTo: '/settings' });
    const finished = states.finish(cookieAfter(begun.setCookie), begun.state, LOGIN);
    expect(finished).to.deep.include({ ok: true, appState: { returnTo: '/settings' } });
    expect(finished.setCookie).to.have.lengthOf(1);
    expect(finished.setCookie[0]).to.match(
      /^__Host-threads-login-[\w-]{16}=; Max-Age=0; Path=\/; HttpOnly; Secure/,
    );
  });

  it('takes the header of a Web Request, which is null where there is none', () => {
    const start = new Request('https://app.example/auth/threads');
    const { state, setCookie } = states.begin(start.headers.get('cookie'), LOGIN);
    const callback = new Request(`${HTTPS_CALLBACK}?code=AQBx&state=${state}`, {
      headers: { cookie: cookieAfter(setCookie) },
    });
    const received = new URL(callback.url).searchParams.get('state');
    expect(states.finish(callback.headers.get('cookie'), received, LOGIN).ok).to.equal(true);
    expect(states.finish(null, received, LOGIN).ok).to.equal(false);
  });

  it('refuses a state that is absent, or no text, instead of throwing', () => {
    const { setCookie } = states.begin(undefined, LOGIN);
    for (const [reason, values] of [
      ['no_state', [undefined, null, '']],
      ['forged', [42, {}, [], ['a'], Symbol('state'), 'a state of another library']],
    ] as const) {
      for (const state of values) {
        const finished = states.finish(cookieAfter(setCookie), state, LOGIN);
        expect(finished).to.deep.equal({
          ok: false,
          type: 'invalid_state',
          reason,
          message: 'This login did not start here. Please start again.',
          setCookie: [],
        });
      }
    }
  });

  it('refuses a second use, and still takes the cookie off', () => {
    const { state, setCookie } = states.begin(undefined, LOGIN);
    const cookie = cookieAfter(setCookie);
    expect(states.finish(cookie, state, LOGIN).ok).to.equal(true);
    const again = states.finish(cookie, state, LOGIN);
    expect(again.ok).to.equal(false);
    expect(again.setCookie).to.have.lengthOf(1);
  });

  describe('its memory of finished states', () => {
    let time = 1_700_000_000_000;
    const store = () => new CookieStateStore({ secret: 'of the tests', maxAge: 1000, now: () => time });
    type Finished = {
      add(nonce: string, expiresAt: number, hasCode: boolean, now: number): void;
      has(nonce: string): boolean;
    };
    const finishedStates = (of: CookieStateStore): Finished => Reflect.get(of, 'finished');
    const finish = (of: CookieStateStore, hasCode?: boolean) => {
      const { state, setCookie } = of.begin(undefined, LOGIN);
      const cookie = cookieAfter(setCookie);
      const login = { ...LOGIN, ...(hasCode !== undefined && { hasCode }) };
      expect(of.finish(cookie, state, login).ok).to.equal(true);
      return () => of.finish(cookie, state, LOGIN);
    };

    it('refuses a copy of the cookie until it expires', () => {
      const again = finish(store());
      expect(again()).to.include({ ok: false, reason: 'used' });
      time += 999;
      expect(again()).to.include({ ok: false, reason: 'used' });
      time += 1;
      expect(again()).to.include({ ok: false, reason: 'expired' });
    });

    it('attack: 200,000 cancelled logins of a stranger do not flush the finished login of a person', () => {
      const states = store();
      const again = finish(states);
      for (let at = 0; at < 200_000; at += 1) finishedStates(states).add(`c${at}`, time + 1000, false, time);
      expect(again()).to.include({ ok: false, reason: 'used' });
    });

    it('attack: logins without end fill no memory: the last 100,000 to expire are kept', () => {
      const states = finishedStates(store());
      for (let at = 0; at < 200_000; at += 1) states.add(`n${at}`, time + 1000 + at, true, time);
      expect(['n0', 'n99999', 'n100000', 'n199999'].map((nonce) => states.has(nonce))).to.deep.equal([
        false,
        false,
        true,
        true,
      ]);
    });

    it('forgets first what has expired', () => {
      const states = finishedStates(store());
      states.add('living', time + 2000, false, time);
      for (let at = 0; at < 199_999; at += 1) states.add(`n${at}`, time + 1000, true, time + 1500);
      expect([states.has('living'), states.has('n199998')]).to.deep.equal([true, false]);
    });
  });

  it('refuses a replay of a finished login at another instance, once the browser took the cookie off', () => {
    const other = new CookieStateStore({ secret: 'of the tests' });
    const { state, setCookie } = states.begin(undefined, LOGIN);
    const finished = states.finish(cookieAfter(setCookie), state, LOGIN);
    expect(other.finish(cookieAfter(finished.setCookie), state, LOGIN).ok).to.equal(false);
  });

  for (const appState of [
    'a string',
    '',
    '{"not":"parsed"}',
    0,
    -1.5,
    1e21,
    true,
    false,
    null,
    [],
    {},
    [null, [false, { a: '' }]],
    { name: 'Zoë 🐱 \ud800', __proto__x: 1 },
    JSON.parse('{"__proto__":{"admin":true}}'),
  ]) {
    it(`brings the application state ${JSON.stringify(appState)} back exactly`, () => {
      const { state, setCookie } = states.begin(undefined, LOGIN, appState);
      const finished = states.finish(cookieAfter(setCookie), state, LOGIN);
      expect(finished).to.have.property('appState').that.deep.equals(appState);
    });
  }

  it('brings none back where none was given', () => {
    const { state, setCookie } = states.begin(undefined, LOGIN);
    expect(states.finish(cookieAfter(setCookie), state, LOGIN)).to.have.property('appState', undefined);
  });

  it('refuses application state that JSON has no form for, instead of losing it', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    for (const appState of [() => '/', Symbol('/'), 1n, { big: 1n }, loop]) {
      expect(() => states.begin(undefined, LOGIN, appState)).to.throw(TypeError);
    }
  });

  it('reads the clock when it needs it, so that a test can put it forward after the store was made', () => {
    const { state, setCookie } = states.begin(undefined, LOGIN);
    const realNow = Date.now;
    try {
      Date.now = () => realNow() + 16 * MINUTE;
      const finished = states.finish(cookieAfter(setCookie), state, LOGIN);
      expect(finished).to.have.property('message').that.contains('took too long');
    } finally {
      Date.now = realNow;
    }
  });
});
