/**
 * What the HTTP client meets in the apps of others: older mocks that do not know undici, and bundlers. The packages are
 * fetched into a temporary folder. Each line is a row of docs/troubleshooting.md.
 *
 *     node test/mocks/run.mjs
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { npm } from '../support/npm.mjs';

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const PACKAGES = [
  ...['nock-13@npm:nock@13', 'nock-14@npm:nock@14', 'msw@2', 'esbuild', 'rollup@4'],
  ...['@rollup/plugin-commonjs', '@rollup/plugin-node-resolve', '@rollup/plugin-json'],
];

const folder = await mkdtemp(join(tmpdir(), 'mocks-'));
const requireThere = createRequire(join(folder, 'index.js'));
const server = createServer((_req, res) => res.end('{"id":"1","username":"the network"}'));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

/** Who answers a request of the package in a process with a mock. */
async function answererUnder(kind, path) {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const { stdout } = await run(process.execPath, [here('profile.cjs'), origin, kind, path]);
  return stdout.trim();
}

/** The newest Node.js that npm hands out for a major version. */
const node = (major) => npm(['exec', '--yes', '--package', `node@${major}`, '--', 'node']);

async function bundleWithRollup(file, options) {
  const load = (name) => import(requireThere.resolve(name)).then((module) => module.default ?? module);
  const { rollup } = await import(requireThere.resolve('rollup'));
  const [commonjs, json] = await Promise.all([load('@rollup/plugin-commonjs'), load('@rollup/plugin-json')]);
  const { nodeResolve } = await import(requireThere.resolve('@rollup/plugin-node-resolve'));
  const plugins = [nodeResolve({ preferBuiltins: true }), commonjs(options), json()];
  const bundle = await rollup({ input: here('bundled-login.mjs'), plugins, logLevel: 'silent' });
  await bundle.write({ file, format: 'es', inlineDynamicImports: true });
}

const checks = {
  async 'nock 13 does not hear the package: the request goes to the network'() {
    return (await answererUnder('nock', requireThere.resolve('nock-13'))) === 'the network';
  },
  async 'nock 14 does not hear the package: the request goes to the network'() {
    return (await answererUnder('nock', requireThere.resolve('nock-14'))) === 'the network';
  },
  async 'msw does not hear the package: the request goes to the network'() {
    return (await answererUnder('msw', join(folder, 'node_modules', 'msw'))) === 'the network';
  },
  async 'a bundle of Rollup does not start on Node.js 20, for `node:sqlite`'() {
    const file = join(folder, 'plain.mjs');
    await bundleWithRollup(file, {});
    const [command, args] = node(20);
    const { stderr = '' } = await run(command, [...args, file]).catch((error) => error);
    return stderr.includes('No such built-in module: node:sqlite');
  },
  async 'it signs in there with `commonjs({ ignore: ["node:sqlite"] })`'() {
    const file = join(folder, 'ignoring.mjs');
    await bundleWithRollup(file, { ignore: ['node:sqlite'] });
    const [command, args] = node(20);
    return (await run(command, [...args, file])).stdout.includes('signed in 17841405793187219');
  },
  async 'a bundle of esbuild signs in on Node.js 24, without the warning DEP0169'() {
    const outfile = join(folder, 'bundle.cjs');
    const { build } = requireThere('esbuild');
    await build({
      stdin: {
        contents: `(async () => {${(await readFile(here('bundled-login.mjs'), 'utf8')).replace(/^import (.*) from (.*);$/gm, 'const $1 = require($2);')}})()`,
        resolveDir: here('.'),
      },
      bundle: true,
      platform: 'node',
      outfile,
    });
    const [command, args] = node(24);
    const { stdout, stderr } = await run(command, [...args, outfile]);
    return stdout.includes('signed in 17841405793187219') && !stderr.includes('DEP0169');
  },
};

try {
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await run(...npm(['install', '--no-audit', '--no-fund', ...PACKAGES]), { cwd: folder });
  for (const [title, check] of Object.entries(checks)) {
    const problem = await check().then(
      (ok) => (ok ? undefined : 'not so'),
      (error) => error.stack,
    );
    console.log(problem === undefined ? `ok      ${title}` : `FAILED  ${title}\n${problem}`);
    if (problem !== undefined) process.exitCode = 1;
  }
} finally {
  server.close();
  await rm(folder, { recursive: true });
}
process.exit();
