// Builds the API reference from the doc comments with TypeDoc: `npm run docs:api -- [folder]`. A comment that names what
// does not exist, or a public name without a comment, fails. TypeDoc is fetched here, since nothing else needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from '../support/npm.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'threads-api-'));

try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
  execFileSync(...npm([...args, 'typedoc@0.28', 'typescript@5.9']), { stdio: 'inherit', cwd: folder });

  const config = {
    entryPoints: ['lib/index.ts', 'lib/simulator/index.ts'].map((file) => join(root, file)),
    tsconfig: join(root, 'tsconfig.json'),
    name: 'passport-threads-oauth2',
    readme: 'none',
    disableGit: true,
    sourceLinkTemplate: 'lib/{path}#{line}',
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    requiredToBeDocumented: ['Class', 'Function', 'Interface', 'TypeAlias', 'Variable', 'Method'],
    validation: { notExported: false, invalidLink: false, notDocumented: true },
    treatValidationWarningsAsErrors: true,
  };
  const settings = join(folder, 'typedoc.json');
  writeFileSync(settings, JSON.stringify(config));
  const out = process.argv[2] ? resolve(process.argv[2]) : join(folder, 'api');
  const typedoc = join(folder, 'node_modules/typedoc/bin/typedoc');
  execFileSync(process.execPath, [typedoc, '--options', settings, '--out', out], {
    cwd: root,
    stdio: 'inherit',
  });
  if (!existsSync(join(out, 'classes/index.ThreadsStrategy.html')))
    throw new Error('There is no page of ThreadsStrategy');
  console.log(process.argv[2] ? `The API reference is in ${out}` : 'The API reference was built');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
