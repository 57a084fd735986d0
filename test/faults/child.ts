import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ThreadsStrategyOptions } from '../../lib/index.js';

/** What a process of its own is to do: log in, then call a host that refuses. */
export interface Job {
  options: ThreadsStrategyOptions;
  code: string;
  /** An address to `fetch` before anything else, so that the undici inside Node starts first. */
  fetchFirst?: string;
  /** An address that refuses connections. */
  refusing: string;
}

/** What became of it. */
export interface JobResult {
  user?: { id: string; accessToken: string };
  /** The name of the error that the refused call ended in. */
  failure?: string;
  /** stdout and stderr. */
  printed: string;
}

/** Does a job in a process of its own, with `NODE_DEBUG` for the sections that are named. */
export async function runInChild(job: Job, sections = ''): Promise<JobResult> {
  const file = fileURLToPath(new URL('child-login.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', file], {
    env: { ...process.env, NODE_DEBUG: sections },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const result: JobResult = { printed: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      result.printed += text;
    });
  }
  child.on('message', (answer: object) => Object.assign(result, answer));
  child.send(job);
  await once(child, 'close');
  return result;
}
