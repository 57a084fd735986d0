// Runs the shell commands of the README as they stand, each in a fresh folder: `node test/readme/commands.mjs`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { npm } from '../support/npm.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const RUN = {
  'npm ci && npm start': opensTheExample,
  'npm ci && npm test': succeeds,
  'npm install passport passport-threads-oauth2 express express-session': installsThePackage,
};

const commands = [
  ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm),
].flatMap(([, block]) => block.trim().split('\n'));
// The second command is what called this script, in CI: it need not run twice.
const skipped = process.argv.slice(2);

for (const command of commands) {
  if (skipped.includes(command)) continue;
  if (!Object.hasOwn(RUN, command)) throw new Error(`The README has a command that nothing runs: ${command}`);
  console.log(`\n$ ${command}`);
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  try {
    await RUN[command](command, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function opensTheExample(command, folder) {
  clone(folder);
  const child = shell(command, folder, ['ignore', 'pipe', 'inherit']);
  try {
    const url = await addressPrintedBy(child);
    const page = await (await fetch(url)).text();
    if (!page.includes('Continue with Threads')) throw new Error(`${url} is not the example`);
    console.log(`${url} shows "Continue with Threads"`);
  } finally {
    if (child.exitCode === null) {
      process.kill(-child.pid, 'SIGTERM');
      await once(child, 'close');
    }
  }
}

async function succeeds(command, folder) {
  clone(folder);
  await finished(shell(command, folder, ['ignore', 'inherit', 'inherit']));
}

async function installsThePackage(command, folder) {
  const [{ filename }] = JSON.parse(
    execFileSync(...npm(['pack', '--json', '--pack-destination', folder]), {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).replace(/^[^[]*/, ''),
  );
  // The package of this checkout stands in for the published one.
  const local = command.replace('passport-threads-oauth2', `./${filename}`);
  await finished(shell(`npm init -y && ${local}`, folder, ['ignore', 'ignore', 'inherit']));
  execFileSync(process.execPath, ['-e', 'require("passport-threads-oauth2").ThreadsStrategy.name'], {
    cwd: folder,
  });
  console.log('installed and loaded');
}

function clone(folder) {
  execFileSync('git', ['clone', '--quiet', ROOT, folder]);
}

function shell(command, cwd, stdio) {
  return spawn(command, { cwd, shell: true, detached: true, stdio });
}

async function finished(child) {
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The command ended with ${code}`);
}

async function addressPrintedBy(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /Open (http:\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('The command ended without an address to open');
}
