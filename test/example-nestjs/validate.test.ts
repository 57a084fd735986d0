import { PassportStrategy } from '@nestjs/passport';
import { expect } from 'chai';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type TokenParams,
  type VerifyCallback,
} from '../../lib/index.js';
import { signInBoth, upsert } from '../support/two-people.js';

type Token = string | undefined;
type Validate = (...args: never[]) => unknown;

/** A NestJS strategy with this `validate`, and with as many parameters for the adapter as are said. */
const signIn = (validate: Validate, callbackArity?: number | true, passReqToCallback = false) =>
  signInBoth((options) => {
    class Strategy extends PassportStrategy(ThreadsStrategy, 'threads', callbackArity) {
      declare validate: Validate;
    }
    Object.assign(Strategy.prototype, { validate });
    return new Strategy({ ...options, passReqToCallback });
  });

const three = async (_accessToken: Token, _refreshToken: Token, profile: ThreadsProfile) => upsert(profile);
const threeAtOnce = (_accessToken: Token, _refreshToken: Token, profile: ThreadsProfile) => upsert(profile);
const done = (_accessToken: Token, _refreshToken: Token, profile: ThreadsProfile, end: VerifyCallback) =>
  end(null, upsert(profile));
const params = async (
  _accessToken: Token,
  _refreshToken: Token,
  { user_id }: TokenParams,
  profile: ThreadsProfile,
) => user_id === profile.id && upsert(profile);
const paramsAndDone = (
  _accessToken: Token,
  _refreshToken: Token,
  { user_id }: TokenParams,
  profile: ThreadsProfile,
  end: VerifyCallback,
) => end(null, user_id === profile.id && upsert(profile));

/** Makes the user of a copy, which holds none of what keeps `done` from being the profile. */
const copying = async (
  token: Token,
  _refreshToken: Token,
  _params: TokenParams,
  profile: ThreadsProfile,
) => ({
  ...profile,
  token,
});
const handingOn = async (
  _accessToken: Token,
  _refreshToken: Token,
  _params: TokenParams,
  profile: ThreadsProfile,
) => profile;

const withRequest =
  <Rest extends unknown[]>(validate: (...rest: Rest) => unknown) =>
  (_req: object, ...rest: Rest) =>
    validate(...rest);
const declaring = (length: number, validate: Validate): Validate =>
  Object.defineProperty((...args: never[]) => validate(...args), 'length', { value: length });

describe('attack: the adapter of NestJS and `validate` count differently, so that two people share an account', () => {
  const right: [title: string, validate: Validate, callbackArity?: number | true, withRequest?: true][] = [
    ['(accessToken, refreshToken, profile)', three],
    ['(accessToken, refreshToken, profile), not async', threeAtOnce],
    ['(accessToken, refreshToken, profile) and callbackArity true', three, true],
    ['(accessToken, refreshToken, profile) and callbackArity 4', three, 4],
    ['(accessToken, refreshToken, profile, done)', done],
    ['(accessToken, refreshToken, profile, done) and callbackArity 4', done, 4],
    ['(accessToken, refreshToken, params, profile) and callbackArity true', params, true],
    ['(accessToken, refreshToken, params, profile) and callbackArity 5', params, 5],
    ['(accessToken, refreshToken, params, profile, done) and callbackArity 5', paramsAndDone, 5],
    ['(...args)', (...args: never[]) => upsert(args[2]!)],
    ['(req, accessToken, refreshToken, profile)', withRequest(three), undefined, true],
    [
      '(req, accessToken, refreshToken, profile) and callbackArity true',
      declaring(4, withRequest(three)),
      true,
      true,
    ],
    ['(req, accessToken, refreshToken, profile, done)', withRequest(done), undefined, true],
    ['(req, accessToken, refreshToken, params, profile) and callbackArity 6', withRequest(params), 6, true],
    [
      '(req, accessToken, refreshToken, params, profile) and callbackArity true',
      declaring(5, withRequest(params)),
      true,
      true,
    ],
  ];
  for (const [title, validate, callbackArity, request] of right) {
    it(`signs in the right person: ${title}`, async () => {
      expect(await signIn(validate, callbackArity, request)).to.equal(undefined);
    });
  }

  const afterIt = 'the profile is the parameter after it';
  const beforeIt = 'the profile is the parameter before it';
  const wrong: [
    title: string,
    says: string,
    validate: Validate,
    callbackArity?: number | true,
    withRequest?: true,
  ][] = [
    ['(accessToken, refreshToken, profile) and callbackArity 5', afterIt, three, 5],
    ['(accessToken, refreshToken, profile), not async, and callbackArity 5', afterIt, threeAtOnce, 5],
    ['(accessToken, refreshToken, profile, done) and callbackArity true', afterIt, done, true],
    ['(accessToken, refreshToken, profile, done) and callbackArity 5', afterIt, done, 5],
    ['(accessToken, refreshToken, params, profile) and no callbackArity', beforeIt, params],
    ['(accessToken, refreshToken, params, profile) and callbackArity 4', beforeIt, params, 4],
    ['(accessToken, refreshToken, params, { ...profile }) and no callbackArity', beforeIt, copying],
    ['(accessToken, refreshToken, params, profile) => profile and no callbackArity', beforeIt, handingOn],
    ['(accessToken, refreshToken, params, profile, done) and no callbackArity', beforeIt, paramsAndDone],
    ['(req, accessToken, refreshToken, profile) and callbackArity 6', afterIt, withRequest(three), 6, true],
    ['(req, accessToken, refreshToken, profile), but no passReqToCallback', beforeIt, withRequest(three)],
    ['callbackArity 1', 'declares 1 parameters', three, 1],
    ['callbackArity 6', 'declares 6 parameters', three, 6],
  ];
  for (const [title, says, validate, callbackArity, request] of wrong) {
    it(`ends in an error that says what to do: ${title}`, async () => {
      expect((await signIn(validate, callbackArity, request))?.message).to.include(says);
    });
  }

  it('signs nobody in: (accessToken, refreshToken, profile) and callbackArity 3, which leaves no room for `done`', async () => {
    const failed = await signIn(three, 3).catch((error: Error) => error);
    expect(failed).to.be.an('error').with.nested.property('cause.message', 'done is not a function');
  });
});
