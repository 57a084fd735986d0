import { expect } from 'chai';
import fc from 'fast-check';
import { CookieStateStore, ThreadsStrategy } from '../../lib/index.js';
import type { SessionStateStore } from '../../lib/passport/session-state-store.js';
import { clientID, HTTP_CALLBACK, HTTPS_CALLBACK } from './state-app.js';

const NOW = Date.UTC(2026, 0, 15);
const store = () => new CookieStateStore({ secret: ['of the tests', 'an older one'], now: () => NOW });

/** Logins that began, at two redirect URIs, and one that another app began with the same secret. */
const begun = [HTTP_CALLBACK, HTTP_CALLBACK, HTTP_CALLBACK, HTTPS_CALLBACK, HTTPS_CALLBACK].map(
  (callbackURL) => {
    const { state, setCookie } = store().begin(undefined, { clientID, callbackURL }, { callbackURL });
    return { state, callbackURL, pair: setCookie[0]!.split(';')[0]! };
  },
);
const stranger = store().begin(undefined, { clientID: '42', callbackURL: HTTP_CALLBACK });
const pairs = [...begun.map(({ pair }) => pair), stranger.setCookie[0]!.split(';')[0]!];

const [name, value] = [
  (pair: string) => pair.slice(0, pair.indexOf('=')),
  (pair: string) => pair.slice(pair.indexOf('=') + 1),
];
const genuine = fc.constantFrom(...pairs);
const junk = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '=', ';', '%', '"', '__proto__=x'),
);
const spliced = fc
  .tuple(genuine, fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }))
  .map(
    ([pair, at, cut, put]) => pair.slice(0, at % pair.length) + put + pair.slice((at % pair.length) + cut),
  );
const crossed = fc.tuple(genuine, genuine).map(([one, other]) => `${name(one)}=${value(other)}`);
const planted = fc
  .tuple(fc.constantFrom('', '__Host-'), fc.stringMatching(/^[\w-]{16}$/), fc.string({ maxLength: 300 }))
  .map(
    ([prefix, nonce, text]) => `${prefix}threads-login-${nonce}=${Buffer.from(text).toString('base64url')}.x`,
  );
const header = fc
  .array(fc.oneof({ arbitrary: genuine, weight: 3 }, junk, spliced, crossed, planted), { maxLength: 40 })
  .map((cookies) => cookies.join('; '));

/** The value that a name has in a header: that of the first pair of this name. */
function valueIn(cookies: string, wanted: string): string | undefined {
  const found = cookies
    .split(';')
    .map(trim)
    .find((pair) => pair.includes('=') && trim(name(pair)) === wanted);
  return found && decoded(trim(value(found)));
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

describe('Whatever the Cookie header', () => {
  it('a login ends well if its own cookie is there, whole, and at no other state, app or redirect URI', () => {
    const states = fc.oneof(
      fc.constantFrom(...begun.map(({ state }) => state), stranger.state),
      fc.stringMatching(/^[\w-]{43}$/),
      fc.string(),
    );
    fc.assert(
      fc.property(
        header,
        states,
        fc.constantFrom(HTTP_CALLBACK, HTTPS_CALLBACK),
        (cookie, state, callbackURL) => {
          const finished = store().finish(cookie, state, { clientID, callbackURL });
          const own = begun.find((login) => login.state === state && login.callbackURL === callbackURL);
          const isThere = own !== undefined && valueIn(cookie, name(own.pair)) === decoded(value(own.pair));
          expect(finished.ok).to.equal(isThere);
          if (finished.ok) expect(finished.appState).to.deep.equal({ callbackURL });
          expect(finished.setCookie.length).to.be.at.most(1);
        },
      ),
      { seed: 20261127, numRuns: 3000 },
    );
  });

  it('a login begins, with an answer of bounded size that takes off no cookie but its own', () => {
    fc.assert(
      fc.property(header, fc.constantFrom(HTTP_CALLBACK, HTTPS_CALLBACK), (cookie, callbackURL) => {
        const { state, setCookie } = store().begin(cookie, { clientID, callbackURL });
        const own = begun.filter((login) => login.callbackURL === callbackURL).map(({ pair }) => name(pair));
        const takenOff = setCookie.slice(0, -1).map(name);
        expect(own).to.include.members(takenOff);
        expect(setCookie.join('').length).to.be.below(2048);

        const fresh = setCookie.at(-1)!.split(';')[0]!;
        const finished = store().finish(`${fresh}; ${cookie}`, state, { clientID, callbackURL });
        expect(finished.ok).to.equal(true);
      }),
      { seed: 20261127, numRuns: 1500 },
    );
  });
});

describe('Whatever the session and the state', () => {
  const SEED = 20261127;
  const meta = (callbackURL: string, id = clientID) => ({
    authorizationURL: 'https://www.threads.com/oauth/authorize',
    tokenURL: 'https://graph.threads.net/oauth/access_token',
    clientID: id,
    callbackURL,
  });
  const strategy = new ThreadsStrategy(
    { clientID, clientSecret: 's', callbackURL: HTTPS_CALLBACK, state: true },
    async () => false,
  );
  const sessions: SessionStateStore = Reflect.get(strategy, '_stateStore');
  const begin = (session: object, callbackURL: string, id?: string): string => {
    let handle = '';
    sessions.store({ session } as never, { callbackURL }, meta(callbackURL, id), (_error, state = '') => {
      handle = state;
    });
    return handle;
  };
  const callbacks = fc.constantFrom(HTTP_CALLBACK, HTTPS_CALLBACK);
  const ids = fc.constantFrom(clientID, '42');

  it('a login ends well in the session, at the redirect URI and for the app that it began with, once', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        callbacks,
        ids,
        callbacks,
        ids,
        fc.option(fc.string()),
        (other, startedAt, startedBy, endsAt, endsBy, wrong) => {
          const session = { ...other };
          const state = begin(session, startedAt, startedBy);
          const outcomes = [0, 1].map(() => {
            let outcome: unknown[] = [];
            sessions.verify({ session } as never, wrong ?? state, meta(endsAt, endsBy), (...result) => {
              outcome = result;
            });
            return outcome;
          });
          const isOwn = wrong === null && startedAt === endsAt && startedBy === endsBy;
          expect(outcomes[0]).to.deep.equal(
            isOwn ? [null, true, { callbackURL: startedAt }] : [null, false, outcomes[0]?.[2]],
          );
          expect(outcomes[1]?.[1]).to.equal(false);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('a session that holds anything at all ends no login, and no process', () => {
    const kept = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.dictionary(fc.string(), fc.jsonValue()));
    fc.assert(
      fc.property(kept, fc.string(), (value, state) => {
        for (const held of [value, { state: { handle: state, state: value } }]) {
          const session = { 'oauth2:www.threads.com': held, other: 1 };
          let outcome: unknown[] = [];
          sessions.verify({ session } as never, state, meta(HTTPS_CALLBACK), (...result) => {
            outcome = result;
          });
          expect(outcome.slice(0, 2)).to.deep.equal([null, false]);
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
