import { createHmac } from 'node:crypto';
import type { Express, Request } from 'express';
import {
  accessTokenOf,
  deathOf,
  livingToken,
  permissionRefusal,
  requireScope,
  requireServed,
} from './access.js';
import { originOf, threadsPaths } from './endpoints.js';
import { graphRefusal } from './errors.js';
import { allParams, type Params } from './params.js';
import type { Store, Token } from './store.js';
import type { SimulatedApp, SimulatedUser } from './types.js';

/** The Graph API: who am I, and what is this token. */
export function routeGraph(app: Express, store: Store): void {
  // Meta: Threads Profiles
  app.get(threadsPaths('/me'), (req, res) => {
    const params = allParams(req);
    const { token } = identify(req, params, store);
    if (!token) {
      throw graphRefusal(
        2500,
        'An active access token must be used to query information about the current user.',
      );
    }
    res.json(profileOf(req, params, token, store));
  });

  // The same by the id, which only the person's own token may ask for.
  app.get(/^(?:\/v1\.0)?\/(\d+)\/?$/, (req, res) => {
    const params = allParams(req);
    const { token } = identify(req, params, store);
    const id = req.params[0]!;
    if (token?.grant.user !== id) {
      throw graphRefusal(
        100,
        `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
        { type: 'THApiException', subcode: 33 },
      );
    }
    res.json(profileOf(req, params, token, store));
  });

  // Meta: Threads, Debug Access Token
  app.get(threadsPaths('/debug_token'), (req, res) => {
    const params = allParams(req);
    const { token: inspector, app: inspecting } = identify(req, params, store);
    if (inspector && !store.isTester(inspector.grant.user, inspecting.clientID)) {
      // *Observed* with this status, although it is a refusal.
      const refused = { type: 'THApiException', status: 500 };
      throw graphRefusal(10, 'Application does not have permission for this action', refused);
    }
    const { app_id, error, granular_scopes, ...data } = describe(inputOf(params), inspecting, store);
    res.json({ data });
  });

  // Meta: Graph API Reference, Debug Token. No version of the Graph API before 2.0 is left.
  app.get(/^\/v(?:[2-9]|[1-9]\d)\.0\/debug_token\/?$/, (req, res) => {
    const params = allParams(req);
    const { token: inspector, app: inspecting } = identify(req, params, store);
    if (inspector && !store.isTester(inspector.grant.user, inspecting.clientID)) {
      throw permissionRefusal('The access token must belong to a person with a role on the app');
    }
    const input = inputOf(params);
    const { issued_at, ...data } = describe(input, inspecting, store);
    res.json({ data: store.token(input)?.longLived ? { ...data, issued_at } : data });
  });
}

function identify(req: Request, params: Params, store: Store): { app: SimulatedApp; token?: Token } {
  const value = accessTokenOf(req, params);
  const ownApp = value === undefined ? undefined : store.appOfToken(value);
  const token = ownApp ? undefined : livingToken(value, store);
  const app = ownApp ?? store.apps.get(token!.grant.app)!;
  const proof = params.one('appsecret_proof');
  if (proof !== undefined && proof !== createHmac('sha256', app.clientSecret).update(value!).digest('hex')) {
    throw graphRefusal(100, 'Invalid appsecret_proof provided in the API argument', {
      type: 'GraphMethodException',
    });
  }
  return { app, token };
}

function profileOf(req: Request, params: Params, token: Token, store: Store): Record<string, unknown> {
  requireServed(token, store);
  requireScope(token, 'threads_basic', store);
  const fields = fieldsOf(store.users.get(token.grant.user)!, originOf(req));
  const answer: Record<string, unknown> = { id: token.grant.user };
  for (const field of (params.one('fields') ?? 'id').split(',').map((name) => name.trim())) {
    if (!Object.hasOwn(fields, field)) {
      throw graphRefusal(100, `(#100) Tried accessing nonexisting field (${field.slice(0, 60)})`);
    }
    if (fields[field] !== undefined) answer[field] = fields[field];
  }
  return answer;
}

function fieldsOf(user: SimulatedUser, origin: string): Record<string, unknown> {
  return {
    id: user.id,
    username: user.username,
    name: user.name,
    threads_profile_picture_url:
      user.pictureURL === false
        ? undefined
        : (user.pictureURL ?? `${origin}/pictures/${encodeURIComponent(user.username)}.svg`),
    threads_biography: user.biography,
    is_verified: user.isVerified ?? false,
    recently_searched_keywords: user.recentlySearchedKeywords ?? [],
    is_eligible_for_geo_gating: user.isEligibleForGeoGating ?? false,
  };
}

function inputOf(params: Params): string {
  const input = params.one('input_token');
  if (input === undefined) throw graphRefusal(100, '(#100) The parameter input_token is required');
  return input;
}

function describe(input: string, inspecting: SimulatedApp, store: Store): Record<string, unknown> {
  const token = store.token(input);
  const app = token ? store.apps.get(token.grant.app) : store.appOfToken(input);
  if (!app) {
    const error = { code: 190, message: 'The access token could not be decrypted' };
    return { error, is_valid: false, scopes: [] };
  }
  if (app.clientID !== inspecting.clientID) {
    throw graphRefusal(100, '(#100) The App_id in the input_token did not match the Viewing App');
  }
  const application = app.name ?? `App ${app.clientID}`;
  if (!token) return { app_id: app.clientID, type: 'APP', application, is_valid: true, scopes: [] };

  const death = deathOf(token, store);
  return {
    app_id: app.clientID,
    type: 'USER',
    application,
    data_access_expires_at: seconds(token.grant.expiresAt),
    ...(death && { error: death }),
    expires_at: seconds(token.expiresAt),
    is_valid: !death,
    issued_at: seconds(token.issuedAt),
    scopes: token.scopes,
    granular_scopes: token.scopes.map((scope) => ({ scope })),
    user_id: token.grant.user,
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
