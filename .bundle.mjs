/**
 * Joins what the package runs into one file per entry, in `dist`: Node.js takes longer to find and read thirty files
 * than to run them. Dependencies stay outside, types come from `tsc`, and the source maps hold the sources.
 */
import { build } from 'esbuild';

const options = {
  outbase: 'lib',
  outdir: 'dist',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'cjs',
  target: 'node20.18',
};

await build({ ...options, entryPoints: ['lib/index.ts', 'lib/simulator/index.ts'], sourcemap: true });
// Nobody imports the commands, so their stack traces need no sources.
await build({ ...options, entryPoints: ['lib/simulator/command.ts', 'lib/doctor/command.ts'] });
