import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** How a process ends that stops when it is asked to. Windows cannot ask: it ends the process at once. */
export function stoppedBy(signal: 'SIGINT' | 'SIGTERM'): number | string {
  return process.platform === 'win32' ? signal : 0;
}

/** Listens to an app that runs as a process of its own. */
export function watchChild(child: ChildProcessByStdio<null, Readable, Readable>) {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  /** The exit code, or the signal that ended the process. */
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  /** Waits until the app has printed a text. */
  const printed = async (text: string) => {
    while (!output.stdout.includes(text)) {
      const more = await Promise.race([
        once(child.stdout, 'data').then(() => true),
        exited.then(() => false),
      ]);
      if (!more) throw new Error(`the app stopped: ${output.stderr}`);
    }
  };
  return { child, output, exited, printed };
}
