/**
 * Runs every test file below a folder with Mocha, and fails unless each has run: `mocha --parallel` ends with 0 when
 * a worker dies.
 *
 *     tsx test/support/run-tests.ts <folder> <end of the file names> [<processes at a time>]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileResult, WorkerMessage } from './test-worker.js';

// For hangs alone, of what Mocha's limit does not cover, such as loading a file.
const FILE_LIMIT_MINUTES = 10;
const WORKER = fileURLToPath(new URL('test-worker.ts', import.meta.url));

const [folder, suffix, processes = '1'] = process.argv.slice(2);
if (!folder || !suffix) {
  console.error('Which tests? tsx test/support/run-tests.ts test .test.ts 2');
  process.exit(2);
}

// Until every file is known to have passed: a run that ends early has failed.
process.exitCode = 1;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith(suffix) && !/(^|[\\/])node_modules[\\/]/.test(name))
  .map((name) => join(folder, name))
  .sort();
const waiting = [...files];
const results = new Map<string, FileResult>();
const problems = new Map<string, string>();
const started = performance.now();

await Promise.all(Array.from({ length: Number(processes) }, runWorkers));

for (const file of files) {
  if (!results.has(file) && !problems.has(file)) problems.set(file, '  It has not been run');
}
const count = (of: keyof FileResult & ('passing' | 'failing' | 'pending')) =>
  [...results.values()].reduce((total, result) => total + result[of], 0);
const passed = files.length > 0 && problems.size === 0;
for (const [file, problem] of problems) console.log(`\n${file}\n${problem.trimEnd()}`);
console.log(
  `\n${count('passing')} passing, ${count('failing')} failing, ${count('pending')} pending; ` +
    `${files.length} test files found, ${results.size} run, ${problems.size} with problems ` +
    `(${Math.round((performance.now() - started) / 1000)} s): ${passed ? 'passed' : 'FAILED'}`,
);
if (passed) process.exitCode = 0;

/** Runs workers one after another, each until there is no file left or it ends. */
async function runWorkers(): Promise<void> {
  while (waiting.length > 0) await runWorker();
}

function runWorker(): Promise<void> {
  return new Promise((resolve) => {
    const worker = fork(WORKER);
    const done: string[] = [];
    let current: string | undefined;
    let output = '';
    let exception = '';
    let limit: NodeJS.Timeout | undefined;

    const next = () => {
      output = '';
      current = waiting.shift();
      if (current === undefined) return end(worker);
      limit = setTimeout(() => worker.kill('SIGKILL'), FILE_LIMIT_MINUTES * 60_000);
      worker.send(current);
    };
    worker.on('message', (message: WorkerMessage) => {
      if ('ready' in message) next();
      if ('output' in message) output += `${message.output}\n`;
      if ('exception' in message) exception = message.exception;
      if ('result' in message && current !== undefined) {
        clearTimeout(limit);
        console.log(output.trimEnd());
        results.set(current, message.result);
        done.push(current);
        if (message.result.problem) problems.set(current, message.result.problem);
        next();
      }
    });
    worker.on('exit', async (code, signal) => {
      clearTimeout(limit);
      // Its last messages may still be on their way.
      if (worker.connected) await once(worker, 'disconnect');
      const file = current ?? done.at(-1) ?? WORKER;
      if (current !== undefined || code !== 0) {
        console.log(output.trimEnd());
        const before = done.length > 0 ? `, after ${done.join(', ')}` : '';
        problems.set(file, `  Its process ended with ${signal ?? code}${before}\n${exception}`);
      }
      resolve();
    });
  });
}

// Without the channel it ends by itself, after what its tests have left to happen.
function end(worker: ChildProcess): void {
  if (worker.connected) worker.disconnect();
}
