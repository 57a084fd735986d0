import { randomBytes } from 'node:crypto';
import { CookieStateStore, isThreadsError, ThreadsClient } from 'passport-threads-oauth2';
import { escaped, page } from './page.js';

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
    'GET /': (req, res) => {
      const person = sessions.get(sessionOf(req));
      if (!person) return page(res, 200, '<p><a href="/auth/threads">Continue with Threads</a></p>');
      const said = `<p>Signed in as @${escaped(person.username)} (${escaped(person.id)})</p>`;
      page(res, 200, `${said}<form method="post" action="/sign-out"><button>Sign out</button></form>`);
    },

    'GET /auth/threads': (req, res) => {
      const { state, setCookie } = states.begin(req.headers.cookie, login);
      const location = threads.authorizationURL({ redirectURI: callbackURL, state });
      res.writeHead(302, { location, 'set-cookie': setCookie, 'cache-control': 'no-store' }).end();
    },

    [`GET ${new URL(callbackURL).pathname}`]: async (req, res, query) => {
      // Before anything else in the query is believed: did the login start in this browser?
      const { ok, message, setCookie } = states.finish(req.headers.cookie, one(query, 'state'), login);
      res.setHeader('set-cookie', setCookie);
      if (!ok) return page(res, 403, `<p>${escaped(message)}</p>`);
      if (query.get('error') === 'access_denied') return page(res, 403, '<p>You cancelled.</p>');
      const code = one(query, 'code');
      if (!code || query.has('error')) return page(res, 400, '<p>Threads did not let you in.</p>');

      const { accessToken, userId } = await threads.exchangeCode(code, callbackURL);
      const person = await threads.getProfile(accessToken);
      if (person.id !== userId) throw new Error('Threads names two people for one access token');

      const session = randomBytes(32).toString('base64url'); // a new one, so that nobody could plant it
      sessions.set(session, person);
      // The `#` takes the place of the `#_` that Threads' redirect ends with.
      res.writeHead(303, { location: '/#', 'set-cookie': [...setCookie, cookieOf(session)] }).end();
    },

    'POST /sign-out': (req, res) => {
      sessions.delete(sessionOf(req));
      res.writeHead(303, { location: '/' }).end();
    },
  };

  return async (req, res) => {
    try {
      const { pathname, searchParams } = new URL(req.url, 'http://host');
      const answer = routes[`${req.method} ${pathname}`];
      if (!answer) return page(res, 404, '<p>There is no such page.</p>');
      await answer(req, res, searchParams);
    } catch (error) {
      console.error(`${error.name}: ${error.message}`);
      page(res, isThreadsError(error) ? error.status : 500, '<p>That did not work. Please try again.</p>');
    }
  };
}

/** A parameter that is there once: one that is there twice could be read in two ways. */
function one(query, parameter) {
  const values = query.getAll(parameter);
  return values.length === 1 ? values[0] : undefined;
}
