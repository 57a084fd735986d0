import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { answers, app, graphError } from '../support/fixtures.js';

const RECIPE = fileURLToPath(new URL('../../example/recipes/refresh-with-cron.mjs', import.meta.url));
/** In memory where that can be: SIGKILL takes nothing from either, and a disk makes 20,000 files slow. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const DAY = 24 * 60 * 60 * 1000;

const days = (count: number) => new Date(Date.now() + count * DAY);

interface Row {
  userId: string;
  accessToken: string;
  issuedAt: string;
  expiresAt: string;
  dataAccessExpiresAt?: string | null;
  lastOutcome?: { outcome: string; at: string };
}

describe('example/recipes/refresh-with-cron.mjs', () => {
  let folder: string;
  let server: Server;
  let origin: string;
  /** Tokens that Threads handed out, and whose they are. */
  let living: Map<string, string>;
  let refreshes: number;
  let onRefresh: (id: string) => void;
  let dead: string | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(PLACE, 'tokens-'));
    living = new Map();
    refreshes = 0;
    onRefresh = () => {};
    dead = undefined;
    // Not the simulator: what is to be tried is 10,000 tokens, several times over.
    server = createServer((req, res) => {
      const { pathname, searchParams } = new URL(String(req.url), 'http://threads');
      const id = living.get(String(searchParams.get('input_token') ?? searchParams.get('access_token')));
      const answer = (status: number, body: object) =>
        res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (pathname === '/oauth/access_token') return answer(200, answers.appToken);
      if (id === undefined || id === dead) return answer(400, graphError(190, 460));
      if (pathname === '/v1.0/debug_token') {
        const data = { is_valid: true, type: 'USER', scopes: [], user_id: id };
        return answer(200, {
          data: { ...data, data_access_expires_at: Math.floor(Number(days(90)) / 1000) },
        });
      }
      refreshes += 1;
      const token = `new-${id}-${refreshes}`;
      living.set(token, id);
      onRefresh(id);
      answer(200, { access_token: token, token_type: 'bearer', expires_in: 5_183_944 });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  function write(id: string, dates: object = { issuedAt: days(-55), expiresAt: days(5) }): void {
    living.set(`old-${id}`, id);
    writeFileSync(
      join(folder, `${id}.json`),
      JSON.stringify({ userId: id, accessToken: `old-${id}`, ...dates }),
    );
  }

  const read = (id: string) => JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8')) as Row;

  function start(): { child: ChildProcess; output: Promise<string> } {
    const env = {
      ...process.env,
      THREADS_APP_ID: app.clientID,
      THREADS_APP_SECRET: app.clientSecret,
      THREADS_SIMULATOR_URL: origin,
      TOKENS: folder,
      RATE: '100000',
    };
    const child = spawn(process.execPath, [RECIPE], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    return { child, output: once(child, 'close').then(() => Buffer.concat(chunks).toString()) };
  }

  it('loses none of 10,000 tokens, however often it is killed with SIGKILL', async function () {
    this.timeout(600_000);
    const ids = Array.from({ length: 10_000 }, (_, i) => `1784140579${String(i).padStart(7, '0')}`);
    for (const id of ids) write(id);
    let killed = 0;
    for (const many of [1, 1500, 3000]) {
      const { child, output } = start();
      const until = refreshes + many;
      onRefresh = () => {
        if (refreshes === until) child.kill('SIGKILL');
      };
      await output;
      if (child.signalCode === 'SIGKILL') killed += 1;
    }
    onRefresh = () => {};
    const { child, output } = start();
    const said = await output;
    expect(child.exitCode, said).to.equal(0);
    expect(killed).to.equal(3);
    expect(JSON.parse(said)).to.include({ requires_login: 0, failed: 0 });

    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).to.have.length(10_000);
    for (const id of ids) {
      const { accessToken, expiresAt, dataAccessExpiresAt } = read(id);
      expect(living.get(accessToken)).to.equal(id);
      expect(accessToken).to.match(/^new-/);
      expect(new Date(expiresAt)).to.be.above(days(59));
      expect(new Date(dataAccessExpiresAt!)).to.be.above(days(89));
    }
    // Refreshed twice is what was answered and not stored yet when the process was killed: at most the window.
    expect(refreshes - 10_000).to.be.within(0, 3 * 10);
  });

  it('ends with SIGTERM, after it has stored what Threads renewed meanwhile', async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `1784140579${String(i).padStart(7, '0')}`);
    for (const id of ids) write(id);
    const { child, output } = start();
    onRefresh = () => {
      if (refreshes === 50) child.kill('SIGTERM');
    };
    const said = await output;
    expect(child.exitCode, said).to.equal(0);
    expect(ids.filter((id) => read(id).accessToken.startsWith('new-'))).to.have.length(refreshes);
    expect(refreshes).to.be.within(50, 199);
  });

  it('asks again within the hour neither about a dead token nor about one that it has refreshed', async () => {
    write('1');
    write('2');
    dead = '1';
    const first = await start().output;
    expect(first).to.contain('1: ').and.to.contain('they must sign in again');
    expect(read('1')).to.nested.include({ accessToken: 'old-1', 'lastOutcome.outcome': 'requires_login' });
    expect(read('2')).to.nested.include({ 'lastOutcome.outcome': 'refreshed' });
    expect(await start().output).to.equal('{"refreshed":0,"skipped":1,"requires_login":1,"failed":0}\n');
    expect(refreshes).to.equal(1);
  });

  it('overwrites no sign-in that happens while Threads is asked, and brings nobody back who has left', async () => {
    write('1');
    write('2');
    onRefresh = (id) => {
      if (id === '1')
        write('1', { issuedAt: days(0), expiresAt: days(60), accessToken: 'of the new sign-in' });
      else rmSync(join(folder, '2.json'));
    };
    living.set('of the new sign-in', '1');
    await start().output;
    expect(read('1').accessToken).to.equal('of the new sign-in');
    expect(readdirSync(folder)).to.deep.equal(['1.json']);
  });
});
