// Hono without Passport: `ThreadsClient` speaks the protocol, `CookieStateStore` ties a login to its browser. The same
// on Node.js, Bun and Deno; `createApp` makes a listener for Node.js of it.
import { randomBytes } from 'node:crypto';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { CookieStateStore, ThreadsClient } from 'passport-threads-oauth2';

const sessions = new Map(); // your database

export function createHono({ clientID, clientSecret, callbackURL, simulator }) {
  const threads = new ThreadsClient({ clientID, clientSecret, simulator });
  const states = new CookieStateStore({ secret: clientSecret });
  const login = { clientID, callbackURL };
  const secure = callbackURL.startsWith('https:');
  const COOKIE = secure ? '__Host-session' : 'session';
  const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure, maxAge: 7 * 24 * 60 * 60 };
  const app = new Hono();

  app.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
  });

  app.get('/auth/threads', (c) => {
    const { state, setCookie } = states.begin(c.req.header('cookie'), login);
    for (const cookie of setCookie) c.header('set-cookie', cookie, { append: true });
    return c.redirect(threads.authorizationURL({ redirectURI: callbackURL, state }));
  });

  app.get(new URL(callbackURL).pathname, async (c) => {
    // What is there twice could be read in two ways.
    const only = (name) => (c.req.queries(name)?.length === 1 ? c.req.query(name) : undefined);
    // Before anything else in the query is believed: did the login start in this browser?
    const { ok, setCookie: cookies } = states.finish(c.req.header('cookie'), only('state'), login);
    for (const cookie of cookies) c.header('set-cookie', cookie, { append: true });
    // Every way out is a redirect: the code, which may be unspent, does not stay in the address bar.
    const fail = (problem) => {
      console.error(`Login failed: ${problem}`);
      return c.redirect(`/?problem=${problem}#`, 303);
    };
    if (!ok) return fail('invalid_state');
    if (only('error') === 'access_denied') return fail('access_denied');
    const code = only('code');
    if (!code || c.req.query('error') !== undefined) return fail('error');

    const { accessToken, userId } = await threads.exchangeCode(code, callbackURL);
    const person = await threads.getProfile(accessToken);
    if (person.id !== userId) throw new Error('Threads names two people for one access token');

    const session = randomBytes(32).toString('base64url'); // a new one, so that nobody could plant it
    sessions.set(session, person);
    setCookie(c, COOKIE, session, options);
    return c.redirect('/#', 303); // the `#` takes the place of the `#_` that Threads' redirect ends with
  });

  app.post('/sign-out', (c) => {
    sessions.delete(getCookie(c, COOKIE));
    deleteCookie(c, COOKIE, { path: '/', secure });
    return c.redirect('/', 303);
  });

  app.get('/', (c) => {
    const person = sessions.get(getCookie(c, COOKIE));
    if (person) {
      return c.html(
        `<p>You are ${person.id}.</p><form method="post" action="/sign-out"><button>Sign out</button></form>`,
      );
    }
    const problem = c.req.query('problem');
    const said = problem === undefined ? '' : SAID[Object.hasOwn(SAID, problem) ? problem : 'error'];
    return c.html(`<p>${said}</p><p><a href="/auth/threads">Continue with Threads</a></p>`);
  });

  app.onError((error, c) => {
    console.error(`${error.name}: ${error.message}`);
    return c.redirect('/?problem=error#', 303);
  });
  return app;
}

export const createApp = (options) => getRequestListener(createHono(options).fetch);

const SAID = {
  access_denied: 'You cancelled, so nothing was shared.',
  invalid_state: 'Please start again, in this browser and with cookies allowed.',
  error: 'Threads could not sign you in. Please try again later.',
};
