import type { Request } from 'express';
import { graphRefusal, type Refusal } from './errors.js';
import { allParams, type Params } from './params.js';
import type { Store, Token } from './store.js';

/** Why a token can no longer be used, in the words of `debug_token`. */
export interface Death {
  code: 190;
  message: string;
  subcode: 458 | 460 | 463;
}

/** The token, when it may still be used. */
export function livingToken(value: string | undefined, store: Store): Token {
  if (value === undefined) {
    throw graphRefusal(104, 'An access token is required to request this resource.');
  }
  const token = store.token(value);
  if (!token) {
    throw graphRefusal(190, 'Invalid OAuth access token - Cannot parse access token', { subcode: 467 });
  }
  const { revokedAs } = token.session;
  if (revokedAs !== undefined && revokedAs !== 190) {
    // *Observed* in August 2026, in place of 190 with 458.
    throw graphRefusal(revokedAs, 'The requested resource does not exist');
  }
  const death = deathOf(token, store);
  if (death) throw graphRefusal(190, death.message, { subcode: death.subcode });
  return token;
}

export function deathOf({ session, grant, expiresAt }: Token, store: Store): Death | undefined {
  const now = store.now();
  if (session.revokedAs !== undefined) {
    return death(458, `The user has not authorized application ${grant.app}.`);
  }
  if (session.loggedOut) {
    return death(
      460,
      'The session has been invalidated because the user logged out or changed the password.',
    );
  }
  if (expiresAt <= now) {
    return death(463, `Session has expired on ${date(expiresAt)}. The current time is ${date(now)}.`);
  }
  return undefined;
}

function death(subcode: Death['subcode'], reason: string): Death {
  return {
    code: 190,
    message: `Error validating access token: ${reason}`,
    subcode,
  };
}

/** A permission ends 90 days after the person last gave it, also when the token lives on. */
export function requireScope(token: Token, scope: string, store: Store): void {
  if (token.scopes.includes(scope) && token.grant.expiresAt > store.now()) return;
  throw permissionRefusal(`Application does not have permission for this action: ${scope} is required`);
}

/** The code exchange serves all people; what comes after it, testers alone until App Review (*observed*). */
export function requireServed({ grant }: Token, store: Store): void {
  if (store.isServed(grant.user, grant.app)) return;
  throw graphRefusal(
    100,
    'This action requires the threads_basic permission. You must submit for app review, or your user must be in the list of Threads testers.',
    { subcode: 10 },
  );
}

/** The token of a request: a parameter, else a Bearer header. */
export function accessTokenOf(req: Request, params: Params): string | undefined {
  return params.one('access_token') ?? bearerToken(req);
}

/** Whether a request comes with an app token, valid or not. */
export function hasAppToken(req: Request): boolean {
  const tokens = [...allParams(req).many('access_token'), bearerToken(req)];
  return tokens.some((token) => token?.startsWith('TH|'));
}

function bearerToken(req: Request): string | undefined {
  return /^Bearer (.+)$/i.exec(req.get('authorization') ?? '')?.[1];
}

export function permissionRefusal(message: string): Refusal {
  return graphRefusal(10, `(#10) ${message}`);
}

function date(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
