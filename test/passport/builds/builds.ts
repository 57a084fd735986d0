import { createRequire } from 'node:module';
import { transform } from 'esbuild';
import { minify } from 'terser';

/** Turns an ES module in today's JavaScript into a CommonJS script. */
export type Build = (source: string) => Promise<string>;

// TypeScript 7 neither compiles to ES5 nor has this function.
const typescript = createRequire(new URL('../../typescript-5.9/package.json', import.meta.url))(
  'typescript',
) as {
  ModuleKind: { CommonJS: number };
  ScriptTarget: { ES5: number; ES2015: number };
  transpileModule(source: string, options: { compilerOptions: object }): { outputText: string };
};

const esbuild =
  (target: string): Build =>
  async (source) =>
    (await transform(source, { target, format: 'cjs', minify: true })).code;

const unminified: Build = async (source) => (await transform(source, { format: 'cjs' })).code;

const tsc =
  (target: 'ES5' | 'ES2015'): Build =>
  async (source) => {
    const { ModuleKind, ScriptTarget } = typescript;
    const compilerOptions = {
      target: ScriptTarget[target],
      module: ModuleKind.CommonJS,
      esModuleInterop: true,
      downlevelIteration: true,
    };
    return typescript.transpileModule(source, { compilerOptions }).outputText;
  };

export const minified =
  (build: Build, compress: object = {}): Build =>
  async (source) => {
    const built = await minify(await build(source), { toplevel: true, compress });
    return built.code ?? '';
  };

/** What apps are built with, by name. */
export const BUILDS: Record<string, Build> = {
  'esbuild, minified for es2015': esbuild('es2015'),
  'esbuild, minified for es2016': esbuild('es2016'),
  'esbuild, minified for es2017': esbuild('es2017'),
  'esbuild, minified for es2020': esbuild('es2020'),
  'esbuild, minified for esnext': esbuild('esnext'),
  terser: minified(unminified),
  'terser with all that it calls unsafe, and no unused parameters': minified(unminified, {
    unsafe: true,
    unsafe_arrows: true,
    unsafe_methods: true,
    keep_fargs: false,
  }),
  'tsc to ES2015': tsc('ES2015'),
  'tsc to ES2015, and terser': minified(tsc('ES2015')),
  'tsc to ES5': tsc('ES5'),
};
