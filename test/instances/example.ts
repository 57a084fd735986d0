import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Program, run } from './programs.js';

const ROOT = fileURLToPath(new URL('../../example/reference/', import.meta.url));

/**
 * Starts example/reference as a process of its own.
 *
 * @param env - its settings
 * @param nodeOptions - further options for Node.js
 */
export function startExample(env: Record<string, string>, nodeOptions: string[] = []): Promise<Program> {
  return run(process.execPath, [...nodeOptions, '--import', 'tsx', 'src/main.ts'], /^ {2}Open http/m, {
    cwd: ROOT,
    env: { ...process.env, ...noSettings(), ...env },
  });
}

// An empty value counts as not set, and keeps a developer's own .env out of the tests.
function noSettings(): Record<string, string> {
  const names = readFileSync(`${ROOT}.env.example`, 'utf8').matchAll(/^(?:# ?)?([A-Z_]+)=/gm);
  return Object.fromEntries(Array.from(names, ([, name]) => [name, '']));
}
