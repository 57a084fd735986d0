import { join } from 'node:path';
import dotenv from 'dotenv';
import type { Request } from 'express';
import { ThreadsAuthorizationError, ThreadsStrategy } from 'passport-threads-oauth2';
import { type Config, ConfigError, loadConfig, ROOT } from './config.js';

// What Threads may answer when the window is opened; it shows these as bare JSON and never comes back to the app.
const ERROR_CODES = [4476002, 1349026, 1349168, 1349245, 1];

dotenv.config({ path: join(ROOT, '.env'), quiet: true });
try {
  const config = loadConfig(process.env);
  console.log((config.mode === 'simulator' ? simulated() : checked(config)).join('\n'));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.log(['', 'Not ready for Threads:', '', ...list('✗', error.problems), ''].join('\n'));
  process.exitCode = 1;
}

function simulated(): string[] {
  return [
    '',
    'The app signs in against a simulator. That needs no Meta app, and there is nothing to check.',
    '',
    'To use Threads itself, copy .env.example to .env and set:',
    '',
    ...list('-', [
      'THREADS_APP_ID',
      'THREADS_APP_SECRET',
      'THREADS_CALLBACK_URL',
      'SESSION_SECRET',
      'TOKEN_KEYS',
    ]),
    '',
    'THREADS_SIMULATOR_URL must then be empty. Run this again afterwards.',
    '',
  ];
}

function checked(config: Config): string[] {
  const { clientID, callbackURL, testerAccessToken } = config.threads;
  return [
    '',
    'Ready for Threads, as far as can be told without asking it:',
    '',
    ...list('✓', [
      `The App ID is a number: ${clientID}. It must be the Threads App ID, not the Facebook one.`,
      'The App secret, the session secret and the keys for access tokens are there.',
      `The callback is https, is not on localhost, and leads to this app: ${callbackURL}`,
      ...(testerAccessToken
        ? ['The access token of a tester is there. No sign-in works once it has expired.']
        : []),
    ]),
    ...list('!', warnings(config)),
    '',
    'Register to the letter: App Dashboard → Use cases → Access the Threads API → Settings',
    '',
    `  Redirect Callback URLs               ${callbackURL}`,
    `                                       ${config.linkCallbackURL}`,
    `  Deauthorize (uninstall) callback URL ${config.uninstallURL}`,
    `  Data Deletion Requests URL           ${config.deletionURL}`,
    '',
    'Then open this address. The window of Threads means that it knows the app and the callback:',
    '',
    `  ${authorizationURL(config)}`,
    '',
    'JSON instead of the window carries an error_code:',
    '',
    ...list('-', ERROR_CODES.map(explain)),
    '',
    'If all is well, close the window without answering, and sign in through the app.',
    '',
  ];
}

function warnings({ threads, https }: Config): string[] {
  const found: string[] = [];
  if (threads.callbackURL.endsWith('/')) {
    found.push('The callback ends in a slash. Without the same slash in the dashboard Threads refuses it.');
  } else {
    found.push(
      'The dashboard may have added a slash to what you registered. Compare it with the list below.',
    );
  }
  if (!threads.testerAccessToken) {
    const consequence =
      threads.requiredScopes.length > 0
        ? 'with THREADS_REQUIRED_SCOPES, nobody but testers gets in'
        : 'the permissions of people who are no testers will show as not reported';
    found.push(`THREADS_TESTER_ACCESS_TOKEN is not set: ${consequence}.`);
  }
  if (!https) {
    found.push('No HTTPS_KEY and HTTPS_CERT: something in front of this app must serve https.');
  }
  return found;
}

/** The address that the sign-in button leads to, from the strategy itself; without a state, which needs a browser. */
function authorizationURL({ threads }: Config): string {
  const strategy = new ThreadsStrategy({ ...threads, state: false }, async () => false);
  let address = '';
  strategy.redirect = (url) => {
    address = url;
  };
  strategy.authenticate({ query: {} } as Request);
  return address;
}

function explain(errorCode: number): string {
  return `${errorCode}: ${new ThreadsAuthorizationError(undefined, { errorCode }).hint}`;
}

function list(mark: string, lines: string[]): string[] {
  return lines.map((line) => `  ${mark} ${line}`);
}
