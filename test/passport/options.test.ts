import { expect } from 'chai';
import { CookieStateStore, Strategy, ThreadsStrategy } from '../../lib/index.js';
import { app } from '../support/fixtures.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';

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

  for (const customHeaders of [{ 'x y': '1' }, { x: 'a\nb' }]) {
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
