import { expect } from 'chai';
import { ThreadsStrategy } from '../../lib/index.js';
import { app } from '../support/fixtures.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';

async function scopeOf(scope: unknown, perRequest?: unknown) {
  const options = scope === undefined ? {} : { scope };
  const strategy = new ThreadsStrategy({ ...app, ...options, state: false } as never, async () => null);
  const outcome = await runStrategy(strategy, {}, perRequest === undefined ? {} : { scope: perRequest });
  return expectOutcome(outcome, 'redirect').url.searchParams.getAll('scope');
}

describe('ThreadsStrategy: scope', () => {
  const forms: [title: string, scope: unknown, sent: string][] = [
    ['nothing', undefined, 'threads_basic'],
    ['an empty string', '', 'threads_basic'],
    ['an empty array', [], 'threads_basic'],
    ['commas and spaces alone', ' , ,', 'threads_basic'],
    ['threads_basic', 'threads_basic', 'threads_basic'],
    ['one permission', 'threads_delete', 'threads_basic,threads_delete'],
    ['an array', ['threads_basic', 'threads_delete'], 'threads_basic,threads_delete'],
    ['a string with commas', 'threads_basic,threads_delete', 'threads_basic,threads_delete'],
    ['a string with spaces', 'threads_basic threads_delete', 'threads_basic,threads_delete'],
    ['a string with both', 'threads_basic, threads_delete', 'threads_basic,threads_delete'],
    ['an array of such strings', ['threads_basic threads_delete', 'a,b'], 'threads_basic,threads_delete,a,b'],
    ['repetitions', 'threads_delete,threads_basic,threads_delete', 'threads_delete,threads_basic'],
    ['a permission that is not known yet', ['threads_from_2031'], 'threads_basic,threads_from_2031'],
  ];
  for (const [title, scope, sent] of forms) {
    it(`asks for ${sent} when given ${title}`, async () => {
      expect(await scopeOf(scope)).to.deep.equal([sent]);
    });

    it(`asks for ${sent} when given ${title} for one request`, async () => {
      const usual = scope === undefined ? undefined : 'threads_manage_insights';
      expect(await scopeOf(usual, scope)).to.deep.equal([sent]);
    });
  }

  for (const scope of [7, {}, [null], null]) {
    it(`ends in an error for the scope ${JSON.stringify(scope)} of one request`, async () => {
      const strategy = new ThreadsStrategy({ ...app, state: false }, async () => null);
      const { error } = expectOutcome(await runStrategy(strategy, {}, { scope }), 'error');
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`scope`');
    });
  }
});
