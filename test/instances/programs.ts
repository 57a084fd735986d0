import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';

/** A program that runs beside the tests. */
export interface Program {
  readonly pid: number;
  /** What it wrote to stdout so far. */
  readonly stdout: string;
  /** What it wrote to stderr so far. */
  readonly stderr: string;
  /** Ends it with SIGKILL, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end with SIGTERM. Resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** What was opened, closed in reverse order, each whatever becomes of the others. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      await Promise.resolve()
        .then(close)
        .catch((error) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

// For the case that the tests are interrupted and nobody closes what was opened.
const lastResorts = new Set<() => void>();
process.once('exit', () => {
  for (const close of lastResorts) close();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/**
 * Starts a program and waits until it prints something that matches `ready`.
 *
 * @throws when it cannot be started, or ends before
 */
export function run(
  command: string,
  args: string[],
  ready: RegExp,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Program> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => child.kill('SIGKILL');
    lastResorts.add(kill);
    let stdout = '';
    let stderr = '';

    const closed = new Promise<void>((close) => {
      child.once('error', (error) => {
        lastResorts.delete(kill);
        reject(error);
        close();
      });
      child.once('close', (code, signal) => {
        lastResorts.delete(kill);
        reject(new Error(`${command} ended (${signal ?? code}) before it was ready:\n${stdout}${stderr}`));
        close();
      });
    });

    const look = () => {
      if (!ready.test(stdout) && !ready.test(stderr)) return;
      child.stdout.off('data', look);
      child.stderr.off('data', look);
      resolve({
        pid: child.pid!,
        get stdout() {
          return stdout;
        },
        get stderr() {
          return stderr;
        },
        kill() {
          kill();
          return closed;
        },
        async stop() {
          child.kill('SIGTERM');
          await closed;
          return child.exitCode;
        },
      });
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.on('data', look);
    child.stderr.on('data', look);
  });
}

/** Ports of 127.0.0.1 that nobody listens on, each another one. */
export function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}

/** A new folder, which `opened` removes. */
export async function temporaryFolder(opened: Opened): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'threads-instances-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  lastResorts.add(remove);
  opened.add(() => {
    remove();
    lastResorts.delete(remove);
  });
  return folder;
}
