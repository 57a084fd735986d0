import type { ThreadsClient } from 'passport-threads-oauth2';
import { type TokenVault, TokenVaultError } from 'threads-reference-example/token-vault';
import type { Fuse } from '../fuse.js';
import type { TokenRow, TokenRows } from '../token-rows.js';
import { whyDead } from '../why-dead.js';
import { type Finding, stateOfDead, stateOfLiving } from './states.js';

/** What a stopped audit has to ask about again is a page at the most: so many times what is asked at a time. */
const PAGE = 10;

/** With what the tokens are audited. */
export interface AuditOptions {
  rows: TokenRows;
  vault: TokenVault;
  threads: ThreadsClient;
  /** Permissions that every token should have. */
  requiredScopes: readonly string[];
  /** The most tokens that are asked about at a time. */
  concurrency: number;
  /** The most tokens that are asked about in a second. */
  rate: number | undefined;
  /** Where it is blown, dead tokens are reported and not marked. */
  fuse: Fuse;
  /** Marks nothing. */
  isDryRun: boolean;
  signal: AbortSignal;
  onProgress: (progress: { done: number; pause?: number }) => void;
}

/**
 * Asks Threads about all stored tokens, in the order of the people's ids, and marks the people whose token is dead.
 *
 * @param after - the id behind which to begin: the last one of an audit that was stopped
 * @returns the findings of one page after another. A page that was not finished when the signal aborted is left out
 * @throws the error of Threads where nobody can be asked about
 */
export async function* audit(after: string, options: AuditOptions): AsyncGenerator<Finding[]> {
  const { rows, vault, threads, requiredScopes, concurrency, rate, fuse, isDryRun, signal, onProgress } =
    options;
  for (let last = after; ; ) {
    const page = await rows.page(last, PAGE * concurrency);
    if (page.length === 0) return;
    const findings: Finding[] = [];

    /** The rows with their tokens, opened one at a time. */
    const opened = async function* () {
      for (const row of page) {
        const accessToken = await open(vault, row);
        if (accessToken === undefined) {
          findings.push({ id: row.id, state: 'unreadable', details: 'see the log of the keeper' });
        } else yield { row, accessToken };
      }
    };
    const outcomes = threads.verifyTokens(opened(), { concurrency, rate, signal, onProgress });
    for await (const { input, info, error } of outcomes) {
      const { row, accessToken } = input;
      const { id } = row;
      if (error) findings.push({ id, state: 'unknown', details: reasonOf(error) });
      else if (info.isValid) {
        fuse.note(false);
        findings.push({ id, ...stateOfLiving(info, row, requiredScopes) });
      } else {
        try {
          const reason = await whyDead(threads, accessToken, info);
          fuse.note(true);
          if (!isDryRun && !fuse.isBlown()) await rows.requireLogin(row, reason);
          findings.push({ id, ...stateOfDead(reason) });
        } catch (error) {
          findings.push({ id, state: 'unknown', details: reasonOf(error as Error) });
        }
      }
    }
    if (signal.aborted) return;
    yield findings.sort((a, b) => (a.id < b.id ? -1 : 1));
    last = page.at(-1)?.id ?? last;
  }
}

async function open(vault: TokenVault, { id, sealed }: TokenRow): Promise<string | undefined> {
  try {
    return await vault.open(id, sealed);
  } catch (error) {
    if (error instanceof TokenVaultError) return undefined;
    throw error;
  }
}

function reasonOf(error: Error): string {
  const { reason, code } = error as { reason?: string; code?: string };
  return String(reason ?? code ?? error.name);
}
