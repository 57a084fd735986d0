import {
  ThreadsStrategy,
  ThreadsTokenStrategy,
  type ThreadsTokenStrategyOptions,
  type VerifyFunction,
  type VerifyFunctionWithParams,
} from '../../lib/index.js';
import type { Equal, Expect } from './expect.js';

declare const user: Express.User;
declare const verify: VerifyFunction;
declare const verifyWithParams: VerifyFunctionWithParams;
const options = { clientID: '1', clientSecret: 's' };
const login = { ...options, callbackURL: 'https://app.example/callback' };

/** One verify callback serves both strategies. */
export const strategies = [
  new ThreadsStrategy(login, verify),
  new ThreadsTokenStrategy(options, verify),
  new ThreadsStrategy(login, verifyWithParams),
  new ThreadsTokenStrategy(options, verifyWithParams),
  // Nobody gets in, as while an app is closed to newcomers.
  new ThreadsTokenStrategy(options, async (_accessToken, _refreshToken, _profile) => false),
  new ThreadsTokenStrategy({ ...options, passReqToCallback: true }, async (_req, _a, _r, _profile) => false),
  new ThreadsTokenStrategy(options, async (accessToken, refreshToken, profile) => {
    type _ = [
      Expect<Equal<typeof accessToken, string>>,
      Expect<Equal<typeof refreshToken, string | undefined>>,
    ];
    return profile.isVerified ? user : false;
  }),
  new ThreadsTokenStrategy({ ...options, passReqToCallback: true }, (req, _token, _refresh, profile, done) =>
    done(null, req.ip && profile.id ? user : false),
  ),
];

/** Whoever refuses everybody. */
export const closed = new ThreadsTokenStrategy(options, async () => false);

export function refusedFunctions() {
  // @ts-expect-error a promise of anything but a user, false or null
  new ThreadsTokenStrategy(options, async (_a, _r, profile) => profile.id);
  // @ts-expect-error a misspelt member of the profile
  new ThreadsTokenStrategy(options, async (_a, _r, profile) => (profile.usernmae ? user : null));
}

export const accepted: ThreadsTokenStrategyOptions[] = [
  options,
  { ...options, requiredScopes: 'threads_basic', profileFields: false, timeout: 5000 },
  { ...options, testerAccessToken: async () => 'THQVJ' },
  { ...options, tokenFromRequest: (req) => req.get('x-threads-token') },
  { ...options, tokenFromRequest: async () => null },
];

export const refused: ThreadsTokenStrategyOptions[] = [
  // @ts-expect-error: there is no 'auto' and no 'off'
  { ...options, tokenVerification: 'off' },
  // @ts-expect-error: nobody is sent anywhere
  { ...options, callbackURL: 'https://app.example/callback' },
  // @ts-expect-error: a token is text
  { ...options, tokenFromRequest: () => 12 },
];
