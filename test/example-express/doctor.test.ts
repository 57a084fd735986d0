import { expect } from 'chai';
import { runScript } from './process.js';

const READY = {
  THREADS_APP_ID: '2345678901234567',
  THREADS_APP_SECRET: 'hush-app-secret',
  THREADS_CALLBACK_URL: 'https://threads-login.test:3000/auth/threads/callback',
  THREADS_TESTER_ACCESS_TOKEN: 'THQV-hush-token',
  SESSION_SECRET: 'hush, this one is long enough to be a secret',
  TOKEN_KEYS: Buffer.alloc(32, 'hush').toString('base64url'),
};

describe('example/express: the doctor', function () {
  this.timeout(30_000);

  async function doctor(env: NodeJS.ProcessEnv) {
    const { exited, output } = runScript('doctor.ts', env);
    const code = await exited;
    expect(output.stderr).to.equal('');
    expect(output.stdout, 'a secret').not.to.contain('hush');
    return { code, text: output.stdout };
  }

  it('lists all that is wrong, and fails', async () => {
    const { code, text } = await doctor({
      ...READY,
      THREADS_APP_ID: 'hush-not-a-number',
      THREADS_APP_SECRET: '',
      THREADS_CALLBACK_URL: 'http://localhost:3000/auth/threads/callback',
      THREADS_TESTER_ACCESS_TOKEN: '"hush"',
    });
    expect(code).to.equal(1);
    expect(text.match(/^ {2}✗ .*/gm)?.map((line) => line.slice(4, 60))).to.have.length(5);
    expect(text).to.contain('THREADS_APP_ID must consist of digits');
    expect(text).to.contain('THREADS_APP_SECRET is missing');
    expect(text).to.contain('THREADS_CALLBACK_URL must begin with https');
    expect(text).to.contain('THREADS_CALLBACK_URL must not point to localhost');
    expect(text).to.contain('THREADS_TESTER_ACCESS_TOKEN has a space or a quotation mark');
    expect(text).not.to.contain('oauth/authorize');
  });

  it('warns of a slash at the end and of a missing tester token, and does not fail', async () => {
    const { code, text } = await doctor({
      ...READY,
      THREADS_CALLBACK_URL: `${READY.THREADS_CALLBACK_URL}/`,
      THREADS_TESTER_ACCESS_TOKEN: '',
    });
    expect(code).to.equal(0);
    expect(text).to.match(/! The callback ends in a slash/);
    expect(text).to.match(/! THREADS_TESTER_ACCESS_TOKEN is not set/);
    expect(text).to.match(/ https:\/\/threads-login\.test:3000\/auth\/threads\/link\/callback\/$/m);
  });

  it('says in simulator mode that this is one, and what to set', async () => {
    const { code, text } = await doctor({});
    expect(code).to.equal(0);
    expect(text).to.contain('simulator').and.not.to.contain('✓');
    for (const name of [
      'THREADS_APP_ID',
      'THREADS_APP_SECRET',
      'THREADS_CALLBACK_URL',
      'SESSION_SECRET',
      'TOKEN_KEYS',
    ]) {
      expect(text).to.contain(name);
    }
  });

  it('names every URL to register, and the address that the sign-in will open', async () => {
    const { code, text } = await doctor({ ...READY, THREADS_SCOPE: 'threads_content_publish' });
    expect(code).to.equal(0);
    expect(text).not.to.contain('✗');
    const { origin } = new URL(READY.THREADS_CALLBACK_URL);
    for (const path of ['callback', 'link/callback', 'uninstall', 'delete']) {
      expect(text).to.match(new RegExp(` ${origin}/auth/threads/${path}$`, 'm'));
    }
    const address = new URL(/https:\/\/threads\.net\/\S+/.exec(text)![0]);
    expect(address.pathname).to.equal('/oauth/authorize');
    expect(Object.fromEntries(address.searchParams)).to.deep.equal({
      client_id: READY.THREADS_APP_ID,
      redirect_uri: READY.THREADS_CALLBACK_URL,
      response_type: 'code',
      scope: 'threads_basic,threads_content_publish',
    });
  });

  it('explains the errors that Threads shows without coming back', async () => {
    const { text } = await doctor(READY);
    for (const errorCode of [4476002, 1349026, 1349168, 1349245, 1]) {
      expect(text).to.match(new RegExp(`^  - ${errorCode}: [A-Z].{20,}`, 'm'));
    }
  });
});
