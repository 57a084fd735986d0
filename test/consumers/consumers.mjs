import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { APPS, install, run } from './workspace.mjs';

const SIGNED_IN = {
  user: { id: '17841405793187219', name: 'Ada Okafor', isValid: true },
  returnTo: '/home',
  alias: true,
};

const STRICT = {
  target: 'es2022',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

/** Every way to use the package: each starts an app, signs in through the simulator and checks who came out. */
export const consumers = {
  require: async (context) => {
    const project = await createProject(context, 'require', 'commonjs', ['app.cjs']);
    await signIn(project, 'app.cjs');
  },

  import: async (context) => {
    const project = await createProject(context, 'import', 'module', ['app.mjs']);
    await signIn(project, 'app.mjs');
  },

  // As pnpm does without hoisting: a package finds only what it declares.
  isolated: async (context) => {
    const project = join(context.folder, 'isolated');
    await install(
      project,
      '--install-strategy=linked',
      context.tarball,
      'passport',
      'express',
      '@types/node@20',
    );
    for (const file of ['browser.cjs', 'app.mjs']) await cp(join(APPS, file), join(project, file));
    await signIn(project, 'app.mjs');

    const source = "import 'passport-threads-oauth2';\nimport 'passport-threads-oauth2/simulator';\n";
    await writeFile(join(project, 'types.mts'), source);
    await compile(context, project, '7', 'types.mts', { module: 'nodenext' });
  },

  jest: async (context) => {
    const project = await createProject(context, 'jest', 'commonjs', ['sign-in.test.js']);
    const jest = join(context.tools, 'jest', 'bin', 'jest.js');
    const cache = join(context.folder, 'jest-cache');
    await run(process.execPath, [jest, '--ci', '--cacheDirectory', cache], project);
  },

  'esbuild-cjs': (context) => bundle(context, 'esbuild-cjs', '--format=cjs', '--outfile=bundle.cjs'),

  // The usual banner: Express and its dependencies call `require` for what Node.js brings along.
  'esbuild-esm': (context) =>
    bundle(
      context,
      'esbuild-esm',
      '--format=esm',
      '--outfile=bundle.mjs',
      "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    ),

  'no-any': async ({ app, tools }) => {
    const dist = join(app, 'node_modules', 'passport-threads-oauth2', 'dist');
    const entries = [join(dist, 'index.d.ts'), join(dist, 'simulator', 'index.d.ts')];
    const script = join(APPS, '..', 'find-any.cjs');
    const found = await run(process.execPath, [script, join(tools, 'typescript-5.9'), ...entries], app);
    if (found !== '') throw new Error(`These types are \`any\`:\n${found.trimEnd()}`);
  },

  ...typescript('commonjs', { module: 'node16' }, ['5.9', '7']),
  ...typescript('module', { module: 'node16' }, ['5.9', '7']),
  ...typescript('commonjs', { module: 'nodenext' }, ['5.9', '7']),
  ...typescript('module', { module: 'nodenext' }, ['5.9', '7']),
  ...typescript('module', { module: 'preserve', moduleResolution: 'bundler' }, ['5.9', '7']),
  // TypeScript 6 is the last to know it.
  ...typescript('commonjs', { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: false }, [
    '5.9',
  ]),
};

function typescript(type, options, versions) {
  const { module, moduleResolution = module, esModuleInterop } = options;
  return Object.fromEntries(
    versions.map((version) => {
      const name = `typescript-${version}-${moduleResolution}-${type}`;
      const consumer = async (context) => {
        const project = await createProject(context, name, type, ['app.ts', 'browser.d.cts']);
        const source = join(project, 'app.ts');
        if (esModuleInterop === false)
          await writeFile(source, withoutInterop(await readFile(source, 'utf8')));
        await compile(context, project, version, 'app.ts', options);
        await signIn(project, 'app.js');
      };
      return [name, consumer];
    }),
  );
}

async function compile({ tools }, project, version, file, options) {
  const compilerOptions = { ...STRICT, ...options };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
  await run(process.execPath, [join(tools, `typescript-${version}`, 'bin', 'tsc'), '-p', '.'], project);
}

async function bundle(context, name, ...options) {
  const project = await createProject(context, name, 'module', ['app.mjs']);
  const esbuild = join(context.tools, 'esbuild', 'bin', 'esbuild');
  await run(esbuild, ['app.mjs', '--bundle', '--platform=node', '--log-level=warning', ...options], project);
  // Node.js 24 and later warn of url.parse in passport-oauth2 once it no longer stands in node_modules (DEP0169).
  await signIn(project, options[1].split('=')[1], '--no-deprecation');
}

/** A project beside the others, which finds its packages in the folder above. */
async function createProject({ app }, name, type, files) {
  const project = join(app, name);
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ type }));
  for (const file of ['browser.cjs', ...files]) await cp(join(APPS, file), join(project, file));
  return project;
}

async function signIn(project, main, flag = '--throw-deprecation') {
  const stdout = await run(process.execPath, [flag, main], project);
  assert.deepEqual(JSON.parse(stdout), SIGNED_IN);
}

function withoutInterop(source) {
  return source.replace(/^import (\w+) from ('(?:express|passport)');/gm, 'import $1 = require($2);');
}
