/**
 * Packs the package, installs the tarball into fresh projects, and uses it in every way that it promises.
 *
 *     node test/consumers/run.mjs            everything
 *     node test/consumers/run.mjs require    what is named
 */
import { join } from 'node:path';
import { consumers } from './consumers.mjs';
import { packageChecks } from './package-checks.mjs';
import { install, packPackage } from './workspace.mjs';

const checks = { ...packageChecks, ...consumers };
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks);
const unknown = names.filter((name) => !Object.hasOwn(checks, name));
if (unknown.length > 0) {
  console.error(`No such consumer: ${unknown.join(', ')}. There are: ${Object.keys(checks).join(', ')}`);
  process.exit(2);
}

const { folder, pack, tarball, remove } = await packPackage();
try {
  const app = join(folder, 'app');
  const tools = join(folder, 'tools');
  // The tools stand apart, so that no package of theirs stands in for one that the tarball forgot.
  if (names.some((name) => Object.hasOwn(consumers, name))) {
    await install(app, tarball, 'passport', 'express', '@types/passport', '@types/express', '@types/node@20');
    await install(
      tools,
      'jest',
      'esbuild',
      'typescript-5.9@npm:typescript@5.9',
      'typescript-7@npm:typescript@7',
    );
  }
  const context = { folder, pack, tarball, app, tools: join(tools, 'node_modules') };
  const failures = [];
  for (const name of names) {
    try {
      const figures = await checks[name](context);
      console.log(`${name.padEnd(40)} ok${figures ? `    ${figures}` : ''}`);
    } catch (error) {
      failures.push(name);
      console.log(`${name.padEnd(40)} FAILED\n${String(error.message).replace(/^/gm, '    ')}`);
    }
  }
  console.log(
    failures.length > 0 ? `\n${failures.length} of ${names.length} failed` : `\nAll ${names.length} are ok`,
  );
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  await remove();
}
