import type { ThreadsProfile, TokenParams, VerifyCallback } from '../../lib/index.js';
import { ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { app, CODE } from './fixtures.js';
import { type Outcome, type RequestLike, runStrategy } from './run-strategy.js';
import { type Replies, upstream } from './upstream.js';
import { asUser } from './user.js';

/** What the verify function of {@link login} made its user of. */
export interface VerifiedUser {
  accessToken: string;
  refreshToken: string | undefined;
  params: Record<string, unknown>;
  profile: ThreadsProfile;
}

export interface LoginSetting {
  replies?: Replies;
  options?: Partial<ThreadsStrategyOptions>;
  request?: RequestLike;
}

/** Ends a login whose authorization window gave a code; the user is all that the verify function was given. */
export async function login({ replies, options, request }: LoginSetting = {}) {
  const { dispatcher, calls } = upstream(replies);
  const strategy = new ThreadsStrategy(
    { ...app, state: false, dispatcher, ...options },
    (
      accessToken: string,
      refreshToken: string | undefined,
      params: TokenParams,
      profile: ThreadsProfile,
      done: VerifyCallback,
    ) => done(null, asUser({ accessToken, refreshToken, params, profile })),
  );
  const outcome = await runStrategy(strategy, request ?? { query: { code: CODE } });
  return { outcome, calls };
}

/** The user of a login that must succeed. */
export async function loggedIn(setting: LoginSetting = {}) {
  const { outcome, calls } = await login(setting);
  if (outcome.outcome !== 'success') throw notA('success', outcome);
  return { ...(outcome.user as VerifiedUser), info: outcome.info, calls };
}

/** The error of a login that must end in one. */
export async function loginError(setting: LoginSetting) {
  const { outcome } = await login(setting);
  if (outcome.outcome !== 'error') throw notA('error', outcome);
  return outcome.error as Error & Record<string, unknown>;
}

function notA(name: string, outcome: Outcome): Error {
  const cause = outcome.outcome === 'error' ? outcome.error : outcome;
  return new Error(`Expected ${name}, got ${outcome.outcome}`, { cause });
}

/** The error that a promise must reject with. */
export async function rejection(promise: Promise<unknown>) {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (!outcome) throw new Error('Expected a rejection');
  return outcome.error as Error & Record<string, unknown>;
}
