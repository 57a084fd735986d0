import { nonEmptyString } from '../transport/json.js';
import { warn } from './warnings.js';

/** Checks the value of an option, given its name and that of the class. Throws a TypeError that names the option. */
export type OptionCheck = (value: unknown, name: string, strategy: string) => void;

/**
 * A check of an option that must be given.
 *
 * @param what - what it is, and where the dashboard has it
 * @param check - what its text must be besides
 */
export function required(what: string, check: (value: string) => void = () => {}): OptionCheck {
  return (value, name, strategy) => {
    const text = nonEmptyString(value);
    if (text === undefined) {
      const hint = value === undefined ? ' (it is undefined: was `.env` loaded?)' : '';
      throw new TypeError(`${strategy} needs \`${name}\`, ${what}${hint}`);
    }
    check(text);
  };
}

/**
 * A check of an option that may be left out.
 *
 * @param is - tells whether a value is right
 * @param what - what it must be
 */
export function optional(is: (value: unknown) => boolean, what: string): OptionCheck {
  return (value, name) => {
    if (value !== undefined && !is(value)) throw new TypeError(`\`${name}\` must be ${what}`);
  };
}

/** The check of an option that `ThreadsClient` checks, or the function that reads it. */
export const elsewhere: OptionCheck = () => {};

/** Options of passport-oauth2 that have no meaning here. */
const NO_MEANING: Record<string, string> = {
  pkce: 'Threads has no PKCE',
  scopeSeparator: 'Threads separates permissions by commas',
};

/**
 * Checks every option by a table, and warns of those that are not in it.
 *
 * @param strategy - the name of the class, for the messages
 * @param table - the check of every option that the class knows
 * @param options - as the app gave them
 * @throws TypeError that names the option and says what it must be
 */
export function checkOptions(
  strategy: string,
  table: Readonly<Record<string, OptionCheck>>,
  options: object | undefined,
): void {
  const given = (options ?? {}) as Record<string, unknown>;
  for (const [name, check] of Object.entries(table)) check(given[name], name, strategy);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(table, name)) continue;
    if (Object.hasOwn(NO_MEANING, name)) {
      throw new TypeError(`\`${name}\` has no meaning here: ${NO_MEANING[name]}`);
    }
    warn(`${strategy} does not know the option \`${name}\`. Is it misspelt?`);
  }
}
