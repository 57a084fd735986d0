// npm run database:migrate: gives the database the tables of this version of the program.
import { join } from 'node:path';
import dotenv from 'dotenv';
import { ConfigError, loadConfig, ROOT } from './config.js';
import { connect } from './database.js';
import { migrate } from './schema.js';

dotenv.config({ path: join(ROOT, '.env'), quiet: true });
try {
  const db = connect(loadConfig(process.env).databaseURL);
  try {
    console.log(`The database has the schema of version ${await migrate(db)}.`);
  } finally {
    await db.close();
  }
} catch (error) {
  // Errors of the database may quote its whole address, so none of their words are repeated.
  const { name, code } = error as { name: string; code?: string };
  console.error(
    error instanceof ConfigError
      ? error.message
      : `The database could not be migrated (${code ?? name}); it is as it was.`,
  );
  process.exitCode = 1;
}
