import { endpointOf } from './endpoints.js';
import { AuthorizationWindowError, unknownWindowError } from './errors.js';
import { InvalidParameter, Params, repeated, scopeNames, UNDOCUMENTED } from './params.js';
import { requireMembers } from './settings.js';
import type { Store } from './store.js';
import type { SimulatedApp, SimulatedUser, WindowAnswer } from './types.js';

const CANCELLED =
  'error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request';

/** What an app asks for when it opens the authorization window, after all checks of Threads. */
export interface AuthorizationRequest {
  app: SimulatedApp;
  redirectURI: string;
  scopes: string[];
  /** Still percent-encoded, so that it goes back byte for byte. */
  state: string | undefined;
}

/**
 * Reads the query of the authorization window as Threads does (Meta: Get Access Tokens and Permissions, step 1).
 * @param note - is told what Threads lets pass although it does not document it, and how to mend what is refused
 * @throws AuthorizationWindowError with what Threads would show instead of the window
 */
export function readAuthorizationRequest(
  query: string,
  store: Store,
  note: (text: string) => void = () => {},
): AuthorizationRequest {
  try {
    return read(query, store, note);
  } catch (error) {
    if (!(error instanceof InvalidParameter)) throw error;
    note(error.message);
    throw unknownWindowError();
  }
}

function read(query: string, store: Store, note: (text: string) => void): AuthorizationRequest {
  const params = new Params([query], (name) => note(repeated(name)));
  const clientID = params.one('client_id');
  const redirectURI = params.one('redirect_uri');
  if (clientID === undefined || isFacebookAppID(clientID, store)) {
    throw new AuthorizationWindowError(4476002, 'Authorization Failed: No app ID was sent with the request.');
  }
  const app = store.apps.get(clientID);
  if (!app) {
    note(`No app has this client_id: ${howToRegister(clientID, redirectURI)}`);
    if (!/^\d+$/.test(clientID)) throw unknownWindowError();
    throw new AuthorizationWindowError(
      1349026,
      'No application data was given: There was a problem getting data for an application. The application may not be valid or there is a temporary glitch. Please try again later.',
    );
  }
  if (redirectURI === undefined) throw unknownWindowError();
  if (!store.isRegistered(redirectURI, app)) {
    note(
      `The app has not registered this redirect_uri to the letter: ${howToRegister(clientID, redirectURI)}`,
    );
    throw new AuthorizationWindowError(
      1349168,
      "URL Blocked: This redirect failed because the redirect URI is not whitelisted in the app's client OAuth settings. Make sure client and web OAuth login are on and add all your app domains as valid OAuth redirect URIs.",
    );
  }
  if (app.enforceHTTPS === true && !redirectURI.toLowerCase().startsWith('https:')) {
    throw new AuthorizationWindowError(
      1349187,
      "Insecure Login Blocked: You can't get an access token or log in to this app from an insecure page. Try re-loading the page as https://",
    );
  }
  const scopes = scopeNames(params.one('scope') ?? '');
  const responseType = params.one('response_type');
  if ((responseType ?? 'code') !== 'code' || !scopes.includes('threads_basic')) throw unknownWindowError();
  if (responseType === undefined) note(`There is no response_type: ${UNDOCUMENTED}`);
  const state = params.many('state').length === 0 ? undefined : rawState(query, params.one('state') ?? '');
  return { app, redirectURI, scopes, state };
}

function isFacebookAppID(id: string, store: Store): boolean {
  return !store.apps.has(id) && [...store.apps.values()].some((app) => app.facebookAppID === id);
}

/** The option of the command and the member of `createThreadsSimulator` that let an app in. */
function howToRegister(clientID: string, redirectURI = 'REDIRECT_URI'): string {
  const id = /^\d{1,20}$/.test(clientID) ? clientID : 'ID';
  const uri = /^https?:\/\/[^\s#]{1,300}$/.test(redirectURI) ? redirectURI : 'REDIRECT_URI';
  return `start the simulator with --app ${id}:SECRET:${uri}, or name it in the option apps`;
}

function rawState(query: string, decoded: string): string {
  return /(?:^|&)state=([^&]*)/.exec(query)?.[1] ?? encodeURIComponent(decoded);
}

/** The person presses Allow, with these permissions ticked. Returns where the browser is sent. */
export function allow(
  request: AuthorizationRequest,
  user: SimulatedUser | undefined,
  ticked: readonly string[],
  store: Store,
): string {
  if (!user) throw unknownWindowError();
  if (!store.mayLogIn(user, request.app)) {
    throw new AuthorizationWindowError(
      1349245,
      'Invalid Request: The user has not accepted the invite to test the app',
    );
  }
  const scopes = request.scopes.filter((scope) => scope === 'threads_basic' || ticked.includes(scope));
  const code = store.issueCode(store.grant(request.app, user, scopes), request.redirectURI);
  return backToApp(request, `code=${code}`);
}

/** The person presses Cancel. Returns where the browser is sent. */
export function cancel(request: AuthorizationRequest): string {
  return backToApp(request, CANCELLED);
}

function backToApp({ redirectURI, state }: AuthorizationRequest, answer: string): string {
  const separator = redirectURI.includes('?') ? '&' : '?';
  const handedBack = state === undefined ? '' : `&state=${state}`;
  return `${redirectURI}${separator}${answer}${handedBack}#_`;
}

/**
 * What becomes of the authorization window at `location` when a person answers it.
 * @param userNamed - finds the person, or throws
 * @returns where the browser is sent
 * @throws AuthorizationWindowError with what Threads would show instead
 */
export function answerWindow(
  location: string | URL,
  options: WindowAnswer,
  store: Store,
  userNamed: (id: string | undefined) => SimulatedUser,
): string {
  requireMembers('The answer', options, { userId: 'string?', scope: 'names?', decision: 'string?' });
  const { userId, scope, decision = 'allow' } = options;
  if (decision !== 'allow' && decision !== 'cancel') {
    throw new TypeError('decision must be "allow" or "cancel"');
  }
  const request = readAuthorizationRequest(windowAt(location).search.slice(1), store);
  if (decision === 'cancel') return cancel(request);
  const ticked = scope === undefined ? request.scopes : scopeNames(scope);
  const unasked = ticked.filter((name) => name !== 'threads_basic' && !request.scopes.includes(name));
  if (unasked.length > 0) {
    throw new Error(
      `The app did not ask for ${unasked.join(', ')}: it asked for ${request.scopes.join(', ')}`,
    );
  }
  return allow(request, userNamed(userId), ticked, store);
}

function windowAt(location: string | URL): URL {
  const url = URL.canParse(String(location)) ? new URL(location) : undefined;
  if (!url || !endpointOf(url.pathname).endsWith('/oauth/authorize')) {
    throw new TypeError(
      'location must be the absolute URL of an authorization window, as the Location header of the redirect holds it',
    );
  }
  if (/(^|\.)threads\.(com|net)$/.test(url.hostname)) {
    throw new TypeError(
      `location is the window of Threads itself, at ${url.hostname}: the app did not get the simulator's address. Give it simulator.url as the option \`simulator\` of the strategy, or as THREADS_SIMULATOR_URL`,
    );
  }
  return url;
}
