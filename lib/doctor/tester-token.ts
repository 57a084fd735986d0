import type { ThreadsClient } from '../threads/client.js';
import type { TokenInfo } from '../threads/debug-token.js';
import type { ThreadsErrorReason } from '../threads/error-codes.js';
import { ThreadsGraphAPIError } from '../threads/errors.js';
import { type Finding, fine, note, problem } from './finding.js';

const NAME = 'THREADS_TESTER_ACCESS_TOKEN';
const NOT_NEEDED = 'It is not needed, since the app inspects with a token of its own: leave it out';
const WEEK = 7 * 24 * 60 * 60 * 1000;

const NO_TESTER: readonly ThreadsErrorReason[] = ['permission', 'not_tester'];
const UNDECIDED: readonly ThreadsErrorReason[] = ['rate_limited', 'temporary', 'unknown'];

/**
 * Finds out whether a tester's token can inspect the tokens of everybody who signs in.
 *
 * @param client - the app
 * @param token - the token in question
 * @param appToken - a token of the app itself, where there is one: it tells a dead token from one of another app
 * @param now - milliseconds
 *
 * Source: Threads, "Debug Access Token".
 */
export async function inspectTesterToken(
  client: ThreadsClient,
  token: string,
  appToken: string | undefined,
  now: number,
): Promise<Finding> {
  try {
    const told = appToken === undefined ? undefined : await ask(client, token, appToken);
    // Of the two tokens the app's has just been issued, so it is the other one that does not fit.
    if (told instanceof ThreadsGraphAPIError && told.code === 100 && told.reason === 'unknown') {
      return problem(`${NAME} is a token of another app: ${told.message}`);
    }
    // What it is there for: to ask. About itself is as good as about any other, and a dead one is told why.
    const answer = await ask(client, token, token);
    if (answer instanceof ThreadsGraphAPIError) {
      if (NO_TESTER.includes(answer.reason)) return notATesters();
      return UNDECIDED.includes(answer.reason) ? unchecked(answer) : dead(answer.reason);
    }
    if (!answer.isValid) return dead(answer.error?.reason);
    return isPersons(answer) ? alive(answer, now) : notAPersons();
  } catch (error) {
    return unchecked(error as Error);
  }
}

async function ask(
  client: ThreadsClient,
  token: string,
  inspector: string,
): Promise<TokenInfo | ThreadsGraphAPIError> {
  try {
    return await client.verifyToken(token, { accessToken: inspector });
  } catch (error) {
    if (error instanceof ThreadsGraphAPIError) return error;
    throw error;
  }
}

function isPersons({ type, userId }: TokenInfo): boolean {
  return (type === '' || type === 'USER') && userId !== '';
}

function notAPersons(): Finding {
  return problem(
    `${NAME} is not the token of a person. ${NOT_NEEDED}, or let a Threads tester of the app sign in, and take that one.`,
  );
}

function dead(reason: ThreadsErrorReason = 'invalid_token'): Finding {
  return problem(
    `${NAME} is dead (${reason.replaceAll('_', ' ')}), and nobody can sign in with a dead one. ${NOT_NEEDED}, or let the tester sign in again, and take the new token.`,
  );
}

function notATesters(): Finding {
  return problem(
    `${NAME} may not inspect tokens, since it is no tester's. ${NOT_NEEDED}, or add the account under App Dashboard → App roles → Roles as a Threads tester, then accept the invite in Threads: Settings → Website permissions → Invites.`,
  );
}

function alive({ expiresAt }: TokenInfo, now: number): Finding {
  if (expiresAt === null) return fine(`${NAME} is a living token of a Threads tester.`);
  const until = `${NAME} is a living token of a Threads tester, until ${expiresAt.toISOString()}`;
  return expiresAt.getTime() - now > WEEK
    ? fine(`${until}.`)
    : note(`${until}: refresh it before, or nobody can sign in afterwards.`);
}

function unchecked(error: Error): Finding {
  return problem(`${NAME} could not be checked: ${error.message}`);
}
