// A program of its own: whether an object inherits by `__proto__` is up to a flag of Node.js.
import passport from 'passport';
import { AuthorizationError, InternalOAuthError, TokenError } from 'passport-oauth2';
import * as threads from 'passport-threads-oauth2';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';

const simulator = createThreadsSimulator();
await simulator.listen();
const { clientID, clientSecret, redirectURIs } = simulatedApp;
passport.use(
  new threads.ThreadsStrategy(
    { clientID, clientSecret, callbackURL: redirectURIs[0], simulator: simulator.url, state: false },
    async (_accessToken, _refreshToken, profile) => ({ id: profile.id }),
  ),
);

function authenticate(query) {
  return new Promise((resolve) => {
    const res = { setHeader: () => {}, getHeader: () => {}, end: () => resolve(res), statusCode: 200 };
    const end = (error, user) => resolve({ error, user });
    const path = query ? new URL(redirectURIs[0]).pathname : '/auth/threads';
    const req = { method: 'GET', url: path, headers: { host: 'localhost' }, query: query ?? {} };
    res.redirect = (location) => resolve({ location });
    res.setHeader = (name, value) => {
      if (name.toLowerCase() === 'location') resolve({ location: value });
    };
    passport.authenticate('threads', { session: false }, end)(req, res, end);
  });
}

const { location } = await authenticate();
const answer = Object.fromEntries(new URL(simulator.answer(location)).searchParams);
const { user } = await authenticate(answer);
const { error: used } = await authenticate(answer);
const { error: refused } = await authenticate({ error: 'server_error', error_description: 'No' });
simulator.fail('/oauth/access_token', { status: 502, body: '<html>' });
const { error: down } = await authenticate({ code: 'AQBx' });
await simulator.close();

const described = [used, refused, down].map((error) => ({
  isError: error instanceof Error,
  isThreadsError: threads.isThreadsError(error),
  isPassportOAuth2s:
    error instanceof TokenError || error instanceof AuthorizationError || error instanceof InternalOAuthError,
  name: error?.name,
  status: error?.status,
  code: error?.code,
  reason: error?.reason,
  hasStack: String(error?.stack).startsWith(`${error?.name}: `),
}));
console.log(JSON.stringify({ hasProto: '__proto__' in {}, user, errors: described }));
