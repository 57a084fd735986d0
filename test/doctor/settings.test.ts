import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import type { Environment } from '../../lib/doctor/environment.js';
import { consult, READY, useFolder } from './support.js';

describe('the doctor, of the settings alone', () => {
  const folder = useFolder();
  const offline = (env: Environment, ...args: string[]) =>
    consult(env, ['--offline', ...args], { folder: folder() });

  const wrong: [what: string, env: Environment, saying: string][] = [
    ['no App ID', { THREADS_APP_ID: ' ' }, 'THREADS_APP_ID is missing: App Dashboard'],
    ['an App ID that is none', { THREADS_APP_ID: 'hush-1' }, 'THREADS_APP_ID must consist of digits only'],
    ['no App secret', { THREADS_APP_SECRET: '' }, 'THREADS_APP_SECRET is missing'],
    [
      'an App secret in quotes',
      { THREADS_APP_SECRET: '"hush"' },
      'THREADS_APP_SECRET has a space or a quotation',
    ],
    ['no callback', { THREADS_CALLBACK_URL: undefined }, 'THREADS_CALLBACK_URL is missing'],
    [
      'a callback that is a path',
      { THREADS_CALLBACK_URL: '/callback' },
      'THREADS_CALLBACK_URL must be a whole URL',
    ],
    [
      'a callback of another kind',
      { THREADS_CALLBACK_URL: 'ftp://a.test/' },
      'THREADS_CALLBACK_URL must be a whole URL',
    ],
    [
      'plain http',
      { THREADS_CALLBACK_URL: 'http://a.test/callback' },
      'Threads refuses plain http (error_code 1349187)',
    ],
    ['localhost', { THREADS_CALLBACK_URL: 'https://localhost/callback' }, 'must not point to localhost'],
    [
      'a name below localhost',
      { THREADS_CALLBACK_URL: 'https://app.localhost/callback' },
      'must not point to app.localhost',
    ],
    ['127.0.0.1', { THREADS_CALLBACK_URL: 'https://127.0.0.1:3000/callback' }, 'must not point to 127.0.0.1'],
    ['[::1]', { THREADS_CALLBACK_URL: 'https://[::1]/callback' }, 'must not point to [::1]'],
    [
      'a callback with a fragment',
      { THREADS_CALLBACK_URL: 'https://a.test/callback#' },
      'must have no fragment',
    ],
    ['a callback with a password', { THREADS_CALLBACK_URL: 'https://me:hush@a.test/' }, 'no user name'],
    ['odd permissions', { THREADS_SCOPE: 'threads basic!' }, 'THREADS_SCOPE must list permissions'],
    [
      'odd required permissions',
      { THREADS_REQUIRED_SCOPES: '"a"' },
      'THREADS_REQUIRED_SCOPES must list permissions',
    ],
    [
      "a tester's token with a line end in it",
      { THREADS_TESTER_ACCESS_TOKEN: 'hush\nhush' },
      'THREADS_TESTER_ACCESS_TOKEN has a space',
    ],
    [
      'white space around a value',
      { THREADS_APP_ID: `${READY.THREADS_APP_ID}\r` },
      'THREADS_APP_ID has white space before or after',
    ],
    [
      'a secret among the permissions, which is not to be shown in the address',
      { THREADS_SCOPE: 'hush0123456789abcdef' },
      'THREADS_SCOPE must list permissions',
    ],
    ['a short session secret', { SESSION_SECRET: 'hush' }, 'SESSION_SECRET must have at least 32 characters'],
    [
      'an address of Threads that is none',
      { THREADS_GRAPH_URL: 'graph' },
      'THREADS_GRAPH_URL must be a whole URL',
    ],
    ['an address with a password', { THREADS_TOKEN_URL: 'http://me:hush@a.test' }, 'without a user name'],
  ];
  for (const [what, env, saying] of wrong) {
    it(`names ${what}, and says what to do`, async () => {
      const { code, problems, text } = await offline({ ...READY, ...env });
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.include(saying);
      expect(code).to.equal(1);
      expect(text).not.to.include('hush');
    });
  }

  it('names all that is wrong, and not the first thing only', async () => {
    const { problems } = await offline({ THREADS_CALLBACK_URL: 'http://localhost:3000/callback' });
    expect(problems.map((text) => text.split(' ', 3).join(' '))).to.deep.equal([
      'THREADS_APP_ID is missing:',
      'THREADS_APP_SECRET is missing:',
      'THREADS_CALLBACK_URL must begin',
      'THREADS_CALLBACK_URL must not',
    ]);
  });

  it('warns of the slash at the end of a callback, and of one that the dashboard may have added', async () => {
    const without = await offline(READY);
    expect(without.notes.join()).to.include('may have added a slash');
    const slash = await offline({ ...READY, THREADS_CALLBACK_URL: `${READY.THREADS_CALLBACK_URL}/` });
    expect(slash.notes.join()).to.include('ends in a slash');
    expect([without.code, slash.code]).to.deep.equal([0, 0]);
  });

  for (const host of ['threads.net', 'www.threads.net']) {
    it(`says where the window has moved that THREADS_AUTHORIZATION_URL opens at ${host}`, async () => {
      const { code, problems, notes } = await offline({
        ...READY,
        THREADS_AUTHORIZATION_URL: `https://${host}/oauth/authorize`,
      });
      expect(code).to.equal(1);
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(/THREADS_AUTHORIZATION_URL.*www\.threads\.com/);
      expect(notes.join()).not.to.include('not Threads itself');
    });
  }

  it('takes the API at graph.threads.com for Threads itself, where localhost is refused', async () => {
    const { problems, notes } = await offline({
      ...READY,
      THREADS_TOKEN_URL: 'https://graph.threads.com/oauth/access_token',
      THREADS_GRAPH_URL: 'https://graph.threads.com/v1.0',
      THREADS_CALLBACK_URL: 'https://localhost/callback',
    });
    expect(problems.join()).to.include('must not point to localhost');
    expect(notes.join()).not.to.include('not Threads itself');
  });

  it('does not take a name that only ends alike for Threads', async () => {
    const { notes } = await offline({ ...READY, THREADS_GRAPH_URL: 'https://notthreads.com/v1.0' });
    expect(notes.join()).to.include('This is not Threads itself, but notthreads.com');
  });

  it('shows the address of the window, with all permissions that are needed', async () => {
    const env = {
      ...READY,
      THREADS_SCOPE: 'threads_content_publish',
      THREADS_REQUIRED_SCOPES: 'threads_delete',
    };
    const { code, text, problems } = await offline(env);
    expect(problems).to.deep.equal([]);
    expect(code).to.equal(0);
    const address = new URL(/https:\/\/www\.threads\.com\/\S+/.exec(text)![0]);
    expect(address.pathname).to.equal('/oauth/authorize');
    expect(Object.fromEntries(address.searchParams)).to.deep.equal({
      client_id: READY.THREADS_APP_ID,
      redirect_uri: READY.THREADS_CALLBACK_URL,
      response_type: 'code',
      scope: 'threads_basic,threads_content_publish,threads_delete',
    });
  });

  it('tells of a proxy that Node.js does not go through', async () => {
    const env = { ...READY, HTTPS_PROXY: 'http://me:hush@proxy.test:3128' };
    const { code, notes, text } = await offline(env);
    expect(code).to.equal(0);
    expect(notes[0]).to.include('HTTPS_PROXY is set, but').and.include('NODE_USE_ENV_PROXY=1');
    expect(text).not.to.include('hush');
    expect((await offline({ ...env, NODE_USE_ENV_PROXY: '1' })).text).not.to.include('PROXY');
  });

  it('explains the errors that Threads shows without coming back', async () => {
    const { text } = await offline(READY);
    for (const errorCode of [4476002, 1349026, 1349168, 1349245, 1349187, 1]) {
      expect(text).to.match(new RegExp(`^  - ${errorCode}: [A-Z].{20,}`, 'm'));
    }
  });

  it('prints no secret where all is well', async () => {
    const env = { ...READY, THREADS_TESTER_ACCESS_TOKEN: 'hush', SESSION_SECRET: 'hush '.repeat(9) };
    const { code, text } = await offline(env);
    expect(code).to.equal(0);
    expect(text).not.to.include('hush');
  });
});

describe('the doctor, of where settings come from', () => {
  const folder = useFolder();
  const settings = (id: string) =>
    `# a comment\nTHREADS_APP_ID=${id}\nTHREADS_APP_SECRET="hush" # quoted\nTHREADS_CALLBACK_URL=${READY.THREADS_CALLBACK_URL}\n`;
  const consultWith = (env: Environment, ...args: string[]) =>
    consult(env, ['--offline', ...args], { folder: folder() });

  it('says that a file is not there that was asked for', async () => {
    const { code, problems } = await consultWith(READY, '--env-file', 'nowhere.env');
    expect(code).to.equal(1);
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.match(/^Cannot read .*nowhere\.env \(ENOENT\)/);
  });

  it('reads the file that is named', async () => {
    writeFileSync(join(folder(), 'other.env'), settings('111'));
    const { code, fine, text } = await consultWith({}, '--env-file', 'other.env');
    expect(code).to.equal(0);
    expect(fine[0]).to.equal('THREADS_APP_ID is a number: 111.');
    expect(text).to.include('other.env and the environment').and.not.to.include('hush');
  });

  it('reads .env where there is one, and leaves the last word to the environment', async () => {
    writeFileSync(join(folder(), '.env'), settings('222'));
    expect((await consultWith({})).fine[0]).to.equal('THREADS_APP_ID is a number: 222.');
    expect((await consultWith({ THREADS_APP_ID: '333' })).fine[0]).to.equal(
      'THREADS_APP_ID is a number: 333.',
    );
  });

  it('tells of a line that is no setting, and of a byte order mark, where Node.js lets it hide a setting', async () => {
    for (const text of [
      '\ufeffTHREADS_APP_ID=1\n',
      'hush\nTHREADS_APP_ID=1\n',
      'export  THREADS_APP_ID=1\n',
    ]) {
      writeFileSync(join(folder(), 'odd.env'), text);
      const { notes, problems, text: all } = await consultWith({}, '--env-file', 'odd.env');
      expect(all).not.to.include('hush');
      // Node.js 20 takes the odd line for a part of the next name; newer ones pass it over, but for the mark.
      if (parseEnv(text).THREADS_APP_ID === '1') {
        expect(notes).to.deep.equal([]);
        expect(problems.join()).not.to.include('THREADS_APP_ID is missing');
      } else {
        expect(notes[0]).to.match(/odd\.env has a line that is not NAME=VALUE/);
        expect(problems[0]).to.include('THREADS_APP_ID is missing');
      }
    }
  });

  it('reads lines that end as on Windows, begin with export, or have quotes', async () => {
    const { THREADS_APP_ID: id, THREADS_CALLBACK_URL: url } = READY;
    const text = `export THREADS_APP_ID='${id}'\r\nTHREADS_APP_SECRET="hush"\r\nTHREADS_CALLBACK_URL=\`${url}\`\r\n`;
    writeFileSync(join(folder(), 'windows.env'), text);
    const { code, problems } = await consultWith({}, '--env-file', 'windows.env');
    expect([code, problems]).to.deep.equal([0, []]);
  });

  it('says how it is used', async () => {
    const { code, text } = await consult({}, ['--help'], { folder: folder() });
    expect(code).to.equal(0);
    for (const name of ['--env-file', '--offline', ...Object.keys(READY)]) expect(text).to.include(name);
  });
});
