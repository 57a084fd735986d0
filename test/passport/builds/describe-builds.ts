import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { transform } from 'esbuild';
import * as library from '../../../lib/index.js';
import { read, snippets } from '../../readme/markdown.js';
import { app } from '../../support/fixtures.js';
import { signInBoth, upsert } from '../../support/two-people.js';
import type { Build } from './builds.js';
import { evaluate, nothing } from './evaluate.js';

type Forms = Record<string, Record<string, unknown>>;

const source = readFileSync(new URL('forms.js', import.meta.url), 'utf8');

const KINDS: [name: string, title: string, passReqToCallback?: true][] = [
  ['three', 'three parameters'],
  ['four', 'four parameters'],
  ['five', 'five parameters'],
  ['fourWithRequest', 'four parameters, of which the first is the request', true],
  ['fiveWithRequest', 'five parameters, of which the first is the request', true],
  ['sixWithRequest', 'six parameters, of which the first is the request', true],
];

const signIn = (verify: unknown, passReqToCallback = false) =>
  signInBoth(
    (options) =>
      new library.ThreadsStrategy({ ...options, passReqToCallback }, verify as library.VerifyFunction),
  );

/** Signs two people in through the verify callbacks of apps that were built so. */
export function describeBuilds(builds: Record<string, Build>): void {
  describe('attack: a build changes the text of the verify callback, so that two people share an account', () => {
    for (const [name, build] of Object.entries(builds)) describe(name, () => describeBuild(build));
  });
}

function describeBuild(build: Build): void {
  let forms: Forms;

  before(async () => {
    forms = evaluate(await build(source), { 'the-app': { upsert } }) as Forms;
  });

  for (const [kind, title, passReqToCallback] of KINDS) {
    it(`signs in the right person: ${title}`, async () => {
      expect(forms[kind]).not.to.equal(undefined);
      for (const [form, verify] of Object.entries(forms[kind]!)) {
        expect(await signIn(verify, passReqToCallback), form).to.equal(undefined);
      }
    });
  }

  it('signs in the right person, or says what to do, where parameters have default values or names that mislead', async () => {
    expect(forms.doubtful).not.to.equal(undefined);
    for (const [form, verify] of Object.entries(forms.doubtful!)) {
      await signIn(verify).catch((cause) => {
        throw new Error(form, { cause });
      });
    }
  });

  for (const [page, language] of [
    ['README.md', 'js'],
    ['docs/options.md', 'ts'],
  ] as const) {
    it(`signs in the right person with the samples of ${page}`, async () => {
      const verifies = await verifyCallbacksOf(page, language, build);
      expect(verifies).not.to.be.empty;
      for (const given of verifies) expect(await signIn(...given)).to.equal(undefined);
    });
  }
}

/** What the samples of a page that import the strategy, built so, give to strategies that they make. */
async function verifyCallbacksOf(page: string, language: 'js' | 'ts', build: Build) {
  const verifies: [verify: unknown, passReqToCallback?: boolean][] = [];
  class ThreadsStrategy {
    constructor({ passReqToCallback }: { passReqToCallback?: boolean }, verify: unknown) {
      verifies.push([verify, passReqToCallback]);
    }
  }
  const env = {
    THREADS_APP_ID: app.clientID,
    THREADS_APP_SECRET: app.clientSecret,
    THREADS_CALLBACK_URL: app.callbackURL,
  };
  const names = {
    process: { env },
    console: nothing,
    options: app,
    users: { upsert: async (profile: library.ThreadsProfile) => upsert(profile) },
  };
  for (const sample of snippets(read(page))) {
    if (sample.language !== language || !sample.code.includes('import { ThreadsStrategy')) continue;
    const { code } = await transform(sample.code, { loader: language, format: 'esm' });
    evaluate(await build(code), { 'passport-threads-oauth2': { ...library, ThreadsStrategy } }, names);
  }
  return verifies;
}
