import type { Request } from 'express';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type TokenParams,
  type VerifyCallback,
  type VerifyFunction,
  type VerifyFunctionWithRequest,
} from '../../lib/index.js';
import type { Equal, Expect } from './expect.js';

declare const user: Express.User;
declare function find(params: TokenParams, profile: ThreadsProfile): Promise<Express.User | false | null>;
const options = { clientID: '1', clientSecret: 's', callbackURL: 'https://app.example/callback' };
const withRequest = { ...options, passReqToCallback: true } as const;

/** No parameter needs an annotation, whichever form the function has. */
export const inferred = [
  new ThreadsStrategy(options, (accessToken, refreshToken, profile, done) => {
    type _ = [
      Expect<Equal<typeof accessToken, string>>,
      Expect<Equal<typeof refreshToken, string | undefined>>,
    ];
    const person: ThreadsProfile = profile;
    done(null, person.id === '' ? false : user, { message: 'why' });
  }),
  new ThreadsStrategy(options, (_accessToken, _refreshToken, params, profile, done) => {
    type _ = Expect<Equal<typeof done, VerifyCallback>>;
    find(params, profile).then((found) => done(null, found), done);
  }),
  new ThreadsStrategy(options, async (_accessToken, _refreshToken, params, profile) => find(params, profile)),
  new ThreadsStrategy(options, async (_accessToken, _refreshToken, profile) => {
    const person: ThreadsProfile = profile;
    return person.isVerified ? user : false;
  }),
  new ThreadsStrategy(withRequest, (req, accessToken, refreshToken, profile, done) => {
    type _ = [
      Expect<Equal<typeof req, Request>>,
      Expect<Equal<typeof accessToken, string>>,
      Expect<Equal<typeof refreshToken, string | undefined>>,
    ];
    const person: ThreadsProfile = profile;
    done(null, person.id === '' ? null : user);
  }),
  new ThreadsStrategy(withRequest, (_req, _accessToken, _refreshToken, params, profile, done) => {
    find(params, profile).then((found) => done(null, found), done);
  }),
  new ThreadsStrategy(withRequest, async (_req, _accessToken, _refreshToken, params, profile) =>
    find(params, profile),
  ),
  new ThreadsStrategy(withRequest, async (_req, _accessToken, _refreshToken, profile) => {
    const person: ThreadsProfile = profile;
    return person.isVerified ? user : null;
  }),
];

/** Every form can be written out, as code that does not build on inference has it. */
export const written = [
  (_a: string, _r: string | undefined, _profile: ThreadsProfile, done: VerifyCallback) => done(null, user),
  (
    _a: string,
    _r: string | undefined,
    _params: TokenParams,
    _profile: ThreadsProfile,
    done: (error: unknown, user?: Express.User | false) => void,
  ) => done(null, false),
  async (_a: string, _r: string | undefined, params: TokenParams, profile: ThreadsProfile) =>
    find(params, profile),
  async (_a: string, _r: string | undefined, _profile: ThreadsProfile) => user,
] satisfies VerifyFunction[];

export const writtenWithRequest = [
  (_req: Request, _a: string, _r: string | undefined, _profile: ThreadsProfile, done: VerifyCallback) =>
    done(null, user),
  (
    _req: Request,
    _a: string,
    _r: string | undefined,
    _params: TokenParams,
    _profile: ThreadsProfile,
    done: VerifyCallback,
  ) => done(new Error('no')),
  async (_req: Request, _a: string, _r: string | undefined, params: TokenParams, profile: ThreadsProfile) =>
    find(params, profile),
  async (_req: Request, _a: string, _r: string | undefined, _profile: ThreadsProfile) => false,
] satisfies VerifyFunctionWithRequest[];

export function refused() {
  // @ts-expect-error the verify function is required
  new ThreadsStrategy(options);
  // @ts-expect-error no form has six parameters without the request
  new ThreadsStrategy(options, (_a, _r, _params, _profile, done, _more) => done(null, user));
  // @ts-expect-error no form has seven with it
  new ThreadsStrategy(withRequest, (_req, _a, _r, _params, _profile, done, _more) => done(null, user));
  // @ts-expect-error the request comes with `passReqToCallback` alone
  new ThreadsStrategy(options, (req: Request, _a: string) => req.url);
  // @ts-expect-error there is no refresh token unless `longLived` is on
  new ThreadsStrategy(options, (_a: string, _refreshToken: string) => {});
  // @ts-expect-error ids are strings: a number does not hold them
  new ThreadsStrategy(options, async (_a, _r, _params: { user_id: number }, _profile) => user);
  new ThreadsStrategy(options, (_a, _r, _params, _profile, done) => {
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
  Expect<Equal<TokenParams['whatever_else'], unknown>>,
];
