import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from '../support/npm.mjs';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const APPS = fileURLToPath(new URL('apps/', import.meta.url));

/** Runs a program to its end. Rejects with all that it said when it fails or takes longer than five minutes. */
export function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: 300_000, maxBuffer: 2 ** 24 };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      reject(new Error(`${basename(program)} ${args.join(' ')} failed\n${stdout}${stderr}`.trimEnd()));
    });
  });
}

/** A folder for everything that a run makes, and the tarball in it. */
export async function packPackage() {
  assertNothingAbove(tmpdir());
  const folder = await mkdtemp(join(tmpdir(), 'threads-consumers-'));
  const copy = join(folder, 'package');
  // Packed from a copy, since packing builds: whoever uses this dist meanwhile keeps it.
  const filter = (path) => !['node_modules', '.git', 'dist'].includes(basename(path));
  await cp(ROOT, copy, { recursive: true, filter });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const [pack] = parsePack(await run(...npm(['pack', '--json', '--pack-destination', folder]), copy));
  return { folder, pack, tarball: join(folder, pack.filename), remove: () => remove(folder) };
}

/** Installs packages into a new project. */
export async function install(folder, ...packages) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  await run(...npm(['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages]), folder);
}

function assertNothingAbove(folder) {
  const packages = join(folder, 'node_modules');
  if (existsSync(packages)) {
    throw new Error(`${packages} would stand in for what a project lacks: set TMPDIR to another folder`);
  }
  if (dirname(folder) !== folder) assertNothingAbove(dirname(folder));
}

// What `prepack` prints comes before the JSON.
function parsePack(stdout) {
  const answer = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
  return Array.isArray(answer) ? answer : Object.values(answer);
}

function remove(folder) {
  return rm(folder, { recursive: true, force: true });
}
