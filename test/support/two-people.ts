import type { ThreadsStrategy, ThreadsStrategyOptions } from '../../lib/index.js';
import { answers, app, CODE, SHORT_TOKEN, USER_ID } from './fixtures.js';
import { expectOutcome, runStrategy } from './run-strategy.js';
import { type Endpoint, type RawResponse, upstream } from './upstream.js';
import { asUser } from './user.js';

/** Two people whose ids are one and the same JavaScript number. */
export const PEOPLE = [USER_ID, '17841405793187220'] as const;

/** An app's store of users that takes whatever it is given for a profile: without an id, all people are one. */
export function upsert(profile: { id?: string }): Express.User {
  return asUser({ id: profile.id });
}

const replies: Partial<Record<Endpoint, RawResponse>> = {};
const { dispatcher } = upstream(replies);

/**
 * Signs two people in, with one strategy.
 *
 * @param make - makes the strategy, with these options
 * @returns nothing where both are who they are, or the `TypeError` that both of them ended in, or that `make` threw
 * @throws whatever else became of them: above all, anybody who was signed in as somebody else, or as nobody
 */
export async function signInBoth(
  make: (options: ThreadsStrategyOptions) => ThreadsStrategy,
): Promise<TypeError | undefined> {
  let strategy: ThreadsStrategy;
  try {
    strategy = make({ ...app, state: false, tokenVerification: 'off', dispatcher });
  } catch (error) {
    return clear(error);
  }

  const errors: (TypeError | undefined)[] = [];
  for (const id of PEOPLE) {
    Object.assign(replies, repliesFor(id));
    const outcome = await runStrategy(strategy, { query: { code: CODE } });
    if (outcome.outcome === 'error') {
      errors.push(clear(outcome.error));
      continue;
    }
    const { user } = expectOutcome(outcome, 'success');
    const as = (user as { id?: unknown }).id;
    if (as !== id) throw new Error(`${id} was signed in as ${String(as)}`);
    errors.push(undefined);
  }
  if (Boolean(errors[0]) !== Boolean(errors[1])) throw new Error('It depends on who signs in');
  return errors[0];
}

/** An error that says what to do about the verify callback. */
function clear(error: unknown): TypeError {
  if (error instanceof TypeError && /verify callback/i.test(error.message)) return error;
  throw new Error('Not an error that says what is wrong', { cause: error });
}

function repliesFor(id: string): Partial<Record<Endpoint, RawResponse>> {
  return {
    token: { body: `{"access_token":"${SHORT_TOKEN}","user_id":${id}}` },
    me: { body: { ...answers.me, id } },
  };
}
