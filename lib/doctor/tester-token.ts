import type { ThreadsClient } from '../threads/client.js';
import type { TokenInfo } from '../threads/debug-token.js';
import type { ThreadsErrorReason } from '../threads/error-codes.js';
import { WHERE } from '../threads/error-messages.js';
import { ThreadsGraphAPIError } from '../threads/errors.js';
import { error, type Finding, ok, unchecked, warning } from './finding.js';

const NAME = 'THREADS_TESTER_ACCESS_TOKEN';
const NOT_NEEDED = 'It is not needed to sign people in: leave it out';
const WEEK = 7 * 24 * 60 * 60 * 1000;

const NO_TESTER: readonly ThreadsErrorReason[] = ['permission', 'not_tester'];
const UNDECIDED: readonly ThreadsErrorReason[] = ['rate_limited', 'temporary', 'unknown'];

/**
 * Finds out whether a tester's token can inspect the tokens of the people who sign in.
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
    // The app's own token has just been issued, so it is the other one that does not fit.
    if (told instanceof ThreadsGraphAPIError && told.code === 100 && told.reason === 'unknown') {
      return error(`${NAME} is a token of another app: ${told.message}`);
    }
    // Its use is to inspect. Inspecting itself is as good a try as any other, and tells why a dead one is dead.
    const answer = await ask(client, token, token);
    if (answer instanceof ThreadsGraphAPIError) {
      if (NO_TESTER.includes(answer.reason)) return notATesters();
      return UNDECIDED.includes(answer.reason) ? notAsked(answer) : dead(answer.reason);
    }
    if (!answer.isValid) return dead(answer.error?.reason);
    return isPersons(answer) ? alive(answer, now) : notAPersons();
  } catch (reason) {
    return notAsked(reason as Error);
  }
}

async function ask(
  client: ThreadsClient,
  token: string,
  inspector: string,
): Promise<TokenInfo | ThreadsGraphAPIError> {
  try {
    return await client.verifyToken(token, { accessToken: inspector });
  } catch (reason) {
    if (reason instanceof ThreadsGraphAPIError) return reason;
    throw reason;
  }
}

function isPersons({ type, userId }: TokenInfo): boolean {
  return (type === '' || type === 'USER') && userId !== '';
}

function notAPersons(): Finding {
  return error(
    `${NAME} is not the token of a person. ${NOT_NEEDED}, or let a Threads tester of the app sign in, and take that one.`,
  );
}

function dead(reason: ThreadsErrorReason = 'invalid_token'): Finding {
  return error(
    `${NAME} is dead (${reason.replaceAll('_', ' ')}). ${NOT_NEEDED}, or let the tester sign in again, and take the new token.`,
  );
}

function notATesters(): Finding {
  return error(
    `${NAME} may not inspect tokens, since it is no tester's. ${NOT_NEEDED}, or add the account as a Threads tester under ${WHERE.testers}, then accept the invite in ${WHERE.invites}.`,
  );
}

function alive({ expiresAt }: TokenInfo, now: number): Finding {
  if (expiresAt === null) return ok(`${NAME} is a living token of a Threads tester.`);
  const until = `${NAME} is a living token of a Threads tester, until ${expiresAt.toISOString()}`;
  return expiresAt.getTime() - now > WEEK ? ok(`${until}.`) : warning(`${until}: refresh it before.`);
}

function notAsked({ message }: Error): Finding {
  return unchecked(`${NAME} could not be checked: ${message}`);
}
