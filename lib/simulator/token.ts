import type { Express, Response } from 'express';
import { accessTokenOf, livingToken, requireScope, requireServed } from './access.js';
import { threadsPaths } from './endpoints.js';
import { applicationRefusal, graphRefusal, type Refusal, tokenRefusal, usedCodeRefusal } from './errors.js';
import { note } from './notes.js';
import { allParams, type Params, UNDOCUMENTED } from './params.js';
import { type Code, REFRESH_AGE, type Store } from './store.js';
import type { SimulatedApp } from './types.js';

/** Everything that hands out tokens. */
export function routeTokens(app: Express, store: Store): void {
  // Meta: Get Access Tokens and Permissions, step 2
  app.post(threadsPaths('/oauth/access_token'), (req, res) => {
    const params = allParams(req);
    if (params.one('grant_type') === 'client_credentials') {
      throw tokenRefusal('An app token (grant_type client_credentials) is asked for with GET, not with POST');
    }
    exchangeCode(params, store, res);
  });

  // Meta: App Access Tokens. The code exchange by GET is *observed*.
  app.get(threadsPaths('/oauth/access_token'), (req, res) => {
    const params = allParams(req);
    if (params.one('grant_type') !== 'client_credentials') {
      note(req, `The code exchange came by GET: ${UNDOCUMENTED}`);
      exchangeCode(params, store, res);
      return;
    }
    const client = authenticateClient(params, store);
    res.json({ access_token: store.appToken(client), token_type: 'bearer' });
  });

  // Meta: Long-Lived Tokens
  app.get('/access_token', (req, res) => {
    const params = allParams(req);
    requireGrantType(params, 'th_exchange_token', invalidParameter);
    const token = livingToken(accessTokenOf(req, params), store);
    if (params.one('client_secret') !== store.apps.get(token.grant.app)?.clientSecret) {
      throw invalidParameter('Error validating client secret.');
    }
    // *Observed* in May 2026.
    if (token.longLived) throw graphRefusal(452, 'Session key invalid', { subcode: 4279019 });
    requireServed(token, store);
    sendLongLived(res, store, store.issueToken(token, true));
  });

  app.get(threadsPaths('/refresh_access_token'), (req, res) => {
    const params = allParams(req);
    requireGrantType(params, 'th_refresh_token', invalidParameter);
    const token = livingToken(accessTokenOf(req, params), store);
    if (!token.longLived) throw graphRefusal(190, 'Session key invalid');
    if (store.now() - token.issuedAt < REFRESH_AGE) {
      throw invalidParameter('The access token must be at least 24 hours old to be refreshed');
    }
    requireScope(token, 'threads_basic', store);
    if (store.users.get(token.grant.user)?.isPrivate !== true) store.extend(token.grant);
    sendLongLived(res, store, store.issueToken(token, true));
  });
}

function exchangeCode(params: Params, store: Store, res: Response): void {
  requireGrantType(params, 'authorization_code', tokenRefusal);
  const client = authenticateClient(params, store);
  const code = usableCode(required(params, 'code'), required(params, 'redirect_uri'), client, store);
  code.spent = true;
  const accessToken = JSON.stringify(store.issueToken(code, false));
  // Threads sends the id as a JSON number, which a JavaScript number could not carry; token_type since August 2026.
  res.type('json').send(`{"access_token":${accessToken},"token_type":"bearer","user_id":${code.grant.user}}`);
}

function usableCode(value: string, redirectURI: string, client: SimulatedApp, store: Store): Code {
  const code = store.code(value);
  if (!code || code.grant.app !== client.clientID || hasEnded(code)) {
    throw tokenRefusal('Matching code was not found or was already used');
  }
  if (code.spent) throw usedCodeRefusal();
  if (code.expiresAt <= store.now()) throw tokenRefusal('This authorization code has expired');
  if (code.redirectURI !== redirectURI) {
    throw tokenRefusal(
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    );
  }
  return code;
}

function hasEnded({ session }: Code): boolean {
  return session.loggedOut === true || session.revokedAs !== undefined;
}

function sendLongLived(res: Response, store: Store, accessToken: string): void {
  const { expiresAt = 0 } = store.token(accessToken) ?? {};
  const expiresIn = Math.floor((expiresAt - store.now()) / 1000);
  res.json({ access_token: accessToken, token_type: 'bearer', expires_in: expiresIn });
}

function authenticateClient(params: Params, store: Store): SimulatedApp {
  const app = store.apps.get(required(params, 'client_id'));
  if (!app) throw tokenRefusal('Invalid platform app');
  if (required(params, 'client_secret') !== app.clientSecret) throw applicationRefusal();
  return app;
}

function required(params: Params, name: string): string {
  const value = params.one(name);
  if (value === undefined) throw tokenRefusal(`Missing required field ${name}`);
  return value;
}

function requireGrantType(params: Params, wanted: string, refusal: (message: string) => Refusal): void {
  const given = params.one('grant_type');
  if (given === wanted) return;
  throw refusal(
    given === undefined
      ? `Missing required field grant_type: it must be ${wanted}`
      : `The grant_type is not one of this endpoint: it must be ${wanted}`,
  );
}

function invalidParameter(message: string): Refusal {
  return graphRefusal(100, message);
}
