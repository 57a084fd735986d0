import { expect } from 'chai';
import { ThreadsClient, ThreadsStrategy } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { resolveEndpoints } from '../../lib/threads/protocol.js';
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

describe('resolveEndpoints', () => {
  const threads = {
    authorizationURL: 'https://www.threads.com/oauth/authorize',
    tokenURL: 'https://graph.threads.net/oauth/access_token',
    graphURL: 'https://graph.threads.net/v1.0',
  };
  const simulated = (origin: string) => ({
    authorizationURL: `${origin}/oauth/authorize`,
    tokenURL: `${origin}/oauth/access_token`,
    graphURL: `${origin}/v1.0`,
  });
  const wrong = (options: object) => expect(() => resolveEndpoints(options as never)).to.throw(TypeError);

  for (const simulator of [null, 7, {}, new URL('http://127.0.0.1:4000')]) {
    it(`refuses the simulator ${JSON.stringify(simulator)}, which is no text`, () => {
      wrong({ simulator }).with.property('message').that.includes('`simulator` must be an http(s) origin');
    });
  }

  for (const simulator of [
    ' ',
    '127.0.0.1:4000',
    'localhost:4000',
    '//127.0.0.1:4000',
    'ftp://127.0.0.1',
    'http://127.0.0.1:4000/threads',
    'http://127.0.0.1:4000//',
    'http://127.0.0.1:4000\\threads',
    'http://127.0.0.1:4000?',
    'http://127.0.0.1:4000/?x=1',
    'http://127.0.0.1:4000#',
    'http://ada@127.0.0.1:4000',
    ' http://127.0.0.1:4000',
    'http://127.0.0.1:99999',
  ]) {
    it(`refuses the simulator ${JSON.stringify(simulator)}, which is no origin`, () => {
      wrong({ simulator }).with.property('message').that.includes('`simulator` must be an http(s) origin');
    });
  }

  for (const name of ['authorizationURL', 'tokenURL', 'graphURL'] as const) {
    it(`refuses a simulator beside ${name}, which would be another Threads`, () => {
      wrong({ simulator: 'http://127.0.0.1:4000', [name]: threads[name] })
        .with.property('message')
        .that.includes('`simulator`')
        .and.includes(`\`${name}\``);
      expect(resolveEndpoints({ simulator: 'http://a.example', [name]: undefined })).to.be.an('object');
      expect(resolveEndpoints({ simulator: '', [name]: threads[name] })).to.deep.equal(threads);
    });
  }

  it('refuses a simulator under NODE_ENV=production, and an empty one not', () => {
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    try {
      wrong({ simulator: 'http://127.0.0.1:4000' }).with.property('message').that.includes('signs anyone in');
      expect(resolveEndpoints({ simulator: '' })).to.deep.equal(threads);
    } finally {
      if (NODE_ENV === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = NODE_ENV;
    }
  });

  for (const name of ['tokenURL', 'graphURL'] as const) {
    for (const value of [
      'https://graph.threads.net//v1.0',
      'https://graph.threads.net/v1.0//',
      'https://graph.threads.net/v1.0/\\oauth',
      'https://graph.threads.net/v1.0?',
      'https://graph.threads.net/v1.0?locale=vi',
      'https://graph.threads.net/v1.0#_',
      'https://graph.threads.net/v1.0 ',
    ]) {
      it(`refuses the ${name} ${JSON.stringify(value)}`, () => {
        wrong({ [name]: value })
          .with.property('message')
          .that.includes(`\`${name}\` must have no query`);
        expect(() => new ThreadsClient({ ...app, [name]: value })).to.throw(TypeError, name);
      });
    }
  }

  it('names Threads itself where nothing is given', () => {
    expect(resolveEndpoints({})).to.deep.equal(threads);
    for (const simulator of [undefined, '']) expect(resolveEndpoints({ simulator })).to.deep.equal(threads);
  });

  it('names the endpoints of a simulator, without a trailing slash', () => {
    for (const [simulator, origin] of [
      ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
      ['http://127.0.0.1:4000/', 'http://127.0.0.1:4000'],
      ['https://Threads.Example', 'https://threads.example'],
      ['http://[::1]:4000/', 'http://[::1]:4000'],
    ] as const) {
      expect(resolveEndpoints({ simulator })).to.deep.equal(simulated(origin));
    }
  });

  it('takes the slash at the end of an address off, and keeps the query of the authorization window', () => {
    const given = {
      authorizationURL: 'https://www.threads.com/oauth?locale=vi',
      tokenURL: 'https://graph.threads.com/oauth/access_token/',
      graphURL: 'https://graph.threads.com/v1.0/',
    };
    expect(resolveEndpoints(given)).to.deep.equal({
      authorizationURL: given.authorizationURL,
      tokenURL: 'https://graph.threads.com/oauth/access_token',
      graphURL: 'https://graph.threads.com/v1.0',
    });
  });

  it('serves ThreadsClient, which then signs people in at a simulator by its address alone', async () => {
    const simulator = createThreadsSimulator();
    await simulator.listen();
    try {
      const { origin } = new URL(simulator.endpoints.tokenURL);
      const [redirectURI = ''] = simulatedApp.redirectURIs;
      const client = new ThreadsClient({ ...simulatedApp, simulator: origin });
      const location = client.authorizationURL({ redirectURI });
      expect(location).to.match(new RegExp(`^${origin}/oauth/authorize\\?`));
      const code = new URL(simulator.answer(location)).searchParams.get('code') ?? '';
      const { accessToken } = await client.exchangeCode(code, redirectURI);
      expect((await client.getProfile(accessToken)).username).to.equal('ada.okafor');
      expect((await client.exchangeToken(accessToken)).expiresIn).to.be.greaterThan(0);
    } finally {
      await simulator.close();
    }
  });
});
