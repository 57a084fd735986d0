/**
 * Signs a person in with several versions of undici, which npm fetches. A version of undici 7 is the package's own: with
 * the global dispatcher, with one that the app has set, with one that is an option, and where the file that is loaded in
 * place of all of undici is missing. The dispatchers of every version are given to the package beside its own undici.
 *
 *     node test/undici/versions.mjs 7.0.0 7 6 8
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { npm } from '../support/npm.mjs';

const run = promisify(execFile);
const program = (name) => fileURLToPath(new URL(name, import.meta.url));
const versions = process.argv.slice(2);
if (versions.length === 0 || !versions.every((version) => /^[678](\.\d+){0,2}$/.test(version))) {
  console.error('Which versions? node test/undici/versions.mjs 7.0.0 7 6 8');
  process.exit(2);
}

/** undici 8 needs Node.js 22.19: where this one is older, npm fetches another. */
const isOld = process.versions.node.localeCompare('22.19', undefined, { numeric: true }) < 0;
const nodeFor = (version) =>
  version.startsWith('8') && isOld
    ? npm(['exec', '--yes', '--package', 'node@24', '--', 'node'])
    : [process.execPath, []];

const folder = await mkdtemp(join(tmpdir(), 'undici-'));
try {
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const aliases = versions.map((version) => `undici-${version}@npm:undici@${version}`);
  await run(...npm(['install', '--no-audit', '--no-fund', ...aliases]), { cwd: folder });
  for (const version of versions) {
    const undici = join(folder, 'node_modules', `undici-${version}`);
    const tries = [
      ...(version.startsWith('7') ? [['login.cjs', 'signed in four times']] : []),
      ['given.cjs', 'signed in by every dispatcher'],
    ];
    for (const [file, expected] of tries) {
      const [node, args] = nodeFor(version);
      const { stdout } = await run(node, [...args, program(file), undici]).catch((error) => error);
      const ok = stdout.trim() === expected;
      console.log(`undici ${version.padEnd(8)} ${ok ? `ok  ${expected}` : `FAILED  ${stdout}`}`);
      if (!ok) process.exitCode = 1;
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
