import { parseArgs } from 'node:util';
import { ThreadsClient } from '../threads/client.js';
import { ThreadsAuthorizationError } from '../threads/errors.js';
import { askThreads } from './ask.js';
import { type Environment, readEnvironment } from './environment.js';
import type { Finding } from './finding.js';
import { readSettings, type Settings } from './settings.js';

const HELP = `Usage: passport-threads-oauth2 doctor [options]

Checks the settings of an app that signs people in with Threads, and asks
Threads whether they are right, before anybody signs in. It changes nothing,
and prints no secret.

Options:
  --env-file FILE  Settings besides those of the environment, which has the last
                   word. Default: .env, if there is one. Node.js reads this file
                   too, and says itself when it is not there (exit code 9)
  --offline        Checks only what can be told without asking Threads
  -h, --help       Show this

Settings:
  THREADS_APP_ID, THREADS_APP_SECRET
      App Dashboard → App settings → Basic: Threads App ID, Threads App secret
  THREADS_CALLBACK_URL
      The redirect URI, to the letter as it is registered
  THREADS_SCOPE
      Permissions to ask for, separated by commas
  THREADS_REQUIRED_SCOPES
      Permissions without which nobody gets in
  THREADS_TESTER_ACCESS_TOKEN
      The token of a Threads tester that inspects everybody's new token
  SESSION_SECRET
      What signs the session cookie, at least 32 characters
  THREADS_SIMULATOR_URL
      The origin of a simulator to ask in place of Threads; or its addresses one
      by one: THREADS_AUTHORIZATION_URL, THREADS_TOKEN_URL, THREADS_GRAPH_URL

Exit codes: 0 when nothing must be mended, 1 when something must, 2 when the
command line is wrong.
`;

const MARKS = { fine: '✓', note: '!', problem: '✗' } as const;

// What Threads may show in place of the window (from public reports: Meta documents none of these codes).
const ERROR_CODES = [4476002, 1349026, 1349168, 1349245, 1349187, 1];

/** What the command may use of the process that it runs in. */
export interface Surroundings {
  /** `process.env`. */
  env: Environment;
  /** Where relative paths start. */
  folder: string;
  /** Prints a line. */
  print: (line: string) => void;
  /** The clock, in milliseconds. Default: `Date.now`. */
  now?: () => number;
}

/**
 * The command `passport-threads-oauth2 doctor`.
 *
 * @param args - the arguments behind `doctor`
 * @param surroundings - what it may use of the process
 * @returns the exit code: 0 when nothing must be mended, 1 when something must
 * @throws what `parseArgs` throws for an argument that is wrong
 */
export async function run(
  args: readonly string[],
  { env: processEnv, folder, print, now = Date.now }: Surroundings,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'env-file': { type: 'string' },
      offline: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }

  let problems = 0;
  const report = ({ kind, text }: Finding) => {
    if (kind === 'problem') problems += 1;
    print(`  ${MARKS[kind]} ${text}`);
  };
  try {
    const { env, file, findings: ofFile } = readEnvironment(processEnv, values['env-file'], folder);
    print(`\nThe settings of ${file ? `${file} and ` : ''}the environment:\n`);
    const { settings, findings } = readSettings(env);
    [...ofFile, ...findings].forEach(report);
    const { scope, callbackURL } = settings;
    const client = clientOf(settings);
    // Without a state, which needs a browser.
    const windowURL = callbackURL && client?.authorizationURL({ redirectURI: callbackURL, scope });
    if (!values.offline) {
      print('\nWhat Threads says:\n');
      for await (const finding of askThreads(settings, client, windowURL, now)) report(finding);
    }
    if (windowURL) print(nextStep(settings, windowURL));
  } catch (error) {
    report({ kind: 'problem', text: (error as Error).message });
  }
  print(problems === 0 ? '' : `\nTo be mended: ${problems}. Then run this again.\n`);
  return problems === 0 ? 0 : 1;
}

function clientOf({ clientID, clientSecret, endpoints }: Settings): ThreadsClient | undefined {
  return clientID && clientSecret ? new ThreadsClient({ clientID, clientSecret, ...endpoints }) : undefined;
}

function nextStep({ callbackURL }: Settings, windowURL: string): string {
  const codes = ERROR_CODES.map((errorCode) => {
    const { hint } = new ThreadsAuthorizationError(undefined, { errorCode });
    return `  - ${errorCode}: ${hint}`;
  });
  return `
Registered to the letter? App Dashboard → Use cases → Access the Threads API → Settings. The uninstall and the data
deletion callback stand there too: the dashboard refuses an app without them.

  Redirect Callback URLs  ${callbackURL}

Open this address where you are signed in at Threads. The window means that all is well: close it without answering,
and sign in through your app.

  ${windowURL}

JSON in its place carries an error_code:

${codes.join('\n')}`;
}
