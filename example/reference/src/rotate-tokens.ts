// npm run tokens:rotate
import { join } from 'node:path';
import dotenv from 'dotenv';
import { ConfigError, loadConfig, ROOT } from './config.js';
import { openDatabase } from './database.js';
import { SchemaError } from './schema.js';
import { createTokenVault } from './token-vault.js';

dotenv.config({ path: join(ROOT, '.env'), quiet: true });
try {
  const { databaseURL, tokenKeys } = loadConfig(process.env);
  const vault = await createTokenVault(tokenKeys);
  const database = await openDatabase(databaseURL, vault);
  try {
    console.log(`Sealing all access tokens with the key ${vault.keyID}.`);
    const { resealed, unopened } = await database.tokens.reseal(({ resealed }) => {
      console.log(`${resealed} so far`);
    });
    console.log(`Done: ${resealed} sealed anew.`);
    const counts = await database.tokens.countByKey();
    for (const [kid, count] of counts) console.log(`${count} with the key ${kid}`);
    if (unopened > 0) {
      console.error(
        `${unopened} could not be opened and were left as they are. Add the key that they need to TOKEN_KEYS, then run this again.`,
      );
      process.exitCode = 1;
    } else if ([...counts.keys()].some((kid) => kid !== vault.keyID)) {
      console.error(
        'A process that still seals with an older key is running. Restart it, then run this again.',
      );
      process.exitCode = 1;
    } else {
      console.log('The other keys in TOKEN_KEYS are not needed any more.');
    }
  } finally {
    await database.close();
  }
} catch (error) {
  console.error(
    error instanceof ConfigError || error instanceof SchemaError
      ? error.message
      : `The database cannot be used: ${(error as Error).name}`,
  );
  process.exitCode = 1;
}
