import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm } from '../support/npm.mjs';
import { install, ROOT, run } from './workspace.mjs';

const DOCUMENTS = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'];

const node = (program, args) => run(process.execPath, [join(ROOT, 'node_modules', program), ...args]);

/** The package itself: what is in the tarball, and what the linters of packages say. */
export const packageChecks = {
  publint: async ({ tarball }) => {
    const said = await node('publint/src/cli.js', ['run', tarball, '--strict']);
    // It fails for warnings, but not for suggestions.
    if (!said.includes('All good!')) throw new Error(said.trim());
    return 'no findings';
  },

  'are-the-types-wrong': async ({ folder, tarball }) => {
    const project = join(folder, 'are-the-types-wrong');
    await install(project, '@arethetypeswrong/cli@0.18');
    const attw = join(project, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    await run(process.execPath, [attw, tarball, '--no-emoji', '--format', 'ascii'], project);
    return 'no findings';
  },

  files: async ({ pack }) => {
    const paths = pack.files.map(({ path }) => path);
    const missing = DOCUMENTS.filter((path) => !paths.includes(path));
    const surplus = paths.filter(
      (path) =>
        !DOCUMENTS.includes(path) &&
        !/^(bin\/[\w-]+\.js|docs\/[\w-]+\.(md|webp)|dist\/[\w/-]+(\.d\.ts|\.js|\.js\.map))$/.test(path),
    );
    if (missing.length > 0) throw new Error(`Not in the tarball: ${missing.join(', ')}`);
    if (surplus.length > 0) throw new Error(`Not needed in the tarball: ${surplus.join(', ')}`);
    const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
    return `${paths.length} files, ${kilobytes(pack.size)} packed, ${kilobytes(pack.unpackedSize)} unpacked`;
  },

  'without-express': async ({ folder, tarball }) => {
    const project = join(folder, 'alone');
    await install(project, tarball);
    const script = `
      require('passport-threads-oauth2');
      const { createThreadsSimulator } = require('passport-threads-oauth2/simulator');
      require('node:assert').throws(createThreadsSimulator, /needs express: npm install --save-dev/);
    `;
    await run(process.execPath, ['-e', script], project);

    const lock = JSON.parse(await readFile(join(project, 'node_modules', '.package-lock.json'), 'utf8'));
    const names = Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    const others = names.filter((name) => name !== 'passport-threads-oauth2');
    const types = others.filter((name) => /^@types\/|-types$/.test(name));

    const settings = 'THREADS_APP_ID=1\nTHREADS_APP_SECRET=s\nTHREADS_CALLBACK_URL=https://a.test/cb\n';
    await writeFile(join(project, '.env'), settings);
    const doctor = ['exec', '--no', '--', 'passport-threads-oauth2', 'doctor', '--offline'];
    const said = await run(...npm(doctor), project);
    if (!said.includes('client_id=1&')) throw new Error(said);
    return `installs ${others.length} packages, ${types.length} of them types alone`;
  },
};
