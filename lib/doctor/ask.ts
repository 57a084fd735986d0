import type { ThreadsClient } from '../threads/client.js';
import { ThreadsAuthorizationError, ThreadsTokenError } from '../threads/errors.js';
import { type Finding, fine, problem } from './finding.js';
import { type Probe, probe } from './probe.js';
import type { Settings } from './settings.js';
import { inspectTesterToken } from './tester-token.js';

const CLOCK_TOLERANCE = 60_000;

/**
 * Asks Threads whether the settings are right: whether its hosts are reachable, what time it is there, what the
 * authorization window shows, whether App ID and secret belong together, and what the tester's token is.
 *
 * It changes nothing, and signs nobody in.
 *
 * @param settings - where Threads is, and the tester's token, where there is one
 * @param client - the app, where App ID and secret are known
 * @param windowURL - the address of the authorization window for this app, where it is known
 * @param now - the clock of this machine, in milliseconds
 * @returns what was found, as it comes in
 *
 * Sources: Threads, "Get Access Tokens and Permissions", "App Access Tokens" and "Debug Access Token".
 */
export async function* askThreads(
  { testerAccessToken, endpoints }: Settings,
  client: ThreadsClient | undefined,
  windowURL: string | undefined,
  now: () => number,
): AsyncGenerator<Finding> {
  const { authorizationURL, tokenURL, graphURL } = endpoints;
  const [window, token, graph] = await Promise.all([
    probe(windowURL ?? authorizationURL, now),
    probe(tokenURL, now),
    probe(`${graphURL}/me`, now),
  ]);
  yield reachable('The authorization window', authorizationURL, window);
  yield reachable('The token endpoint', tokenURL, token);
  yield reachable('The Graph API', graphURL, graph);

  const errorCode = windowURL && typeof window !== 'string' ? window.errorCode : undefined;
  if (errorCode !== undefined) yield windowError(errorCode);
  if (typeof token === 'string') return;
  if (token.clockAhead !== undefined) yield clock(token.clockAhead);
  if (!client) return;

  let appToken: string | undefined;
  try {
    ({ accessToken: appToken } = await client.getAppAccessToken());
    yield fine('Threads accepts THREADS_APP_ID with THREADS_APP_SECRET.');
  } catch (error) {
    yield credentialsRefused(error as Error);
  }
  if (testerAccessToken && typeof graph !== 'string') {
    yield await inspectTesterToken(client, testerAccessToken, appToken, now());
  }
}

function reachable(what: string, url: string, answer: Probe | string): Finding {
  const { host } = new URL(url);
  if (typeof answer === 'string') {
    return problem(
      `${what} cannot be reached at ${host}: ${answer}. Check the network, DNS, proxy and TLS settings of this machine.`,
    );
  }
  return answer.status >= 500
    ? problem(`${what} at ${host} has a problem of its own (HTTP ${answer.status}). Try again later.`)
    : fine(`${what} answers at ${host}.`);
}

function clock(ahead: number): Finding {
  if (Math.abs(ahead) <= CLOCK_TOLERANCE) return fine('The clock of this machine is right.');
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return problem(
    `The clock of this machine is ${seconds} seconds ${ahead > 0 ? 'fast' : 'slow'}. Set it: the end of a token and the age of a signed request are reckoned by it.`,
  );
}

function windowError(errorCode: number): Finding {
  const { hint } = new ThreadsAuthorizationError(undefined, { errorCode });
  return problem(
    `The authorization window shows error_code ${errorCode}. ${hint ?? 'Compare every setting with the dashboard.'}`,
  );
}

function credentialsRefused(error: Error): Finding {
  return error instanceof ThreadsTokenError && !error.isTransient
    ? problem(
        `Threads refuses THREADS_APP_ID with THREADS_APP_SECRET: ${error.message} Both are under App Dashboard → App settings → Basic.`,
      )
    : problem(`App ID and secret could not be checked: ${error.message}`);
}
