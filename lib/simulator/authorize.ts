import type { Express, Request } from 'express';
import { windowRefusal } from './errors.js';
import { authorizationPage, sendPage } from './pages.js';
import { bodyParams, queryParams, rawQuery, scopeNames } from './params.js';
import type { Store } from './store.js';
import type { SimulatedApp } from './types.js';

const CANCELLED =
  'error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request';

export interface AuthorizationRequest {
  app: SimulatedApp;
  redirectURI: string;
  scopes: string[];
  /** Still percent-encoded, so that it goes back byte for byte. */
  state: string | undefined;
}

/** The authorization window (Meta: Get Access Tokens and Permissions, step 1). */
export function routeAuthorization(app: Express, store: Store): void {
  app.get('/oauth/authorize', (req, res) => {
    sendPage(req, res, authorizationPage(req, readRequest(req, store), store));
  });

  // The form posts to the query it was opened with, so both methods pass the same checks.
  app.post('/oauth/authorize', (req, res) => {
    if (isCrossSite(req)) throw windowRefusal(1, 'An unknown error has occurred');
    const request = readRequest(req, store);
    const form = bodyParams(req);
    const decision = form.one('decision');
    if (decision === 'cancel') return res.redirect(302, backToApp(request, CANCELLED));

    const user = store.users.get(form.one('user') ?? '');
    if (decision !== 'allow' || !user) throw windowRefusal(1, 'An unknown error has occurred');
    if (!store.mayLogIn(user, request.app)) {
      throw windowRefusal(1349245, 'Invalid Request: The user has not accepted the invite to test the app');
    }
    const ticked = new Set(['threads_basic', ...form.many('scope')]);
    const scopes = request.scopes.filter((scope) => ticked.has(scope));
    const code = store.issueCode(store.grant(request.app, user, scopes), request.redirectURI);
    res.redirect(302, backToApp(request, `code=${code}`));
  });
}

function readRequest(req: Request, store: Store): AuthorizationRequest {
  const params = queryParams(req);
  const clientID = params.one('client_id') ?? '';
  if (!/^\d+$/.test(clientID) || isFacebookAppID(clientID, store)) {
    throw windowRefusal(4476002, 'Invalid Request: No app ID was provided in the request');
  }
  const app = store.apps.get(clientID);
  if (!app) {
    throw windowRefusal(
      1349026,
      'No application data was given: There was a problem getting data for an application. The application may not be valid or there is a temporary glitch. Please try again later.',
    );
  }
  const redirectURI = params.one('redirect_uri');
  if (redirectURI === undefined) throw windowRefusal(1, 'An unknown error has occurred');
  if (!app.redirectURIs.includes(redirectURI)) {
    throw windowRefusal(
      1349168,
      "URL Blocked: This redirect failed because the redirect URI is not whitelisted in the app's client OAuth settings. Make sure client and web OAuth login are on and add all your app domains as valid OAuth redirect URIs.",
    );
  }
  const scopes = scopeNames(params.one('scope') ?? '');
  if (params.one('response_type') !== 'code' || !scopes.includes('threads_basic')) {
    throw windowRefusal(1, 'An unknown error has occurred');
  }
  const state = params.many('state').length === 0 ? undefined : rawState(req, params.one('state') ?? '');
  return { app, redirectURI, scopes, state };
}

function isFacebookAppID(id: string, store: Store): boolean {
  return !store.apps.has(id) && [...store.apps.values()].some((app) => app.facebookAppID === id);
}

function rawState(req: Request, decoded: string): string {
  return /(?:^|&)state=([^&]*)/.exec(rawQuery(req))?.[1] ?? encodeURIComponent(decoded);
}

function backToApp({ redirectURI, state }: AuthorizationRequest, answer: string): string {
  const separator = redirectURI.includes('?') ? '&' : '?';
  const handedBack = state === undefined ? '' : `&state=${state}`;
  return `${redirectURI}${separator}${answer}${handedBack}#_`;
}

/** Another website in the same browser must not press the simulator's buttons. */
export function isCrossSite(req: Request): boolean {
  const site = req.get('sec-fetch-site');
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
