/**
 * Signs a person in with several versions of undici 7, which npm fetches: with the global dispatcher, with one that the
 * app has set, with one that is an option, and where the file that is loaded in place of all of undici is missing.
 *
 *     node test/undici/versions.mjs 7.0.0 7
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { npm } from '../support/npm.mjs';

const run = promisify(execFile);
const LOGIN = fileURLToPath(new URL('login.cjs', import.meta.url));
const versions = process.argv.slice(2);
if (versions.length === 0 || !versions.every((version) => /^7(\.\d+){0,2}$/.test(version))) {
  console.error('Which versions? node test/undici/versions.mjs 7.0.0 7');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'undici-'));
try {
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const aliases = versions.map((version) => `undici-${version}@npm:undici@${version}`);
  await run(...npm(['install', '--no-audit', '--no-fund', ...aliases]), { cwd: folder });
  for (const version of versions) {
    const undici = join(folder, 'node_modules', `undici-${version}`);
    const { stdout } = await run(process.execPath, [LOGIN, undici]).catch((error) => error);
    const ok = stdout.trim() === 'signed in four times';
    console.log(`undici ${version.padEnd(8)} ${ok ? 'ok' : `FAILED  ${stdout}`}`);
    if (!ok) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
