import { AuthorizationWindowError } from './errors.js';
import { InvalidParameter, Params, scopeNames } from './params.js';
import type { Store } from './store.js';
import type { SimulatedApp, SimulatedUser } from './types.js';

const CANCELLED =
  'error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request';
const UNKNOWN = 'An unknown error has occurred';

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
 * @throws AuthorizationWindowError with what Threads would show instead of the window
 */
export function readAuthorizationRequest(query: string, store: Store): AuthorizationRequest {
  try {
    return read(query, store);
  } catch (error) {
    throw error instanceof InvalidParameter ? new AuthorizationWindowError(1, UNKNOWN) : error;
  }
}

function read(query: string, store: Store): AuthorizationRequest {
  const params = new Params(query);
  const clientID = params.one('client_id') ?? '';
  if (!/^\d+$/.test(clientID) || isFacebookAppID(clientID, store)) {
    throw new AuthorizationWindowError(4476002, 'Invalid Request: No app ID was provided in the request');
  }
  const app = store.apps.get(clientID);
  if (!app) {
    throw new AuthorizationWindowError(
      1349026,
      'No application data was given: There was a problem getting data for an application. The application may not be valid or there is a temporary glitch. Please try again later.',
    );
  }
  const redirectURI = params.one('redirect_uri');
  if (redirectURI === undefined) throw new AuthorizationWindowError(1, UNKNOWN);
  if (!app.redirectURIs.includes(redirectURI)) {
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
  if (params.one('response_type') !== 'code' || !scopes.includes('threads_basic')) {
    throw new AuthorizationWindowError(1, UNKNOWN);
  }
  const state = params.many('state').length === 0 ? undefined : rawState(query, params.one('state') ?? '');
  return { app, redirectURI, scopes, state };
}

function isFacebookAppID(id: string, store: Store): boolean {
  return !store.apps.has(id) && [...store.apps.values()].some((app) => app.facebookAppID === id);
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
  if (!user) throw new AuthorizationWindowError(1, UNKNOWN);
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
