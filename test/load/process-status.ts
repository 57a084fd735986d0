import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process has open. */
export interface OpenFiles {
  sockets: number;
  /** Everything else. */
  files: number;
}

/** Resident memory of a process in bytes. */
export function residentMemory(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) * 1024;
}

/** How many sockets and files a process has open. */
export function openFiles(pid: number): OpenFiles {
  const folder = `/proc/${pid}/fd`;
  const targets = readdirSync(folder).map((descriptor) => {
    try {
      return readlinkSync(`${folder}/${descriptor}`);
    } catch {
      return undefined; // Closed meanwhile.
    }
  });
  const sockets = targets.filter((target) => target?.startsWith('socket:')).length;
  return { sockets, files: targets.filter(Boolean).length - sockets };
}
