import { nonEmptyString } from '../transport/json.js';

/** What an option must be, where that is said in a word; nothing where it is checked elsewhere. */
export type OptionCheck = readonly [is?: (value: unknown) => boolean, what?: string];

const WHERE = {
  clientID:
    'the Threads App ID: App Dashboard → App settings → Basic → Threads App ID. It is not the App ID at the top, which belongs to Facebook',
  clientSecret: 'the Threads app secret: App Dashboard → App settings → Basic → Threads App secret',
  callbackURL:
    'a redirect URI that is registered to the letter: App Dashboard → Use cases → Access the Threads API → Settings → Redirect Callback URLs',
};

const NO_MEANING: Record<string, string> = {
  pkce: 'Threads has no PKCE',
  scopeSeparator: 'Threads separates permissions by commas',
};

/**
 * Checks that what stands in the dashboard is there.
 *
 * @param strategy - the name of the class, for the message
 * @param names - what this strategy needs of it
 * @param options - as the app gave them
 * @throws TypeError that names the option and says where in the dashboard it stands
 */
export function assertApp<Name extends keyof typeof WHERE>(
  strategy: string,
  names: readonly Name[],
  options: Record<Name | 'clientID', string>,
): void {
  for (const name of names) {
    if (!nonEmptyString(options?.[name]))
      throw new TypeError(`${strategy} needs \`${name}\`, ${WHERE[name]}`);
  }
  if (/\s/.test(options.clientID)) {
    throw new TypeError(`\`clientID\` has white space in it. Copy ${WHERE.clientID}`);
  }
}

/**
 * Checks options one by one, and warns of those that the strategy does not know.
 *
 * @param strategy - the name of the class, for the message
 * @param known - every option of the strategy
 * @param options - as the app gave them
 * @throws TypeError that names the option and says what it must be
 */
export function assertOptions(
  strategy: string,
  known: Readonly<Record<string, OptionCheck>>,
  options: object,
): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (Object.hasOwn(NO_MEANING, name))
      throw new TypeError(`\`${name}\` has no meaning here: ${NO_MEANING[name]}`);
    if (!Object.hasOwn(known, name)) {
      warn(`${strategy} does not know the option \`${name}\`. Is it misspelt?`);
      continue;
    }
    const [is, what] = known[name]!;
    if (is && !is(value)) throw new TypeError(`\`${name}\` must be ${what}`);
  }
}

/** Tells the developer of what may be a mistake. */
export function warn(message: string): void {
  process.emitWarning(message, 'ThreadsStrategyWarning');
}
