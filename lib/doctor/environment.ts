import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Finding, warning } from './finding.js';

/** Names and values, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_FILE = '.env';

/**
 * Adds the settings of a file to the environment, which has the last word, as with `node --env-file`.
 *
 * @param env - the environment of the process
 * @param file - the file that was asked for; without one `.env` is read, where there is one
 * @param folder - where relative paths start
 * @returns the settings, the file that some of them came from, and what is odd about it
 * @throws Error when the file cannot be read
 */
export function readEnvironment(
  env: Environment,
  file: string | undefined,
  folder: string,
): { env: Environment; file: string | undefined; findings: Finding[] } {
  const path = resolve(folder, file ?? DEFAULT_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (file === undefined && code === 'ENOENT') {
      return { env, file: undefined, findings: [] };
    }
    throw new Error(
      `Cannot read ${path} (${code}). Name a file of lines such as THREADS_APP_ID=1234 after --env-file.`,
    );
  }
  const found = parseEnv(text);
  return {
    env: { ...found, ...env },
    file: path,
    findings: Object.keys(found).every(isName) ? [] : [odd(path)],
  };
}

// A byte order mark, a line without `=` and a second blank after `export` become part of the next name.
function isName(name: string): boolean {
  return /^[\w.-]+$/.test(name);
}

function odd(path: string): Finding {
  return warning(
    `${path} has a line that is not NAME=VALUE, or begins with a byte order mark: Node.js misses the setting that stands there.`,
  );
}
