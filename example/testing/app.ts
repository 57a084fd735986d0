import type { SimulatedEndpoints } from 'passport-threads-oauth2/simulator';
import { createApp } from 'threads-reference-example/app';
import { loadConfig } from 'threads-reference-example/config';
import { openDatabase } from 'threads-reference-example/database';
import { createTokenVault } from 'threads-reference-example/token-vault';

/** The app under test. Put yours in its place: whatever makes it, with the addresses of the simulator. */
export async function makeApp(endpoints: SimulatedEndpoints) {
  const config = loadConfig({
    THREADS_SIMULATOR_URL: new URL(endpoints.authorizationURL).origin,
    THREADS_REQUIRED_SCOPES: 'threads_content_publish',
    DATABASE_URL: 'file::memory:',
  });
  const database = await openDatabase(config.databaseURL, await createTokenVault(config.tokenKeys));
  return createApp({ config, database, endpoints, log: () => {} });
}
