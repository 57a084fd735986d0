import type { Queue } from 'bullmq';
import { addTokens, type TokenJob } from './queue.js';
import type { Due, TokenRows } from './token-rows.js';

const PAGE = 500;

/** More wait in the database, where they need no memory of Redis. */
const MOST_WAITING = 10_000;

/**
 * Puts the tokens that are due into the queue, page by page.
 *
 * @returns how many of them were found
 */
export async function searchDue(rows: TokenRows, queue: Queue<TokenJob>): Promise<number> {
  let room = MOST_WAITING - (await queue.getJobCountByTypes('waiting', 'delayed', 'active'));
  let found = 0;
  let last: Due | undefined;
  while (room > 0) {
    const page = await rows.due(Math.min(PAGE, room), last);
    last = page.at(-1);
    if (!last) break;
    await addTokens(
      queue,
      page.map(({ id }) => id),
    );
    found += page.length;
    room -= page.length;
  }
  return found;
}
