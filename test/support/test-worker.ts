/** The process in which run-tests.ts runs test files, one after another. */
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { format, inspect } from 'node:util';
import Mocha from 'mocha';

export interface FileResult {
  passing: number;
  failing: number;
  pending: number;
  /** Why the file has failed, if it has. */
  problem?: string;
}

/** What a worker sends: that it can take a file, what Mocha prints, an exception, and how a file went. */
export type WorkerMessage =
  | { ready: true }
  | { output: string }
  | { exception: string }
  | { result: FileResult };

// What a worker may still do after its last file. It is for servers that tests have left open.
const GRACE_MS = 2_000;

const { timeout } = JSON.parse(readFileSync(new URL('../../.mocharc.json', import.meta.url), 'utf8'));
const send = (message: WorkerMessage) => process.connected && process.send?.(message);

let title = '';
let rejections: Map<Promise<unknown>, string> | undefined;
// Mocha passes a rejection on to other listeners, and forgets it: this one is called twice.
process.on('unhandledRejection', (reason, promise) => {
  // Between two files and after the last one it ends the process.
  if (!rejections) throw reason;
  rejections.set(promise, `  Unhandled rejection, during or after "${title}":\n${indented(inspect(reason))}`);
});
// If this ends the process, it is the last thing that is known of it.
process.on('uncaughtExceptionMonitor', (error) => {
  send({ exception: `  Uncaught exception, during or after "${title}":\n${indented(inspect(error))}` });
});

// The warnings of this library: tests use odd settings on purpose, and those about a warning listen for it.
const [print] = process.rawListeners('warning') as ((warning: Error) => void)[];
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ThreadsStrategyWarning') print?.(warning);
});

const { Base, Spec } = Mocha.reporters;
Base.consoleLog = (...values: unknown[]) => send({ output: format(...values) });

/** Mocha's own, which keeps the failures for the end of all. */
class Reporter extends Spec {
  override epilogue(): void {}
}

process.on('message', async (file: string) => {
  send({ result: await run(file).catch(failedToLoad) });
});
process.on('disconnect', () => setTimeout(() => process.exit(), GRACE_MS).unref());
send({ ready: true });

async function run(file: string): Promise<FileResult> {
  title = file;
  rejections = new Map();
  const mocha = new Mocha({ timeout, forbidOnly: true, reporter: Reporter }).addFile(file);
  await mocha.loadFilesAsync();
  const failed: Mocha.Test[] = [];
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running = mocha.run(() => resolve(running));
    running.on('test', (test) => {
      title = test.fullTitle();
    });
    running.on('fail', (test) => failed.push(test));
  });
  // Rejections are told after the microtasks of their turn.
  await setImmediate();
  // From here on an exception ends the process.
  runner.dispose();
  const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
  const reasons = [...rejections.values()];
  rejections = undefined;
  if (failed.length > 0) reasons.unshift(listOf(failed));
  if (passes + failures + pending === 0) reasons.push('  There is no test in it');
  return {
    passing: passes,
    failing: failures,
    pending,
    ...(reasons.length > 0 && { problem: reasons.join('\n') }),
  };
}

function failedToLoad(error: unknown): FileResult {
  return { passing: 0, failing: 0, pending: 0, problem: `  It does not load:\n${indented(inspect(error))}` };
}

/** Mocha's list of failures, with differences. */
function listOf(failed: Mocha.Test[]): string {
  const lines: string[] = [];
  const print = Base.consoleLog;
  Base.consoleLog = (...values: unknown[]) => lines.push(format(...values));
  Base.list(failed);
  Base.consoleLog = print;
  return lines.join('\n');
}

function indented(text: string): string {
  return text.replace(/^/gm, '    ');
}
