import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { simulatedApp } from '../../lib/simulator/index.js';
import { createStore, type Store } from './store.js';
import { startThreads, type WatchedThreads } from './threads.js';

const ROOT = fileURLToPath(new URL('../../example/token-keeper/', import.meta.url));
const { clientID, clientSecret } = simulatedApp;

const idOf = (n: number) => String(17841400000000000n + BigInt(n));

describe('npm run tokens:audit', () => {
  let store: Store;
  let threads: WatchedThreads;

  beforeEach(async () => {
    [store, threads] = await Promise.all([createStore(), startThreads()]);
  });
  afterEach(async () => {
    await store.close();
    await threads.close();
  });

  interface Run {
    code: number | null;
    stdout: string;
    stderr: string;
  }

  /** Runs the command to its end. */
  function run(
    args: string[] = [],
    env: object = {},
    onLine: (line: string, pid: number) => void = () => {},
    script = 'src/audit/main.ts',
  ) {
    return new Promise<Run>((resolve, reject) => {
      const findings = script.includes('audit') ? ['--findings', join(store.folder, 'findings.jsonl')] : [];
      const child = spawn(process.execPath, ['--import', 'tsx', script, ...findings, ...args], {
        cwd: ROOT,
        env: {
          ...process.env,
          THREADS_APP_ID: clientID,
          THREADS_APP_SECRET: clientSecret,
          THREADS_SIMULATOR_URL: threads.origins[0],
          THREADS_REQUIRED_SCOPES: 'threads_basic',
          SESSION_SECRET: 'one secret for all the instances of an app',
          DATABASE_URL: store.url,
          TOKEN_KEYS: store.key,
          REDIS_URL: 'redis://127.0.0.1:1',
          ...env,
        },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        for (const line of text.split('\n')) if (line) onLine(line, child.pid!);
      });
      child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** Stores people with tokens of so many days ago. */
  async function people(count: number, daysOld: number, from = 0): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, i) => idOf(from + i));
    await store.add(ids.map((id) => ({ id, daysOld, token: threads.person(id, daysOld) })));
    return ids;
  }

  it('tells every state of a token from every other, and writes who is to act on as JSON and CSV', async () => {
    const daysOld = [1, 55, 2, 61, 3, 3, 3, 3];
    for (const [i, days] of daysOld.entries()) await people(1, days, i);
    const { simulator } = threads;
    simulator.logOut(idOf(4));
    simulator.revoke({ clientID, userId: idOf(5) });
    await store.db.execute(
      `UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE id = '${idOf(0)}') WHERE id = '${idOf(6)}'`,
    );
    simulator.fail('/debug_token', {
      status: 400,
      body: {
        error: { message: '(#100) The App_id in the input_token did not match the Viewing App', code: 100 },
      },
      times: 1,
    });

    const [json, csv] = [join(store.folder, 'audit.json'), join(store.folder, 'audit.csv')];
    const { code, stdout } = await run(['--json', json, '--csv', csv], { KEEPER_CONCURRENCY: '1' });
    expect(code).to.equal(0);

    const { total, counts, toActOn } = JSON.parse(readFileSync(json, 'utf8'));
    expect(total).to.equal(8);
    expect(counts).to.include({
      valid: 2,
      expiring: 1,
      expired: 1,
      'logged out': 1,
      'not authorized': 1,
      unreadable: 1,
      unknown: 1,
    });
    expect(toActOn.map(({ id, state }: { id: string; state: string }) => [id, state])).to.deep.equal([
      [idOf(0), 'unknown'],
      [idOf(1), 'expiring'],
      [idOf(3), 'expired'],
      [idOf(4), 'logged out'],
      [idOf(5), 'not authorized'],
      [idOf(6), 'unreadable'],
    ]);
    expect(readFileSync(csv, 'utf8').split('\n')[0]).to.equal('id,state,details');
    expect(readFileSync(csv, 'utf8').trim().split('\n')).to.have.length(7);
    expect(stdout)
      .to.match(/^logged out +1 +ask the person/m)
      .and.match(new RegExp(`^${idOf(4)} +logged out$`, 'm'));
    expect(stdout).to.match(/^all +8$/m);
  });

  it('marks who must come back, and nobody else', async () => {
    await people(3, 3);
    threads.simulator.logOut(idOf(1));
    await run();
    const rows = await store.rows();
    expect(rows.map((row) => row.requires_login)).to.deep.equal([null, 'logged_out', null]);
  });

  it('marks nobody with --dry-run', async () => {
    await people(3, 3);
    threads.simulator.logOut(idOf(1));
    const { stdout } = await run(['--dry-run', '--rate', '100']);
    expect(stdout).to.match(/^logged out +1 /m);
    for (const row of await store.rows()) expect(row.requires_login).to.equal(null);
  });

  it('has a way back: tokens:restore unmarks those that live, since a time, and no others', async () => {
    await people(4, 3);
    threads.simulator.logOut(idOf(1));
    const now = Math.floor(Date.now() / 1000);
    await store.db.execute({
      sql: `UPDATE tokens SET requires_login = 'invalid_token', checked_at = :now`,
      args: { now },
    });
    const before = {
      sql: 'UPDATE tokens SET checked_at = :at WHERE id = :id',
      args: { at: now - 3600, id: idOf(3) },
    };
    await store.db.execute(before);
    const restore = (...args: string[]) =>
      run(['--since', new Date((now - 60) * 1000).toISOString(), ...args], {}, undefined, 'src/restore.ts');
    const marks = async () => (await store.rows()).map((row) => row.requires_login);
    expect((await restore('--dry-run')).stdout).to.equal(
      '2 would be restored, 1 are dead, 0 could not be asked about.\n',
    );
    expect(await marks()).to.deep.equal(Array(4).fill('invalid_token'));
    expect((await restore()).stdout).to.equal('2 restored, 1 are dead, 0 could not be asked about.\n');
    expect(await marks()).to.deep.equal([null, 'invalid_token', null, 'invalid_token']);
  });

  it('tells the end of a grant, although the token lives on', async () => {
    await people(1, 3);
    const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * 24 * 60 * 60;
    const data = {
      is_valid: true,
      type: 'USER',
      user_id: idOf(0),
      scopes: ['threads_basic'],
      issued_at: inDays(-3),
      expires_at: inDays(57),
      data_access_expires_at: inDays(10.5),
    };
    threads.simulator.fail('/debug_token', { status: 200, body: { data } });
    const { code, stdout } = await run();
    expect(code).to.equal(0);
    expect(stdout).to.match(new RegExp(`^${idOf(0)} +grant ending +10 days left$`, 'm'));
  });

  it('tells missing permissions', async () => {
    await people(2, 3);
    const { code, stdout } = await run([], { THREADS_REQUIRED_SCOPES: 'threads_basic,threads_delete' });
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^missing permissions +2 /m)
      .and.match(new RegExp(`^${idOf(0)} +missing permissions +threads_delete$`, 'm'));
  });

  it('prints plain lines where there is no terminal', async () => {
    await people(40, 3);
    const { stderr } = await run();
    expect(stderr.trim().split('\n')).to.have.length(20);
    expect(stderr)
      .to.match(/^2 of 40$/m)
      .and.match(/^40 of 40$/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal would get
    expect(stderr).not.to.match(/\u001b/);
  });

  it('goes on where it was stopped, and asks about nobody twice but in the page under way', async () => {
    await people(1200, 3);
    const first = await run([], {}, (line, pid) => {
      if (/^([6-9]\d\d|1\d{3}) of/.test(line)) process.kill(pid, 'SIGINT');
    });
    expect(first).to.include({ code: 130, stdout: '' });
    expect(first.stderr).to.match(/Stopped: \d+00 tokens are written down/);
    const asked = () => threads.dealt.filter(({ path }) => path === '/v1.0/debug_token').length;
    expect(asked()).to.be.below(1200);

    const second = await run();
    expect(second.code).to.equal(0);
    expect(second.stderr).to.match(/Going on behind the \d+00 tokens/);
    expect(second.stdout).to.match(/^valid +1200$/m);
    expect(asked()).to.be.within(1200, 1300);
    expect(existsSync(join(store.folder, 'findings.jsonl'))).to.equal(false);
  });

  it('stops with the error of the inspector, says so, and marks nobody', async () => {
    await people(5, 3);
    threads.simulator.fail('/debug_token', { status: 400, body: { error: { message: 'No', code: 10 } } });
    const { code, stdout, stderr } = await run();
    expect(code).to.equal(1);
    expect(stdout).to.equal('');
    expect(stderr).to.include('inspector');
    expect((await store.rows()).map((row) => row.requires_login)).to.deep.equal(Array(5).fill(null));
  });

  it('shows no token and no secret', async () => {
    await people(5, 55);
    const json = join(store.folder, 'audit.json');
    const { stdout, stderr } = await run(['--json', json]);
    expect(stdout + stderr + readFileSync(json, 'utf8'))
      .not.to.match(/THQV|TH\|/)
      .and.not.to.include(clientSecret);
  });

  it('says which settings it lacks', async () => {
    const { code, stderr } = await run([], {
      THREADS_SIMULATOR_URL: '',
      THREADS_APP_ID: '',
      THREADS_APP_SECRET: '',
      THREADS_REQUIRED_SCOPES: '',
    });
    expect(code).to.equal(1);
    expect(stderr).to.include('THREADS_SIMULATOR_URL is missing');
  });
});
