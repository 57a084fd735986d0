import type { ThreadsClient } from '../threads/client.js';
import { windowHint } from '../threads/error-messages.js';
import { ThreadsTokenError } from '../threads/errors.js';
import { isThreadsURL } from '../threads/protocol.js';
import { ThreadsNetworkError } from '../transport/network-error.js';
import { error, type Finding, ok, unchecked } from './finding.js';
import { type Probe, probe } from './probe.js';
import { isThisMachine, type Settings } from './settings.js';
import { inspectTesterToken } from './tester-token.js';

const CLOCK_TOLERANCE = 60_000;

/**
 * Asks Threads whether the settings are right: whether its hosts are reachable, what time it is there, what the
 * authorization window shows, whether App ID and secret belong together, and what the tester's token is.
 *
 * It changes nothing, and signs in no one.
 *
 * @param settings - where Threads is, and the tester's token, where there is one
 * @param client - the app, where App ID and secret are known and may be sent
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
  if (windowURL && typeof window !== 'string' && window.status < 500) yield checkWindow(windowURL, window);

  if (typeof token === 'string') return;
  if (token.clockAhead !== undefined) yield checkClock(token.clockAhead);
  if (!client) return;

  let appToken: string | undefined;
  try {
    ({ accessToken: appToken } = await client.getAppAccessToken());
    yield ok('Threads accepts THREADS_APP_ID with THREADS_APP_SECRET.');
  } catch (reason) {
    yield credentialsRefused(reason as Error);
  }
  if (testerAccessToken && typeof graph !== 'string') {
    yield await inspectTesterToken(client, testerAccessToken, appToken, now());
  }
}

function reachable(what: string, url: string, answer: Probe | string): Finding {
  const { host, hostname, port } = new URL(url);
  if (typeof answer !== 'string') {
    return answer.status >= 500
      ? error(`${what} at ${host} has a problem of its own (HTTP ${answer.status}). Try again later.`)
      : ok(`${what} answers at ${host}.`);
  }
  const remedy = isThisMachine(hostname)
    ? `Start the simulator: npx passport-threads-oauth2 simulator --port ${port || 80}`
    : 'Check the network, DNS, proxy and TLS settings of this machine.';
  return error(`${what} cannot be reached at ${host}: ${answer}. ${remedy}`);
}

function checkWindow(windowURL: string, { errorCode, asksToLogIn, status }: Probe): Finding {
  if (errorCode !== undefined) {
    const hint = windowHint(errorCode) ?? 'Compare every setting with the dashboard.';
    return error(`The authorization window shows error_code ${errorCode}. ${hint}`);
  }
  const what = 'Whether the authorization window opens for this app and redirect URI could not be checked';
  if (asksToLogIn) {
    return unchecked(
      `${what}: it asks to log in first, and shows only then what is wrong. Open the address below.`,
    );
  }
  // A page of Threads is made by its scripts: its status does not tell the window from an error.
  return isThreadsURL(windowURL) || status >= 300
    ? unchecked(`${what} without a browser. Open the address below.`)
    : ok('The authorization window opens for this app and redirect URI.');
}

function checkClock(ahead: number): Finding {
  if (Math.abs(ahead) <= CLOCK_TOLERANCE) return ok('The clock of this machine is right.');
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return error(
    `The clock of this machine is ${seconds} seconds ${ahead > 0 ? 'fast' : 'slow'}. Set it: the end of a token and the age of a signed request are reckoned by it.`,
  );
}

function credentialsRefused(reason: Error): Finding {
  const notChecked = `App ID and secret could not be checked: ${reason.message}`;
  if (reason instanceof ThreadsNetworkError) {
    return reason.isTransient ? unchecked(notChecked) : error(notChecked);
  }
  // A missing permission says nothing about the secret: that an app token is handed out is not documented for all apps.
  if (!(reason instanceof ThreadsTokenError) || reason.isTransient || reason.reason === 'permission') {
    return unchecked(notChecked);
  }
  return error(
    `Threads refuses THREADS_APP_ID with THREADS_APP_SECRET: ${reason.message} Both are under App Dashboard → App settings → Basic.`,
  );
}
