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
    for (const state of [undefined, null, '', 42, {}, [], ['a'], Symbol('state')]) {
      const finished = states.finish(cookieAfter(setCookie), state, LOGIN);
      expect(finished).to.deep.equal({
        ok: false,
        type: 'invalid_state',
        message: 'This login did not start here. Please start again.',
        setCookie: [],
      });
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

  it('attack: logins without end fill no memory, since only the last 10,000 are remembered', () => {
    const store = new CookieStateStore({ secret: 'of the tests' });
    const used: Set<string> = Reflect.get(store, 'used');
    for (let at = 0; at < 10_000; at += 1) used.add(String(at));
    const { state, setCookie } = store.begin(undefined, LOGIN);
    expect(store.finish(cookieAfter(setCookie), state, LOGIN).ok).to.equal(true);
    expect(used.size).to.equal(10_000);
    expect([used.has('0'), used.has('1'), used.has(state)]).to.deep.equal([false, true, true]);
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
