import { createReadStream } from 'node:fs';
import { appendFile, open, stat, truncate } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Finding } from './states.js';

/**
 * The findings of an audit, one JSON document a line, in a file: what a stopped audit goes on from, and what the
 * reports are made of. It holds ids and states, and no token.
 */
export class FindingsFile {
  constructor(readonly path: string) {}

  /** Takes off what a process that was killed left unfinished. Returns how many findings there are, and the last id. */
  async resume(): Promise<{ count: number; last: string }> {
    const { size } = await stat(this.path).catch(() => ({ size: 0 }));
    if (size === 0) return { count: 0, last: '' };
    await truncate(this.path, await endOfLastLine(this.path, size));
    let count = 0;
    let last = '';
    for await (const { id } of this.read()) {
      count += 1;
      last = id;
    }
    return { count, last };
  }

  async append(findings: readonly Finding[]): Promise<void> {
    await appendFile(this.path, findings.map((finding) => `${JSON.stringify(finding)}\n`).join(''));
  }

  async *read(): AsyncGenerator<Finding> {
    const lines = createInterface({
      input: createReadStream(this.path),
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    for await (const line of lines) yield JSON.parse(line) as Finding;
  }
}

async function endOfLastLine(path: string, size: number): Promise<number> {
  const file = await open(path);
  try {
    const tail = Buffer.alloc(Math.min(size, 64 * 1024));
    await file.read(tail, 0, tail.length, size - tail.length);
    return size - tail.length + tail.lastIndexOf('\n') + 1;
  } finally {
    await file.close();
  }
}
