import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import * as library from '../../lib/index.js';

/** What `lib/index.ts` exports. A new name is a promise for years: think before you add one here. */
const VALUES = [
  'CookieStateStore',
  'Strategy',
  'ThreadsAuthorizationError',
  'ThreadsClient',
  'ThreadsGraphAPIError',
  'ThreadsNetworkError',
  'ThreadsSignedRequestError',
  'ThreadsStrategy',
  'ThreadsTokenError',
  'ThreadsTokenStrategy',
  'authenticateOptions',
  'isThreadsError',
  'parseSignedRequest',
  'redactURL',
  'tokenNeeds',
  'verifyToken',
];

const TYPES = [
  'CookieStateStoreOptions',
  'LongLivedTokenResult',
  'RefreshOutcome',
  'StateMetadata',
  'StateStoredCallback',
  'StateVerifiedCallback',
  'StoredToken',
  'ThreadsAuthenticateOptions',
  'ThreadsClientOptions',
  'ThreadsError',
  'ThreadsErrorReason',
  'ThreadsFailure',
  'ThreadsProfile',
  'ThreadsStateStore',
  'ThreadsStrategyOptions',
  'ThreadsTokenStrategyOptions',
  'TokenInfo',
  'TokenNeed',
  'TokenParams',
  'TokenResult',
  'VerifyCallback',
  'VerifyFunction',
  'VerifyFunctionWithParams',
  'VerifyFunctionWithRequest',
  'VerifyFunctionWithRequestAndParams',
  'VerifyOutcome',
];

/** The names that the source exports, values and types: `export { a, type B, c as D } from`, `export type { … } from`. */
function exportedNames(source: string): string[] {
  return [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap(([, names = '']) => names.split(','))
    .map((name) =>
      name
        .replace(/^\s*type\s+/, '')
        .replace(/^.*\sas\s/, '')
        .trim(),
    )
    .filter(Boolean)
    .sort();
}

describe('the public names', () => {
  it('are the values of this list', () => {
    expect(
      Object.keys(library)
        .filter((name) => name !== 'default')
        .sort(),
    ).to.deep.equal(VALUES);
  });

  it('are the types of this list', () => {
    const source = readFileSync('lib/index.ts', 'utf8');
    expect(source).not.to.match(/export \*|export (?:default|const|class|function|interface)/);
    expect(exportedNames(source)).to.deep.equal([...VALUES, ...TYPES].sort());
  });

  it('do not include what the classes have for one another', () => {
    for (const file of ['passport/cookie-state-store', 'threads/client']) {
      const declarations = readFileSync(`dist/${file}.d.ts`, 'utf8');
      expect(declarations).not.to.match(/withDefaultSecret|prepareAppAccessToken|parseError\??:/);
    }
  });
});
