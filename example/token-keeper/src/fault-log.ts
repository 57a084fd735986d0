import type { Logger } from 'pino';

const MINUTE = 60_000;

/** Writes a fault that goes on once a minute, with its cause and how often it came. */
export interface FaultLog {
  /**
   * @param of - what has the fault, such as `Redis`
   * @param error - of which the code is logged and no words, because they may quote an address with a password
   */
  tell(of: string, error: unknown): void;
  /** The fault is over. */
  over(of: string): void;
}

/** @param now - milliseconds since the epoch */
export function createFaultLog(log: Logger, now: () => number = Date.now): FaultLog {
  const faults = new Map<string, { toldAt: number; times: number }>();
  return {
    tell(of, error) {
      const fault = faults.get(of) ?? { toldAt: Number.NEGATIVE_INFINITY, times: 0 };
      faults.set(of, fault);
      fault.times += 1;
      if (now() - fault.toldAt < MINUTE) return;
      log.error({ of, cause: causeOf(error), times: fault.times }, `${of} has a fault`);
      fault.toldAt = now();
      fault.times = 0;
    },
    over(of) {
      if (faults.delete(of)) log.info({ of }, `${of} is back`);
    },
  };
}

/** A code of Node.js or the database, or the first word of an answer of Redis, which is one: `READONLY`, `OOM`. */
export function causeOf(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  if (typeof code === 'string') return code;
  const [word] =
    /(?<![\w-])(READONLY|OOM|MISCONF|NOAUTH|WRONGPASS|NOPERM|LOADING|MASTERDOWN|CLUSTERDOWN)\b/.exec(
      String(message),
    ) ?? [];
  return word ?? name ?? 'unknown';
}
