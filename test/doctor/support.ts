import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../lib/doctor/command.js';
import type { Environment } from '../../lib/doctor/environment.js';

/** Settings with which nothing is wrong, as far as can be told without asking Threads. */
export const READY = {
  THREADS_APP_ID: '2345678901234567',
  THREADS_APP_SECRET: 'hush-app-secret',
  THREADS_CALLBACK_URL: 'https://threads-login.test:3000/auth/threads/callback',
};

/** What the doctor said: the exit code, all of it, and the lines with each mark. */
export interface Report {
  code: number;
  text: string;
  ok: string[];
  warnings: string[];
  unchecked: string[];
  errors: string[];
}

/** An empty folder for the tests of the surrounding `describe`, so that no `.env` is found that is not theirs. */
export function useFolder(): () => string {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}

/** Calls the doctor. */
export async function consult(
  env: Environment,
  args: string[],
  { folder, now }: { folder: string; now?: () => number },
): Promise<Report> {
  const lines: string[] = [];
  const code = await run(args, { env, folder, print: (line) => lines.push(line), ...(now && { now }) });
  const text = lines.join('\n');
  const marked = (mark: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`  ${mark} `))
      .map((line) => line.slice(4));
  return {
    code,
    text,
    ok: marked('✓'),
    warnings: marked('!'),
    unchecked: marked('?'),
    errors: marked('✗'),
  };
}
