import { parseArgs } from 'node:util';
import { ThreadsClient } from '../threads/client.js';
import { WHERE } from '../threads/error-messages.js';
import { askThreads } from './ask.js';
import { type Environment, readEnvironment } from './environment.js';
import { explain } from './explain.js';
import { error, type Finding } from './finding.js';
import { readSettings, type Settings, withholdSecrets } from './settings.js';

const HELP = `Usage: passport-threads-oauth2 doctor [options]

Checks the settings of an app that signs people in with Threads, and asks
Threads whether they are right, before the first person signs in. It changes
nothing, and prints no secret. Secrets of the environment are sent to Threads,
to this machine, or to an address of the environment, never to one that only
the file names.

Options:
  --env-file FILE  Settings besides those of the environment, which has the last
                   word. Default: .env, if there is one. Node.js reads this file
                   too, and says itself when it is not there (exit code 9)
  --offline        Checks only what can be told without asking Threads
  --explain TEXT   Explains an error of Threads: the address of error.json, the
                   JSON that the browser shows, or a code (1349168, 190, 190/463)
  -h, --help       Show this

Settings:
  THREADS_APP_ID, THREADS_APP_SECRET
      App Dashboard → App settings → Basic: Threads App ID, Threads App secret
  THREADS_CALLBACK_URL
      The redirect URI, to the letter as it is registered
  THREADS_SCOPE
      Permissions to ask for, separated by commas
  THREADS_REQUIRED_SCOPES
      Permissions without which a login fails
  THREADS_TESTER_ACCESS_TOKEN
      The token of a Threads tester, to inspect the tokens of the people
  SESSION_SECRET
      What signs the session cookie, at least 32 characters
  THREADS_SIMULATOR_URL
      The origin of a simulator to ask in place of Threads; or its addresses one
      by one: THREADS_AUTHORIZATION_URL, THREADS_TOKEN_URL, THREADS_GRAPH_URL

Marks: ✓ right, ! worth knowing, ? could not be checked, ✗ to be mended

Exit codes: 0 when nothing must be mended, 1 when something must (with
--explain: when the code is not known), 2 when the command line is wrong.
`;

const MARKS = { ok: '✓', warning: '!', unchecked: '?', error: '✗' } as const;

/** What the command may use of the process that it runs in. */
export interface CommandContext {
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
 * @param context - what it may use of the process
 * @returns the exit code: 0 when nothing must be mended, 1 when something must
 * @throws what `parseArgs` throws for an argument that is wrong
 */
export async function run(
  args: readonly string[],
  { env: processEnv, folder, print, now = Date.now }: CommandContext,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'env-file': { type: 'string' },
      offline: { type: 'boolean' },
      explain: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }

  if (values.explain !== undefined) return printExplanation(values.explain, print);

  let errors = 0;
  const report = ({ kind, text }: Finding) => {
    if (kind === 'error') errors += 1;
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
      const withheld = withholdSecrets(processEnv, settings.endpoints);
      withheld.forEach(report);
      const sender = withheld.length === 0 ? client : undefined;
      for await (const finding of askThreads(settings, sender, windowURL, now)) report(finding);
    }
    if (windowURL) print(nextStep(settings, windowURL));
  } catch (reason) {
    report(error((reason as Error).message));
  }
  print(errors === 0 ? '' : `\nTo be mended: ${errors}. Then run this again.\n`);
  return errors === 0 ? 0 : 1;
}

function printExplanation(shown: string, print: CommandContext['print']): number {
  const explanation = explain(shown);
  print(
    explanation ??
      'This code is not known here. Search for it in Meta’s pages, and compare every setting with the dashboard.',
  );
  return explanation === undefined ? 1 : 0;
}

function clientOf({ clientID, clientSecret, endpoints }: Settings): ThreadsClient | undefined {
  return clientID && clientSecret ? new ThreadsClient({ clientID, clientSecret, ...endpoints }) : undefined;
}

function nextStep({ callbackURL }: Settings, windowURL: string): string {
  return `
Registered to the letter? The uninstall and the data deletion callback stand there too: the dashboard refuses an app
without them.

  ${WHERE.callbackURL}
  ${callbackURL}

Open this address where you are logged in at Threads. The window means that all is well: close it without answering,
and sign in through your app.

  ${windowURL}

JSON in its place carries an error_code. What it means:

  npx passport-threads-oauth2 doctor --explain CODE`;
}
