import url from 'node:url';
import { expect } from 'chai';
import { ThreadsStrategy } from '../../lib/index.js';
import { app, CODE } from '../support/fixtures.js';
import { runStrategy } from '../support/run-strategy.js';
import { upstream } from '../support/upstream.js';
import { asUser } from '../support/user.js';

// Node.js 24 warns of it where the call does not come from `node_modules`: in every bundle.
describe('url.parse, which is deprecated (DEP0169)', () => {
  it('is called by neither leg of a login, nor by the constructor', async () => {
    const { parse } = url;
    const calls: string[] = [];
    Object.assign(url, {
      parse: (...args: Parameters<typeof parse>) => {
        calls.push(args[0]);
        return parse(...args);
      },
    });
    try {
      const { dispatcher } = upstream();
      const strategy = new ThreadsStrategy({ ...app, state: false, dispatcher }, async (_a, _r, profile) =>
        asUser({ id: profile.id }),
      );
      expect(await runStrategy(strategy)).to.have.property('outcome', 'redirect');
      const query = { code: CODE };
      expect(await runStrategy(strategy, { query })).to.have.property('outcome', 'success');
    } finally {
      Object.assign(url, { parse });
    }
    expect(calls).to.deep.equal([]);
  });
});
