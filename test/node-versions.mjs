/**
 * Runs the tests on several versions of Node.js, which npm fetches.
 *
 *     node test/node-versions.mjs 20.18.1 20 22 24 26
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { npm } from './support/npm.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RUNNER = 'test/support/run-tests.ts';
const versions = process.argv.slice(2);
if (versions.length === 0 || !versions.every((version) => /^\d+(\.\d+){0,2}$/.test(version))) {
  console.error('Which versions? node test/node-versions.mjs 20.18.1 20 22 24 26');
  process.exit(2);
}

// The example and its tests use the package by its name, as it is built.
const build = await run(...npm(['run', 'build']));
if (build.error) throw new Error(build.stdout);

let failed = false;
for (const version of versions) {
  const node = await executable(version);
  const actual = (await run(node, ['--version'])).stdout.trim();
  const { stdout, stderr, error } = await run(node, ['--import', 'tsx', RUNNER, 'test', '.test.ts', '2']);
  report(version, actual, stdout, stderr, error);
}
process.exitCode = failed ? 1 : 0;

function report(version, actual, stdout, stderr, error) {
  const summary = stdout.trimEnd().split('\n').at(-1);
  const ok = !error && / 0 pending;.*: passed$/.test(summary);
  failed ||= !ok;
  console.log(`${version.padEnd(8)} ${actual.padEnd(9)} ${summary}`);
  if (!ok) console.log(`${stdout.slice(-20_000)}\n${stderr.slice(-5_000)}`.replace(/^/gm, '    '));
  const warnings = stderr.match(/^\(node:\d+\) .*$/gm) ?? [];
  for (const warning of new Set(warnings.map((line) => line.replace(/\(node:\d+\) /, '')))) {
    console.log(`    warns: ${warning}`);
  }
}

/** The path of a Node.js of that version. */
async function executable(version) {
  const { stdout, stderr, error } = await run(
    ...npm(['exec', '--yes', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']),
  );
  if (error) throw new Error(`npm has no Node.js ${version}: ${stderr}`);
  return stdout.trim();
}

function run(program, args) {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, timeout: 600_000, maxBuffer: 2 ** 26 };
    execFile(program, args, options, (error, stdout, stderr) => resolve({ error, stdout, stderr }));
  });
}
