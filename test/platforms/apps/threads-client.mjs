// The two legs of a login on the requests and responses of the web, with ThreadsClient in place of Passport.
import { CookieStateStore, ThreadsClient } from 'passport-threads-oauth2';

let made;

/** Made with the first request: a build of Next.js loads this file where no settings are. */
function app() {
  if (made) return made;
  const { callbackURL, ...options } = JSON.parse(process.env.STRATEGY);
  const { clientID, clientSecret } = options;
  const threads = new ThreadsClient(options);
  const states = new CookieStateStore({ secret: clientSecret });
  made = { threads, states, callbackURL, login: { clientID, callbackURL } };
  return made;
}

/** The first leg, of a `Request`. */
export function start(request) {
  const { threads, states, callbackURL, login } = app();
  const { state, setCookie } = states.begin(request.headers.get('cookie'), login, { from: 'a letter' });
  const headers = new Headers({ location: threads.authorizationURL({ redirectURI: callbackURL, state }) });
  for (const cookie of setCookie) headers.append('set-cookie', cookie);
  return new Response(null, { status: 302, headers });
}

/** The second leg, of a `Request`. */
export async function finish(request) {
  const { threads, states, callbackURL, login } = app();
  const query = new URL(request.url).searchParams;
  const state = query.getAll('state');
  const begun = states.finish(
    request.headers.get('cookie'),
    state.length === 1 ? state[0] : undefined,
    login,
  );
  const { ok, setCookie, appState, ...failure } = begun;
  const headers = setCookie.map((cookie) => ['set-cookie', cookie]);
  if (!ok) return Response.json(failure, { status: 403, headers });
  const code = query.getAll('code');
  if (query.has('error') || code.length !== 1) return Response.json({}, { status: 403, headers });

  const { accessToken, userId } = await threads.exchangeCode(code[0], callbackURL);
  const { id, displayName } = await threads.getProfile(accessToken);
  if (id !== userId) throw new Error('Threads names two people for one access token');
  return Response.json({ user: { id, name: displayName }, state: appState }, { headers });
}
