/**
 * Runs the tests on several versions of Node.js, which npm fetches.
 *
 *     node test/node-versions.mjs 20.18.1 20 22 24 26
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { npm } from './support/npm.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MOCHA = 'node_modules/mocha/bin/mocha.js';
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
  const { stdout, stderr, error } = await run(node, [
    MOCHA,
    '--parallel',
    '--jobs',
    '2',
    '--timeout',
    '60000',
    '--reporter',
    'json',
    'test/**/*.test.ts',
  ]);
  report(version, actual, resultIn(stdout), stderr, error);
}
process.exitCode = failed ? 1 : 0;

function report(version, actual, result, stderr, error) {
  const name = `${version.padEnd(8)} ${actual.padEnd(9)}`;
  const warnings = stderr.match(/^\(node:\d+\) .*$/gm) ?? [];
  const ok = !error && result?.stats.passes > 0 && result.stats.failures === 0 && result.stats.pending === 0;
  failed ||= !ok;
  if (!result) {
    console.log(`${name} FAILED  ${stderr.trim().slice(-2000)}`);
    return;
  }
  const { passes, failures, pending, duration } = result.stats;
  const counts = `${passes} passing, ${failures} failing, ${pending} skipped`;
  console.log(`${name} ${ok ? 'ok    ' : 'FAILED'}  ${counts}, ${(duration / 1000).toFixed(1)} s`);
  for (const { fullTitle, err } of result.failures) console.log(`    ${fullTitle}\n        ${err.message}`);
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

// A test may print something of its own before the report.
function resultIn(stdout) {
  try {
    return JSON.parse(stdout.slice(stdout.search(/^\{\n {2}"stats"/m)));
  } catch {
    return undefined;
  }
}
