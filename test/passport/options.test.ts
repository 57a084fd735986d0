import { expect } from 'chai';
import {
  CookieStateStore,
  Strategy,
  ThreadsClient,
  ThreadsStrategy,
  ThreadsTokenStrategy,
} from '../../lib/index.js';
import { forgetWarnings } from '../../lib/passport/warnings.js';
import { app } from '../support/fixtures.js';
import { response } from '../support/response.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';
import { warningsDuring } from '../support/warnings.js';

const verify = async () => null;

function construct(changes: Record<string, unknown>) {
  return new ThreadsStrategy({ ...app, ...changes } as never, verify as never);
}

describe('ThreadsStrategy: options', () => {
  const places = { clientID: 'Threads App ID', clientSecret: 'Threads app secret', callbackURL: 'Redirect' };
  for (const [name, place] of Object.entries(places)) {
    for (const [title, value] of [
      ['missing', undefined],
      ['empty', ''],
      ['null', null],
      ['a number', 1234567890123456],
    ]) {
      it(`throws where ${name} is ${title}, and says where in the dashboard it stands`, () => {
        expect(() => construct({ [name as string]: value }))
          .to.throw(TypeError)
          .with.property('message')
          .that.includes(`\`${name}\``)
          .and.includes(place)
          .and.includes('App Dashboard');
      });
    }
  }

  it('throws without options', () => {
    expect(() => new ThreadsStrategy(undefined as never, verify)).to.throw(TypeError, 'clientID');
  });

  it('throws without a verify function', () => {
    expect(() => new ThreadsStrategy(app, undefined as never)).to.throw(TypeError, 'verify callback');
    expect(() => new ThreadsStrategy(verify as never, undefined as never)).to.throw(
      TypeError,
      'verify callback',
    );
  });

  it('keeps the secret out of its complaints', () => {
    expect(() => construct({ clientID: '' }))
      .to.throw(TypeError)
      .with.property('message')
      .that.does.not.include(app.clientSecret);
  });

  for (const timeout of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5000', null]) {
    it(`throws for the timeout ${String(timeout)} (${typeof timeout})`, () => {
      expect(() => construct({ timeout })).to.throw(TypeError, '`timeout`');
    });
  }

  for (const timeout of [1, 2 ** 31 - 1, undefined]) {
    it(`takes the timeout ${timeout}`, () => {
      expect(construct({ timeout })).to.be.instanceOf(ThreadsStrategy);
    });
  }

  for (const tokenVerification of ['never', '', null, true]) {
    it(`throws for the tokenVerification ${JSON.stringify(tokenVerification)}`, () => {
      expect(() => construct({ tokenVerification })).to.throw(TypeError, "'auto', 'required' or 'off'");
    });
  }

  for (const testerAccessToken of ['', null, 7, {}]) {
    it(`throws for the testerAccessToken ${JSON.stringify(testerAccessToken)}`, () => {
      expect(() => construct({ testerAccessToken })).to.throw(TypeError, '`testerAccessToken`');
    });
  }

  it('throws where required scopes could never be known', () => {
    const requiredScopes = ['threads_content_publish'];
    for (const change of [{ tokenVerification: 'off' }, { skipUserProfile: true }]) {
      expect(() => construct({ requiredScopes, ...change })).to.throw(TypeError, '`requiredScopes`');
    }
  });

  it('takes an empty list of required scopes with anything', () => {
    for (const change of [{ tokenVerification: 'off' }, { skipUserProfile: true }]) {
      expect(construct({ requiredScopes: [], ...change })).to.be.instanceOf(ThreadsStrategy);
    }
  });

  for (const name of ['authorizationURL', 'tokenURL', 'graphURL']) {
    for (const value of [
      '',
      'graph.threads.net',
      '/oauth',
      'ftp://threads.net/',
      'javascript:alert(1)',
      null,
      1,
    ]) {
      it(`throws for the ${name} ${JSON.stringify(value)}`, () => {
        expect(() => construct({ [name]: value })).to.throw(TypeError, `\`${name}\``);
      });
    }
  }

  for (const name of ['scope', 'requiredScopes']) {
    for (const value of [7, {}, ['threads_basic', 7], [['threads_basic']]]) {
      it(`throws for the ${name} ${JSON.stringify(value)}`, () => {
        expect(() => construct({ [name]: value })).to.throw(TypeError, `\`${name}\``);
      });
    }
  }

  for (const profileFields of [true, 'id,username', [''], [7]]) {
    it(`throws for the profileFields ${JSON.stringify(profileFields)}`, () => {
      expect(() => construct({ profileFields })).to.throw(TypeError, '`profileFields`');
    });
  }

  it('is called threads and is also exported as Strategy', () => {
    expect(construct({}).name).to.equal('threads');
    expect(Strategy).to.equal(ThreadsStrategy);
  });

  it('keeps the state in a cookie unless told otherwise', () => {
    const store = (strategy: ThreadsStrategy) => Reflect.get(strategy, '_stateStore');
    expect(store(construct({}))).to.be.instanceOf(CookieStateStore);
    expect(store(construct({ state: true }))).not.to.be.instanceOf(CookieStateStore);
    expect(store(construct({ state: false }))).not.to.be.instanceOf(CookieStateStore);
  });

  for (const name of ['state', 'store']) {
    for (const value of ['text', 1, {}, [], { store() {} }, { verify() {} }]) {
      it(`throws for the ${name} ${JSON.stringify(value)} (${Object.keys(value)})`, () => {
        expect(() => construct({ [name]: value })).to.throw(TypeError, 'state store');
      });
    }
  }

  for (const dispatcher of [{}, 5, null, 'http://proxy.example']) {
    it(`throws for the dispatcher ${JSON.stringify(dispatcher)}`, () => {
      expect(() => construct({ dispatcher })).to.throw(TypeError, '`dispatcher`');
    });
  }

  for (const customHeaders of ['x-y: 1', ['x-y: 1'], { 'x y': '1' }, { x: 'a\nb' }]) {
    it(`throws for the headers ${JSON.stringify(customHeaders)}`, () => {
      expect(() => construct({ customHeaders })).to.throw(TypeError);
    });
  }

  it('throws for a URL that is not a string', () => {
    expect(() => construct({ tokenURL: new URL('https://graph.threads.net') })).to.throw(
      TypeError,
      '`tokenURL`',
    );
  });

  for (const clientID of ['12 34', '1234567890123456\n', '\t1', '1\u00a0']) {
    it(`throws for the clientID ${JSON.stringify(clientID)}, which was copied with white space`, () => {
      expect(() => construct({ clientID })).to.throw(TypeError, /clientID.*white space.*App Dashboard/);
    });
  }

  for (const callbackURL of [
    'app.example/callback',
    'ftp://app.example/callback',
    'javascript:alert(1)',
    'https://app.example/callback#_',
    'https://',
    'callback',
    '//evil.example/callback',
    '/\\evil.example/callback',
    '/call back',
    '/callback#top',
    'https://app.example/callback\n',
    ' https://app.example/callback',
    'https://app.example/call back',
    'https:///app.example/callback',
    'https://app.example\\callback',
  ]) {
    it(`throws for the callbackURL ${JSON.stringify(callbackURL)}`, async () => {
      expect(() => construct({ callbackURL })).to.throw(TypeError, /`callbackURL`.*App Dashboard/);
      const outcome = await runStrategy(construct({}), { url: '/login' }, { callbackURL });
      expect(expectOutcome(outcome, 'error').error).to.be.instanceOf(TypeError);
    });
  }

  for (const option of ['pkce', 'scopeSeparator']) {
    it(`throws for ${option} of passport-oauth2, which has no meaning here`, () => {
      expect(() => construct({ [option]: true })).to.throw(TypeError, option);
    });
  }

  for (const [name, value] of [
    ['longLived', 'yes'],
    ['enableProof', 1],
    ['passReqToCallback', 'true'],
    ['skipUserProfile', 'no'],
    ['proxy', 'true'],
    ['sessionKey', 7],
    ['now', 1700000000000],
    ['tokenVerification', ['auto']],
  ] as const) {
    it(`throws for the ${name} ${JSON.stringify(value)}`, () => {
      expect(() => construct({ [name]: value })).to.throw(TypeError, `\`${name}\``);
    });
  }

  it('throws for a store beside `state: false`, or beside another store: two readings', () => {
    const store = new CookieStateStore({ secret: 's' });
    for (const state of [false, new CookieStateStore({ secret: 's' })]) {
      expect(() => construct({ state, store })).to.throw(TypeError, 'contradict');
    }
  });

  it('throws for `store: false`, which would leave a login without CSRF protection, whatever `state` says', () => {
    for (const state of [undefined, true, false]) {
      expect(() => construct({ state, store: false })).to.throw(TypeError, '`store` must be a state store');
    }
  });

  async function warnings(options: Record<string, unknown>) {
    const heard: string[] = [];
    const hear = (warning: Error) => heard.push(warning.message);
    process.on('warning', hear);
    construct(options);
    // Warnings are emitted on the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', hear);
    return heard;
  }

  it('warns of an option that it does not know, once', async () => {
    const heard = await warnings({ scopes: ['threads_basic'] });
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include('`scopes`');
  });

  it('says where a required option is undefined that .env may not be loaded', () => {
    for (const name of ['clientID', 'clientSecret', 'callbackURL']) {
      expect(() => construct({ [name]: undefined })).to.throw(
        TypeError,
        'it is undefined: was `.env` loaded?',
      );
      expect(() => construct({ [name]: '' }))
        .to.throw(TypeError)
        .with.property('message')
        .not.include('.env');
    }
  });

  for (const clientSecret of [' s', 's ', 's\n', '\ts']) {
    it(`throws for the clientSecret ${JSON.stringify(clientSecret)}, without quoting it`, () => {
      expect(() => construct({ clientSecret })).to.throw(TypeError, /^`clientSecret` has white space/);
    });
  }

  it('warns of a clientID that is no number, at Threads itself alone', async () => {
    expect((await warnings({ clientID: 'my-app' })).join()).to.include('`clientID` is not a number');
    expect(await warnings({ clientID: 'my-app', simulator: 'http://127.0.0.1:4000' })).to.deep.equal([]);
  });

  it('warns of an authorizationURL at threads.net, which loses the query for some people', async () => {
    const [message = ''] = await warnings({ authorizationURL: 'https://www.threads.net/oauth/authorize' });
    expect(message).to.include('threads.net');
  });

  for (const name of ['tokenURL', 'graphURL']) {
    for (const value of ['https://graph.threads.net//v1.0', 'https://graph.threads.net/v1.0?a=b']) {
      it(`throws for the ${name} ${value}`, () => {
        expect(() => construct({ [name]: value })).to.throw(TypeError, `\`${name}\``);
      });
    }
  }

  for (const value of ['https://x.example/authorize#a', 'https://x.example/authorize?client_id=1']) {
    it(`throws for the authorizationURL ${value}`, () => {
      expect(() => construct({ authorizationURL: value })).to.throw(TypeError, '`authorizationURL`');
    });
  }

  for (const [permission, nearest] of [
    ['threads_publish', 'threads_content_publish'],
    ['threads_read_reply', 'threads_read_replies'],
    ['threads_basics', 'threads_basic'],
    ['thread_insights_manage', 'threads_manage_insights'],
    ['email', undefined],
  ] as const) {
    for (const option of ['scope', 'requiredScopes']) {
      it(`warns of the ${option} ${permission}, once, and lets it pass`, async () => {
        const heard = await warnings({ [option]: [permission, permission, 'threads_delete'] });
        expect(heard).to.have.length(1);
        expect(heard[0]).to.include(`\`${permission}\``);
        expect(heard[0]).to.include(nearest ? `Did you mean \`${nearest}\`?` : 'Is it misspelt?');
      });
    }
  }

  it('checks the options of one call as those of the constructor', async () => {
    const strategy = construct({});
    const heard = await warningsDuring(async () => {
      for (let times = 0; times < 2; times += 1) {
        const outcome = await runStrategy(
          strategy,
          { url: '/login', res: response() },
          { scope: 'threads_publish' },
        );
        const scope = expectOutcome(outcome, 'redirect').url.searchParams.get('scope');
        expect(scope).to.equal('threads_basic,threads_publish');
      }
    });
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include('threads_content_publish');
    const wrong = await runStrategy(strategy, { url: '/login' }, { scope: 7 });
    expect(expectOutcome(wrong, 'error').error).to.be.instanceOf(TypeError);
  });

  describe('simulator', () => {
    const origin = 'http://127.0.0.1:4000';
    const client = (options: object) =>
      new ThreadsClient({ clientID: '1', clientSecret: 's', ...options } as never);

    it('sets the address of the window, with or without a slash at the end; empty is Threads itself', async () => {
      for (const simulator of [origin, `${origin}/`, '', undefined]) {
        const outcome = await runStrategy(construct({ simulator }), { url: '/login', res: response() });
        const { url } = expectOutcome(outcome, 'redirect');
        expect(url.origin + url.pathname).to.equal(
          simulator ? `${origin}/oauth/authorize` : 'https://www.threads.com/oauth/authorize',
        );
      }
    });

    for (const value of [null, 7, {}, '127.0.0.1:4000', `${origin}/path`, `${origin}?a`, 'ftp://x', 'a b']) {
      it(`throws for ${JSON.stringify(value)}, in the strategies and the client`, () => {
        expect(() => construct({ simulator: value })).to.throw(TypeError, '`simulator`');
        expect(() => client({ simulator: value })).to.throw(TypeError, '`simulator`');
        const { clientID, clientSecret } = app;
        const options = { clientID, clientSecret, simulator: value } as never;
        expect(() => new ThreadsTokenStrategy(options, verify as never)).to.throw(TypeError, '`simulator`');
      });
    }

    for (const name of ['authorizationURL', 'tokenURL', 'graphURL']) {
      it(`throws beside ${name}`, () => {
        expect(() => construct({ simulator: origin, [name]: 'https://x.example/y' })).to.throw(
          TypeError,
          `\`simulator\` and \`${name}\` contradict each other`,
        );
      });
    }
  });

  describe('under NODE_ENV=production', () => {
    const before = process.env.NODE_ENV;
    beforeEach(() => {
      forgetWarnings();
      process.env.NODE_ENV = 'production';
    });
    afterEach(() => {
      if (before === undefined) delete process.env.NODE_ENV;
      else process.env.NODE_ENV = before;
    });

    const at = (origin: string) => ({
      authorizationURL: `${origin}/oauth/authorize`,
      tokenURL: `${origin}/oauth/access_token`,
      graphURL: `${origin}/v1.0`,
    });

    it('throws for a simulator, which signs anyone in', () => {
      expect(() => construct({ simulator: 'http://127.0.0.1:4000' })).to.throw(TypeError, 'signs anyone in');
      expect(construct({ simulator: '' })).to.be.instanceOf(ThreadsStrategy);
    });

    for (const [options, words] of [
      [at('http://127.0.0.1:4000'), 'this machine'],
      [at('https://localhost:4000'), 'this machine'],
      [at('http://[::1]:4000'), 'this machine'],
      [at('http://threads.internal.example'), 'without TLS'],
      [{ state: false }, '`state: false`'],
    ] as const) {
      it(`warns once in the process of ${JSON.stringify(options)}`, async () => {
        const heard = [...(await warnings(options)), ...(await warnings(options))];
        expect(heard).to.have.length(1);
        expect(heard[0]).to.include(words).and.include('NODE_ENV=production');
      });
    }

    it('warns of nothing where there is nothing to warn of', async () => {
      expect(await warnings({})).to.deep.equal([]);
    });
  });

  it('names `dispatcher` to code that gives `_oauth2` an agent, as for other strategies', () => {
    const { _oauth2 } = construct({}) as unknown as { _oauth2: { setAgent(agent: object): void } };
    expect(() => _oauth2.setAgent({})).to.throw(TypeError, '`dispatcher`');
  });

  for (const callbackURL of ['http://app.example/callback', 'http://localhost/x']) {
    it(`warns of the redirect URI ${callbackURL}, which Threads refuses, but not with a simulator`, async () => {
      const heard = await warnings({ callbackURL });
      expect(heard).to.have.length(1);
      expect(heard[0]).to.include(callbackURL);
      expect(
        await warnings({ callbackURL, authorizationURL: 'http://127.0.0.1:4000/oauth/authorize' }),
      ).to.deep.equal([]);
    });
  }

  it('says nothing of https on localhost, which is reported to work for some and not for others', async () => {
    expect(await warnings({ callbackURL: 'https://localhost:3000/callback' })).to.deep.equal([]);
  });

  it('warns of nothing where there is nothing to warn of', async () => {
    expect(await warnings({})).to.deep.equal([]);
    expect(await warnings({ callbackURL: '/auth/threads/callback', longLived: undefined })).to.deep.equal([]);
  });

  it('takes a state store as `store` and as `state`', () => {
    const own = { store() {}, verify() {} };
    for (const change of [{ store: own }, { state: own }, { store: own, state: true }]) {
      expect(Reflect.get(construct(change), '_stateStore')).to.equal(own);
    }
  });

  it('leaves the options of the app as they are', () => {
    const options = Object.freeze({ ...app, scope: Object.freeze(['threads_delete']) });
    expect(new ThreadsStrategy(options, verify as never)).to.be.instanceOf(ThreadsStrategy);
  });
});
