import { randomBytes } from 'node:crypto';
import { CookieStateStore, ThreadsClient } from 'passport-threads-oauth2';
import { escaped, page, redirect, saidOf } from './page.js';

/** A sign-in with Threads as a listener of node:http; `endpoints` are those of a simulator, if any. */
export function createApp({ clientID, clientSecret, callbackURL, ...endpoints }) {
  const threads = new ThreadsClient({ clientID, clientSecret, ...endpoints });
  const states = new CookieStateStore({ secret: clientSecret });
  const login = { clientID, callbackURL };
  const sessions = new Map(); // who is signed in; your app has a database for it
  const [name, secure] = callbackURL.startsWith('https:') ? ['__Host-session', '; Secure'] : ['session', ''];
  const cookieOf = (session) => `${name}=${session}; Path=/; HttpOnly; SameSite=Lax${secure}`;
  const sessionOf = (req) => new RegExp(`(?:^|; )${name}=([^;]*)`).exec(req.headers.cookie)?.[1];

  const routes = {
    'GET /': (req, res, query) => {
      const person = sessions.get(sessionOf(req));
      const why = saidOf(query.get('problem'));
      if (!person) return page(res, 200, `${why}<p><a href="/auth/threads">Continue with Threads</a></p>`);
      const who = `<p>Signed in as @${escaped(person.username)} (${escaped(person.id)})</p>`;
      page(res, 200, `${why}${who}<form method="post" action="/sign-out"><button>Sign out</button></form>`);
    },

    'GET /auth/threads': (req, res) => {
      const { state, setCookie } = states.begin(req.headers.cookie, login);
      res.setHeader('set-cookie', setCookie);
      redirect(res, threads.authorizationURL({ redirectURI: callbackURL, state }));
    },

    [`GET ${new URL(callbackURL).pathname}`]: async (req, res, query) => {
      // What is there twice could be read in two ways.
      const only = (name) => (query.getAll(name).length === 1 ? query.get(name) : undefined);
      // Before anything else in the query is believed: did the login start in this browser?
      const { ok, setCookie } = states.finish(req.headers.cookie, only('state'), login);
      res.setHeader('set-cookie', setCookie);
      // Every way out is a redirect: the code, which may be unspent, does not stay in the address bar.
      if (!ok) return redirect(res, '/?problem=state#');
      if (only('error') === 'access_denied') return redirect(res, '/?problem=cancelled#');
      const code = only('code');
      if (!code || query.has('error')) return redirect(res, '/?problem=refused#');

      const { accessToken, userId } = await threads.exchangeCode(code, callbackURL);
      const person = await threads.getProfile(accessToken);
      if (person.id !== userId) throw new Error('Threads names two people for one access token');

      const session = randomBytes(32).toString('base64url'); // a new one, so that nobody could plant it
      sessions.set(session, person);
      res.setHeader('set-cookie', [...setCookie, cookieOf(session)]);
      redirect(res, '/#'); // the `#` takes the place of the `#_` that Threads' redirect ends with
    },

    'POST /sign-out': (req, res) => {
      sessions.delete(sessionOf(req));
      redirect(res, '/');
    },
  };

  return async (req, res) => {
    try {
      const [path, query] = req.url.split(/\?(.*)/s);
      const answer = routes[`${req.method} ${path}`];
      if (answer) await answer(req, res, new URLSearchParams(query));
      else page(res, 404, '<p>There is no such page.</p>');
    } catch (error) {
      console.error(`${error.name}: ${error.message}`);
      redirect(res, '/?problem=error#');
    }
  };
}
