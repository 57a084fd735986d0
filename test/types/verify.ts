import type { Request } from 'express';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type TokenParams,
  type VerifyCallback,
  type VerifyFunction,
  type VerifyFunctionWithParams,
  type VerifyFunctionWithRequest,
  type VerifyFunctionWithRequestAndParams,
} from '../../lib/index.js';
import type { Equal, Expect } from './expect.js';

declare const user: Express.User;
declare function findOrNothing(profile: ThreadsProfile): Promise<Express.User | undefined>;
declare function find(profile: ThreadsProfile, params?: TokenParams): Promise<Express.User | false | null>;
const options = { clientID: '1', clientSecret: 's', callbackURL: 'https://app.example/callback' };
const withRequest = { ...options, passReqToCallback: true } as const;
declare const either: typeof options & { passReqToCallback: boolean };

/** Three and four parameters need no annotation, and have exactly the types that the documentation names. */
export const inferred = [
  new ThreadsStrategy(options, async (accessToken, refreshToken, profile) => {
    type _ = [
      Expect<Equal<typeof accessToken, string>>,
      Expect<Equal<typeof refreshToken, string | undefined>>,
      Expect<Equal<typeof profile, ThreadsProfile>>,
    ];
    return profile.isVerified ? user : false;
  }),
  new ThreadsStrategy(
    options,
    async (_accessToken, _refreshToken, profile) => (await find(profile)) ?? false,
  ),
  new ThreadsStrategy(options, async (_accessToken, _refreshToken, _profile) => null),
  new ThreadsStrategy(options, (accessToken, refreshToken, profile, done) => {
    type _ = [
      Expect<Equal<typeof accessToken, string>>,
      Expect<Equal<typeof refreshToken, string | undefined>>,
      Expect<Equal<typeof profile, ThreadsProfile>>,
      Expect<Equal<typeof done, VerifyCallback>>,
    ];
    done(null, profile.id === '' ? false : user, { message: 'why' });
  }),
  new ThreadsStrategy(options, (_accessToken, _refreshToken, _profile, done) => done(null, user)),
  new ThreadsStrategy(options, async (_accessToken, _refreshToken, profile, done) => {
    done(null, await find(profile));
  }),
  new ThreadsStrategy(withRequest, async (req, accessToken, refreshToken, profile) => {
    type _ = [
      Expect<Equal<typeof req, Request>>,
      Expect<Equal<typeof accessToken, string>>,
      Expect<Equal<typeof refreshToken, string | undefined>>,
      Expect<Equal<typeof profile, ThreadsProfile>>,
    ];
    return profile.isVerified ? user : null;
  }),
  new ThreadsStrategy(withRequest, (req, _accessToken, _refreshToken, profile, done) => {
    type _ = [
      Expect<Equal<typeof req, Request>>,
      Expect<Equal<typeof profile, ThreadsProfile>>,
      Expect<Equal<typeof done, VerifyCallback>>,
    ];
    done(null, profile.id === '' ? null : user);
  }),
];

/** Every form can be written out. */
const promised: VerifyFunction = async (_accessToken, _refreshToken, _profile) => user;
const called: VerifyFunction = (_accessToken, _refreshToken, _profile, done) => done(null, user);
const calledAsPassportTypesIt = (
  _accessToken: string,
  _refreshToken: string | undefined,
  _profile: ThreadsProfile,
  done: (error: unknown, user?: Express.User | false) => void,
) => done(null, false);
const withParams: VerifyFunctionWithParams = (_accessToken, _refreshToken, params, profile, done) => {
  type _ = [Expect<Equal<typeof params, TokenParams>>, Expect<Equal<typeof profile, ThreadsProfile>>];
  find(profile, params).then((found) => done(null, found), done);
};
const requested: VerifyFunctionWithRequest = async (_req, _accessToken, _refreshToken, _profile) => user;
const requestedWithParams: VerifyFunctionWithRequestAndParams = (
  _req,
  _accessToken,
  _refreshToken,
  _params,
  _profile,
  done,
) => done(new Error('no'));

export const written = [
  new ThreadsStrategy(options, promised),
  new ThreadsStrategy(options, called),
  new ThreadsStrategy(options, calledAsPassportTypesIt),
  new ThreadsStrategy(options, withParams),
  new ThreadsStrategy(withRequest, requested),
  new ThreadsStrategy(withRequest, requestedWithParams),
];

/** A `passReqToCallback` of which only the type `boolean` is known. */
export const eitherWay = [new ThreadsStrategy(either, promised), new ThreadsStrategy(either, requested)];

export function refused() {
  // @ts-expect-error the verify callback is required
  new ThreadsStrategy(options);
  // @ts-expect-error a misspelt member of the profile
  new ThreadsStrategy(options, async (_a, _r, profile) => (profile.usernmae ? user : null));
  // @ts-expect-error the fourth of four parameters is `done`, not the profile
  new ThreadsStrategy(options, async (_a, _r, _params, profile) => find(profile));
  // @ts-expect-error `done` has no id
  new ThreadsStrategy(options, async (_a, _r, _params, profile) => (profile.id ? user : null));
  // @ts-expect-error params have no id: `user_id` is the person's
  ((params: TokenParams): unknown => params.id) satisfies object;
  // @ts-expect-error five parameters are to be annotated: VerifyFunctionWithParams
  new ThreadsStrategy(options, (_a, _r, _params, _profile, done) => done(null, user));
  // @ts-expect-error a promise of anything but a user, false or null
  new ThreadsStrategy(options, async (_a, _r, profile) => profile.id);
  // @ts-expect-error a promise of nobody is refused at run time: say `?? false`
  new ThreadsStrategy(options, async (_a, _r, profile) => findOrNothing(profile));
  // @ts-expect-error the same with the request in front
  new ThreadsStrategy(withRequest, async (_req, _a, _r, profile) => findOrNothing(profile));
  // @ts-expect-error true is no user
  new ThreadsStrategy(options, async (_a, _r, _profile) => true);
  // @ts-expect-error no promise
  new ThreadsStrategy(options, (_a, _r, _profile) => user);
  // @ts-expect-error no form has six parameters without the request
  new ThreadsStrategy(options, (_a, _r, _params, _profile, done, _more) => done(null, user));
  // @ts-expect-error the request comes with `passReqToCallback` alone
  new ThreadsStrategy(options, (req: Request, _a: string) => req.url);
  // @ts-expect-error there is no refresh token unless `longLived` is on
  new ThreadsStrategy(options, (_a: string, _refreshToken: string) => {});
  new ThreadsStrategy(options, (_a, _r, _profile, done) => {
    // @ts-expect-error the reason is an object, which Passport reads `message` of
    done(null, false, 'why');
  });
}

/** The user has to be what the app declares `req.user` to be. */
export type UserIs = Expect<Equal<Parameters<VerifyCallback>[1], Express.User | false | null | undefined>>;

export type TokenParamsAre = [
  Expect<Equal<TokenParams['access_token'], string>>,
  Expect<Equal<TokenParams['user_id'], string | undefined>>,
  Expect<Equal<TokenParams['token_type'], string | undefined>>,
  Expect<Equal<TokenParams['expires_in'], number | undefined>>,
  Expect<Equal<keyof TokenParams, 'access_token' | 'user_id' | 'token_type' | 'expires_in'>>,
];
