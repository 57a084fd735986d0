import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Program, run } from '../instances/programs.js';
import { freePort } from './free-port.js';

/** A PostgreSQL server of its own, in a temporary folder. */
export interface Postgres {
  /** A new database without tables. Returns its URL. */
  createDatabase(): Promise<string>;
  /** Ends all of its processes with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, at the same address. */
  start(): Promise<void>;
  /** Stops all of its processes, or lets them go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it, and removes its folder. */
  remove(): Promise<void>;
}

/**
 * Starts a server. It refuses to run as root, so for root it runs as the user `postgres` of the Debian package.
 *
 * @param options - settings of the server, such as `fsync=off`
 */
export async function startPostgres(options: string[] = []): Promise<Postgres> {
  const programs = folderOfPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const port = String(await freePort());
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
  const initdb = ['-D', folder, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'];
  execFileSync(join(programs, 'initdb'), initdb, { ...user, cwd: folder, stdio: 'pipe' });

  const args = ['-D', folder, '-h', '127.0.0.1', '-p', port, '-k', folder];
  for (const option of options) args.push('-c', option);
  let server: Program | undefined;
  const start = async () => {
    const ready = /ready to accept connections/;
    server = await run(join(programs, 'postgres'), args, ready, { ...user, cwd: folder });
  };
  /** The server and its children; the children of a killed one end on their own, once they notice. */
  const processes = () => {
    if (!server) return [];
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
    return [server.pid, ...stdout.trim().split(/\s+/).filter(Boolean).map(Number)];
  };
  const signal = (name: NodeJS.Signals) => {
    for (const pid of processes()) {
      try {
        process.kill(pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  await start();

  let databases = 0;
  return {
    async createDatabase() {
      databases += 1;
      // A schema, because a database of its own is a thousand files.
      const name = `test_${process.pid}_${databases}`;
      const address = `postgres://postgres@127.0.0.1:${port}/postgres`;
      const client = new pg.Client(address);
      await client.connect();
      await client.query(`CREATE SCHEMA ${name}`);
      await client.end();
      return `${address}?options=${encodeURIComponent(`-c search_path=${name}`)}`;
    },
    async kill() {
      signal('SIGKILL');
      await server?.kill();
      server = undefined;
    },
    start,
    signal,
    async remove() {
      signal('SIGKILL');
      await server?.kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function folderOfPrograms(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  if (versions.length > 0) return join(debian, String(versions[0]), 'bin');
  throw new Error('There is no PostgreSQL here: apt-get install postgresql');
}

const idOf = (flag: '-u' | '-g') => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
