import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';

/** Names and values, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_FILE = '.env';

/**
 * Adds what a file of settings says to the environment, which has the last word, as with `node --env-file`.
 *
 * @param env - the environment of the process
 * @param file - the file that was asked for; without one `.env` is read, where there is one
 * @param folder - where relative paths start
 * @returns the settings, and the file that some of them came from
 * @throws Error when the file cannot be read
 */
export function readEnvironment(
  env: Environment,
  file: string | undefined,
  folder: string,
): { env: Environment; file: string | undefined } {
  const path = resolve(folder, file ?? DEFAULT_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (file === undefined && code === 'ENOENT') return { env, file: undefined };
    throw new Error(
      `Cannot read ${path} (${code}). Name a file of lines such as THREADS_APP_ID=1234 after --env-file.`,
    );
  }
  return { env: { ...parseEnv(text), ...env }, file: path };
}
