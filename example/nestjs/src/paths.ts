import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds `package.json` and `public`. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
