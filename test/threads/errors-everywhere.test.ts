import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type * as Package from '../../lib/index.js';
import { isThreadsError, ThreadsTokenError } from '../../lib/index.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const program = fileURLToPath(new URL('without-proto.mjs', import.meta.url));

describe('errors are errors', () => {
  for (const flags of [[], ['--disable-proto=delete']]) {
    it(`of Node.js, of passport-oauth2 and of this library, with ${flags.join() || 'no flag'}`, async () => {
      const { stdout } = await run(process.execPath, [...flags, program]);
      const common = { isError: true, isThreadsError: true, isPassportOAuth2s: true, hasStack: true };
      expect(JSON.parse(stdout)).to.deep.equal({
        hasProto: flags.length === 0,
        user: { id: '17841405793187219' },
        errors: [
          { ...common, name: 'ThreadsTokenError', status: 502, code: 100, reason: 'invalid_code' },
          { ...common, name: 'ThreadsAuthorizationError', status: 502, code: 'server_error' },
          { ...common, name: 'ThreadsNetworkError', status: 502, code: 'INVALID_RESPONSE' },
        ],
      });
    });
  }

  it('of this library also where another copy of it made them', () => {
    const file = require.resolve('passport-threads-oauth2');
    const load = (): typeof Package => {
      delete require.cache[file];
      return require(file);
    };
    const copies = [load(), load()];
    expect(copies[0]?.ThreadsTokenError).not.to.equal(copies[1]?.ThreadsTokenError);
    for (const copy of copies) {
      const errors = [
        new copy.ThreadsAuthorizationError('No'),
        new copy.ThreadsTokenError({ message: 'No' }),
        new copy.ThreadsGraphAPIError({ message: 'No' }),
        new copy.ThreadsNetworkError('TIMEOUT', 'No'),
        new copy.ThreadsSignedRequestError('SIGNATURE', 'No'),
      ];
      for (const error of errors) {
        for (const tell of [isThreadsError, ...copies.map((other) => other.isThreadsError)]) {
          expect(tell(error), error.name).to.equal(true);
        }
      }
      expect(copy.isThreadsError(new ThreadsTokenError({ message: 'No' }))).to.equal(true);
    }
  });

  it('of this library by no property that a copy, a log or JSON would show', () => {
    const error = new ThreadsTokenError({ message: 'No' });
    expect(isThreadsError({ ...error })).to.equal(false);
    expect(isThreadsError(structuredClone(error))).to.equal(false);
    expect(Object.getOwnPropertySymbols(error)).to.deep.equal([]);
    for (const other of [() => {}, 'No', 7, null, undefined, {}])
      expect(isThreadsError(other)).to.equal(false);
  });
});
