import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from '../../consumers/workspace.mjs';
import { type Build, minified } from './builds.js';
import { describeBuilds } from './describe-builds.js';

interface Babel {
  transformAsync(source: string, options: object): Promise<{ code: string } | null>;
}

let folder: string;

// 140 packages, which nothing else needs.
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threads-babel-'));
  await install(folder, '@babel/core@7', '@babel/preset-env@7');
});

after(() => rm(folder, { recursive: true }));

const babel =
  (targets: Record<string, string>): Build =>
  async (source) => {
    const { transformAsync } = createRequire(join(folder, 'package.json'))('@babel/core') as Babel;
    const preset = ['@babel/preset-env', { targets, modules: 'commonjs' }];
    const options = { presets: [preset], cwd: folder, configFile: false, babelrc: false };
    return (await transformAsync(source, options))?.code ?? '';
  };

describeBuilds({
  "Babel's preset-env for Node.js 4": babel({ node: '4' }),
  "Babel's preset-env for Internet Explorer 11, and terser": minified(babel({ ie: '11' })),
});
