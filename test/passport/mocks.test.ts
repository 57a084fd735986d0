import { mock } from 'node:test';
import { callbackify, promisify } from 'node:util';
import { fn as vitestFn } from '@vitest/spy';
import { expect } from 'chai';
import { ModuleMocker } from 'jest-mock';
import sinon from 'sinon';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type TokenParams,
  type VerifyCallback,
  type VerifyFunction,
} from '../../lib/index.js';
import { PEOPLE, signInBoth, upsert } from '../support/two-people.js';

type Token = string | undefined;
type Verify = (...args: never[]) => unknown;

const three = async (_accessToken: Token, _refreshToken: Token, profile: ThreadsProfile) => upsert(profile);
const four = (_accessToken: Token, _refreshToken: Token, profile: ThreadsProfile, done: VerifyCallback) =>
  done(null, upsert(profile));
const five = (
  _accessToken: Token,
  _refreshToken: Token,
  _params: TokenParams,
  profile: ThreadsProfile,
  done: VerifyCallback,
) => done(null, upsert(profile));

const jest = new ModuleMocker(globalThis);

const signIn = (verify: unknown, passReqToCallback = false) =>
  signInBoth((options) => new ThreadsStrategy({ ...options, passReqToCallback }, verify as VerifyFunction));

/** What keeps the number of parameters. */
const FAITHFUL: [title: string, wrap: (verify: Verify) => Verify][] = [
  ["node:test's mock.fn", (verify) => mock.fn(verify)],
  ["node:test's mock.method", (verify) => mock.method({ verify }, 'verify')],
  ["Vitest's fn of a function", (verify) => vitestFn(verify)],
  ["Jest's fn of a function", (verify) => jest.fn(verify)],
  ["Sinon's spy", (verify) => sinon.spy(verify)],
  ["Sinon's fake", (verify) => sinon.fake(verify)],
  ["Sinon's stub of a method", (verify) => sinon.stub({ verify }, 'verify').callThrough()],
  ['.bind', (verify) => verify.bind(undefined)],
  ['.bind twice', (verify) => verify.bind({}).bind({})],
  ['a Proxy', (verify) => new Proxy(verify, {})],
];

/** What declares no parameter. */
const SILENT: [title: string, wrap: (verify: Verify) => Verify][] = [
  ["Vitest's fn that is told later", (verify) => vitestFn().mockImplementation(verify)],
  ["Jest's fn that is told later", (verify) => jest.fn<Verify>().mockImplementation(verify)],
  ["Sinon's stub", (verify) => sinon.stub().callsFake(verify)],
  [
    '(...args) => …',
    (verify) =>
      (...args) =>
        verify(...args),
  ],
  [
    'async (...args) => …',
    (verify) =>
      async (...args) =>
        verify(...args),
  ],
  [
    'a function that hands on its arguments',
    (verify) =>
      function (this: unknown) {
        // biome-ignore lint/complexity/noArguments: as wrappers do
        return Reflect.apply(verify, this, arguments);
      },
  ],
];

describe('attack: a mock or a wrapper hides the parameters, so that two people share an account', () => {
  afterEach(() => sinon.restore());

  for (const [title, wrap] of FAITHFUL) {
    it(`signs in the right person: ${title}`, async () => {
      for (const verify of [three, four, five]) {
        expect(wrap(verify).length).to.equal(verify.length);
        expect(await signIn(wrap(verify)), `${verify.length} parameters`).to.equal(undefined);
      }
    });
  }

  for (const [title, wrap] of SILENT) {
    describe(title, () => {
      it('is called as a function of four parameters', async () => {
        expect(wrap(four).length).to.equal(0);
        expect(await signIn(wrap(four))).to.equal(undefined);
      });

      it('is called so with the request in front, too', async () => {
        const fromRequest = (_req: object, ...rest: Parameters<typeof four>) => four(...rest);
        expect(await signIn(wrap(fromRequest), true)).to.equal(undefined);
      });

      it('ends in an error that says what to do around a function of three', async () => {
        expect((await signIn(wrap(three)))?.message).to.include('leave `done` out or call it');
      });

      it('ends in an error that says what to do around a function of five', async () => {
        expect((await signIn(wrap(five)))?.message).to.include('the profile is the parameter before it');
      });
    });
  }

  for (const [title, verify] of [
    ["Vitest's mockResolvedValue", vitestFn().mockResolvedValue({ id: 'of everybody' })],
    ["Jest's mockResolvedValue", jest.fn<() => Promise<object>>().mockResolvedValue({ id: 'of everybody' })],
    ["Sinon's resolves", sinon.stub().resolves({ id: 'of everybody' })],
    ["node:test's mock.fn of no parameters", mock.fn(async () => ({ id: 'of everybody' }))],
  ] as const) {
    it(`ends in an error that says what to do: ${title}`, async () => {
      expect((await signIn(verify))?.message).to.include('leave `done` out or call it');
    });
  }

  it('ends in an error that says what to do: curried, with its parameters in parts', async () => {
    const curried = (accessToken: Token) => (refreshToken: Token) => (profile: ThreadsProfile) =>
      three(accessToken, refreshToken, profile);
    expect((await signIn(curried))?.message).to.include('declares 1 parameters');
  });

  it('signs in the right person: util.promisify, which keeps the parameters and adds a callback', async () => {
    expect(promisify(four).length).to.equal(4);
    expect(await signIn(promisify(four))).to.equal(undefined);
    expect(await signIn(promisify(five))).to.equal(undefined);
  });

  it('signs in the right person: util.callbackify, which makes a parameter of its callback', async () => {
    const withParams = async (...[a, r, , profile]: Parameters<typeof five>) => three(a, r, profile);
    Object.defineProperty(withParams, 'length', { value: 4 });
    expect(await signIn(callbackify(three))).to.equal(undefined);
    expect(await signIn(callbackify(withParams))).to.equal(undefined);
  });
});

describe('a mock that has been called', () => {
  it('was called once for each login, with what its number of parameters says', async () => {
    const verify = mock.fn(three);
    await signIn(verify);
    expect(verify.mock.calls.map((call) => call.arguments.length)).to.deep.equal([3, 3]);
    expect(verify.mock.calls.map((call) => call.arguments[2].id)).to.deep.equal(PEOPLE);
  });

  it('was handed `done` where it declares nothing', async () => {
    const verify = jest.fn<Verify>().mockImplementation(four);
    await signIn(verify);
    const [first] = verify.mock.calls as unknown[][];
    expect(first).to.have.length(4);
    expect(first?.[3]).to.be.a('function');
  });
});
