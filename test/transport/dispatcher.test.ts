import { expect } from 'chai';
import { getGlobalDispatcher } from 'undici';
import { ThreadsClient } from '../../lib/index.js';
import { loadGlobalDispatcher } from '../../lib/transport/dispatcher.js';
import { closeAll, serve } from '../faults/serve.js';
import { answers, app, CODE } from '../support/fixtures.js';

describe('the global dispatcher of undici', () => {
  const missing = () => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  };
  const all = () => ({ getGlobalDispatcher }) as never;

  it('is found without all of undici, and is the one that undici has', () => {
    expect(loadGlobalDispatcher(undefined, missing)()).to.equal(getGlobalDispatcher());
  });

  const others: [title: string, load: () => unknown][] = [
    ['is missing', missing],
    ['exports nothing', () => ({})],
    ['is no object', () => undefined],
    ['has another kind of function', () => ({ getGlobalDispatcher: () => undefined })],
    ['has something in its place', () => ({ getGlobalDispatcher: {} })],
    ['fails', () => ({ getGlobalDispatcher: missing })],
  ];
  for (const [title, load] of others) {
    it(`is the one of the public entry where the file of undici that has it ${title}`, () => {
      expect(loadGlobalDispatcher(load, all)).to.equal(getGlobalDispatcher);
    });
  }

  it('is none where there is no undici, and the error says so', () => {
    expect(() => loadGlobalDispatcher(missing, missing as never)).to.throw('Cannot find module');
  });
});

describe('the connections of a login', () => {
  afterEach(closeAll);

  it('are one where nothing is asked side by side: /me goes where the code went', async () => {
    const { origin, sockets } = await serve((req, res) => {
      const body = req.method === 'POST' ? answers.token : JSON.stringify(answers.me);
      req.resume().on('end', () => res.end(body));
    });

    const client = new ThreadsClient({
      ...app,
      tokenURL: `${origin}/oauth/access_token`,
      graphURL: `${origin}/v1.0`,
    });
    const { accessToken } = await client.exchangeCode(CODE, app.callbackURL);
    await client.getProfile(accessToken);
    await client.getProfile(accessToken);
    expect(sockets).to.have.length(1);
  });
});
