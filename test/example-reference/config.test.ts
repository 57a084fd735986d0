import { expect } from 'chai';
import { simulatedApp } from 'passport-threads-oauth2/simulator';
import { ConfigError, loadConfig } from '../../example/reference/src/config.js';

const threads = {
  THREADS_APP_ID: '2345678901234567',
  THREADS_APP_SECRET: 'not-a-real-secret',
  THREADS_CALLBACK_URL: 'https://threads-login.test:3000/auth/threads/callback',
  SESSION_SECRET: 'a secret that is long enough for this',
  TOKEN_KEYS: Buffer.alloc(32, 'key').toString('base64url'),
};

function problemsWith(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('example/reference: configuration', () => {
  it('names everything that is missing when only the App ID is there', () => {
    const problems = problemsWith({ THREADS_APP_ID: threads.THREADS_APP_ID });
    expect(problems.map((problem) => problem.split(' ')[0])).to.have.members([
      'THREADS_APP_SECRET',
      'THREADS_CALLBACK_URL',
      'SESSION_SECRET',
      'TOKEN_KEYS',
    ]);
  });

  for (const name of [
    'THREADS_APP_ID',
    'THREADS_APP_SECRET',
    'THREADS_CALLBACK_URL',
    'THREADS_SCOPE',
    'THREADS_REQUIRED_SCOPES',
    'THREADS_OPTIONAL_SCOPES',
    'THREADS_APP_SECERT',
  ]) {
    it(`lets nobody in through a simulator as soon as ${name} is there, and names what is missing`, () => {
      const values: Record<string, string> = { THREADS_CALLBACK_URL: threads.THREADS_CALLBACK_URL };
      const env = {
        [name]: values[name] ?? (name.endsWith('SCOPES') || name.endsWith('SCOPE') ? 'threads_basic' : '1'),
      };
      const missing = Object.keys(threads).filter((setting) => setting !== name);
      expect(problemsWith(env).map((problem) => problem.split(' is missing')[0])).to.have.members(missing);
    });
  }

  it('lets nobody in through a simulator in production, and names what is missing', () => {
    const problems = problemsWith({ NODE_ENV: 'production' });
    expect(problems.map((problem) => problem.split(' is missing')[0])).to.have.members(Object.keys(threads));
    expect(loadConfig({ NODE_ENV: 'production', ...threads }).simulator).to.equal(undefined);
  });

  it("does not start with the simulator's secret, with which everybody could sign a deletion request", () => {
    const problems = problemsWith({ ...threads, THREADS_APP_SECRET: simulatedApp.clientSecret });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^THREADS_APP_SECRET is the published secret of an example/);
  });

  it('refuses a simulator in production that runs already', () => {
    const env = { ...threads, NODE_ENV: 'production', THREADS_SIMULATOR_URL: 'http://localhost:4000' };
    expect(problemsWith(env)).to.have.length(1);
    expect(problemsWith(env)[0]).to.match(/^THREADS_SIMULATOR_URL must not be set with NODE_ENV=production/);
  });

  it('fills in no published secret for an app ID, nor the other way round, beside a simulator', () => {
    const env = { THREADS_SIMULATOR_URL: 'http://localhost:4000' };
    expect(problemsWith({ ...env, THREADS_APP_ID: '1' })[0]).to.match(/^THREADS_APP_SECRET is missing/);
    expect(problemsWith({ ...env, THREADS_APP_SECRET: 'x' })[0]).to.match(/^THREADS_APP_ID is missing/);
  });

  it('takes an empty value for a missing one', () => {
    expect(problemsWith({ ...threads, THREADS_APP_SECRET: '  ' })).to.have.length(1);
  });

  for (const [what, env, pattern] of [
    ['an App ID that is no number', { THREADS_APP_ID: 'my-app' }, /^THREADS_APP_ID must consist of digits/],
    ['a secret in quotation marks', { THREADS_APP_SECRET: '"abc"' }, /^THREADS_APP_SECRET has a space or/],
    [
      'a callback over http',
      { THREADS_CALLBACK_URL: 'http://threads-login.test/auth/threads/callback' },
      /^THREADS_CALLBACK_URL must begin with https/,
    ],
    [
      'a callback that is only a host',
      { THREADS_CALLBACK_URL: 'threads-login.test' },
      /^THREADS_CALLBACK_URL must be a whole URL/,
    ],
    [
      'a callback to another path',
      { THREADS_CALLBACK_URL: 'https://threads-login.test/callback' },
      /^THREADS_CALLBACK_URL must have the path/,
    ],
    [
      'a callback with a query',
      { THREADS_CALLBACK_URL: `${threads.THREADS_CALLBACK_URL}?x=1` },
      /^THREADS_CALLBACK_URL must end after its path/,
    ],
    [
      'a callback with the #_ of Threads',
      { THREADS_CALLBACK_URL: `${threads.THREADS_CALLBACK_URL}#_` },
      /^THREADS_CALLBACK_URL must have no fragment/,
    ],
    ['a short session secret', { SESSION_SECRET: 'short' }, /^SESSION_SECRET must have at least 32/],
    ['a token key that is too short', { TOKEN_KEYS: 'short' }, /^TOKEN_KEYS must be one or more keys/],
    [
      'a token key with a comma too many',
      { TOKEN_KEYS: `${threads.TOKEN_KEYS},` },
      /^TOKEN_KEYS must be one or more keys/,
    ],
    ['a port that is no number', { PORT: 'http' }, /^PORT must be a number/],
    ['a port beyond the last', { PORT: '65536' }, /^PORT must be a number/],
    ['a key without its certificate', { HTTPS_KEY: 'package.json' }, /^HTTPS_CERT is missing/],
    [
      'a certificate file that is not there',
      { HTTPS_KEY: 'package.json', HTTPS_CERT: 'no-such.pem' },
      /^HTTPS_CERT: cannot read .*no-such\.pem \(ENOENT\)/,
    ],
    ['a permission that cannot be one', { THREADS_SCOPE: 'threads_basic;x' }, /^THREADS_SCOPE must list/],
    ['a proxy that is no address', { TRUST_PROXY: 'nginx' }, /^TRUST_PROXY must be/],
    [
      'everybody as a proxy, who could then name any address',
      { TRUST_PROXY: 'true' },
      /^TRUST_PROXY must be/,
    ],
    ['no sign-ins at all', { SIGN_IN_LIMIT: '0' }, /^SIGN_IN_LIMIT must be a number from 1/],
    [
      'a database of another kind, without its password',
      { DATABASE_URL: 'mysql://me:hush@db.example/app' },
      /^DATABASE_URL must begin with file:((?!hush).)*$/,
    ],
    ['a Redis that is no Redis', { REDIS_URL: 'localhost:6379' }, /^REDIS_URL must begin with/],
  ] as const) {
    it(`refuses ${what}, and says so once`, () => {
      const problems = problemsWith({ ...threads, ...env });
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(pattern);
    });
  }

  it('never repeats a secret', () => {
    const problems = problemsWith({ ...threads, THREADS_APP_SECRET: 'se cret', SESSION_SECRET: 'short-one' });
    expect(problems).to.have.length(2);
    expect(new ConfigError(problems).message).not.to.match(/se cret|short-one/);
  });

  it('refuses shared sessions that every restart would sign anew', () => {
    expect(problemsWith({ REDIS_URL: 'redis://localhost:6379' })[0]).to.match(/^SESSION_SECRET is missing/);
  });

  it('refuses a simulator address that is more than an origin', () => {
    expect(problemsWith({ THREADS_SIMULATOR_URL: 'http://localhost:4000/oauth' })[0]).to.match(
      /^THREADS_SIMULATOR_URL must be the origin/,
    );
  });

  it('starts with the simulator when nothing is configured', () => {
    const config = loadConfig({});
    expect(config.mode).to.equal('simulator');
    expect(config.simulator).to.deep.equal({ port: 0 });
    expect(config.publicURL).to.equal('http://localhost:3000');
    expect(config.threads.callbackURL).to.equal('http://localhost:3000/auth/threads/callback');
    expect(config.threads.scope).to.include('threads_basic').and.to.have.length.above(1);
    expect(config.sessionSecretIsRandom).to.equal(true);
    expect(config.databaseURL, 'apart from the database of people').to.match(/\/data\/simulator\.sqlite$/);
  });

  it('uses Threads when it is configured', () => {
    const config = loadConfig(threads);
    expect(config.mode).to.equal('threads');
    expect(config.simulator).to.equal(undefined);
    expect(config.publicURL).to.equal('https://threads-login.test:3000');
    expect(config.threads.scope).to.deep.equal(['threads_basic']);
    expect(config.tokenKeys).to.deep.equal([Buffer.alloc(32, 'key')]);
    expect(config.databaseURL).to.match(/\/data\/users\.sqlite$/);
  });

  it('keeps the callback to the letter, trailing slash included', () => {
    const slashed = `${threads.THREADS_CALLBACK_URL}/`;
    const config = loadConfig({ ...threads, THREADS_CALLBACK_URL: slashed });
    expect(config.threads.callbackURL).to.equal(slashed);
    expect(config.linkCallbackURL).to.equal('https://threads-login.test:3000/auth/threads/link/callback/');
  });

  it('trusts a proxy on this machine, and only there, when https ends elsewhere', () => {
    expect(loadConfig(threads).trustProxy).to.equal('loopback');
    expect(loadConfig({}).trustProxy).to.equal(false);
    expect(loadConfig({ ...threads, TRUST_PROXY: '2' }).trustProxy).to.equal(2);
  });

  it('uses a simulator that runs already', () => {
    const config = loadConfig({
      THREADS_SIMULATOR_URL: 'http://localhost:4000/',
      THREADS_CALLBACK_URL: 'http://app.test:8080/auth/threads/callback',
    });
    expect(config.mode).to.equal('simulator');
    expect(config.simulator).to.deep.equal({ url: 'http://localhost:4000' });
    expect(config.publicURL).to.equal('http://app.test:8080');
  });
});
