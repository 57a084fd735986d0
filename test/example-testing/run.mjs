/**
 * Runs the tests of example/testing, in its three runners, beside the packed package: in a folder of their own, since
 * nothing else needs the runners. Then sees each runner fail for a rejection that nothing handles.
 *
 *     node test/example-testing/run.mjs
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { packPackage, ROOT } from '../consumers/workspace.mjs';
import { npm } from '../support/npm.mjs';

// Each has a file of its own, as sign-in.node.ts has.
const RUNNERS = {
  node: ['node', '--import', 'tsx', '--test', 'unhandled.node.ts'],
  vitest: ['vitest', 'run', 'unhandled'],
  playwright: ['playwright', 'test', 'unhandled'],
};
const IMPORTS = { node: 'node:test', vitest: 'vitest', playwright: '@playwright/test' };

const folder = await mkdtemp(join(tmpdir(), 'threads-testing-'));
try {
  for (const name of ['testing', 'reference']) {
    const filter = (path) => basename(path) !== 'node_modules';
    await cp(join(ROOT, 'example', name), join(folder, 'example', name), { recursive: true, filter });
  }
  const manifest = { private: true, workspaces: ['example/testing', 'example/reference'] };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const { tarball, remove } = await packPackage();
  try {
    run(folder, ['install', '--no-audit', '--no-fund', tarball]);
  } finally {
    await remove();
  }

  const example = join(folder, 'example/testing');
  run(example, ['exec', '--no', '--', 'tsc', '-p', '.']);
  run(example, ['test']);

  for (const [runner, command] of Object.entries(RUNNERS)) {
    const text = `import { test } from '${IMPORTS[runner]}';
test('rejects', async () => {
  Promise.reject(new Error('unhandled'));
  await new Promise((resolve) => setTimeout(resolve, 50));
});
`;
    await writeFile(join(example, `unhandled.${runner}.ts`), text);
    if (succeeds(example, ['exec', '--no', '--', ...command])) {
      throw new Error(`${runner} passes a test with an unhandled rejection`);
    }
    console.log(`${runner} fails for an unhandled rejection, as it should`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function run(cwd, args) {
  execFileSync(...npm(args), { cwd, stdio: 'inherit' });
}

function succeeds(cwd, args) {
  try {
    execFileSync(...npm(args), { cwd, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
