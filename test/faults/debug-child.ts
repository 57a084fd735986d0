import { ThreadsClient, ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { runStrategy } from '../support/run-strategy.js';

/** What the process that watches this one wants to see done, with NODE_DEBUG on. */
export interface Job {
  options: ThreadsStrategyOptions;
  code: string;
  /** An address to `fetch` before anything else, so that the undici inside Node starts first. */
  fetchFirst?: string;
  /** An address that refuses connections. */
  refusing: string;
}

// The job comes as a message: what is on the command line or in the environment, Node itself may log.
process.once('message', async ({ options, code, fetchFirst, refusing }: Job) => {
  if (fetchFirst) await (await fetch(fetchFirst)).text();

  const strategy = new ThreadsStrategy(options, async (accessToken, _refreshToken, profile) => ({
    accessToken,
    id: profile.id,
  }));
  const { user } = (await runStrategy(strategy, { query: { code } })) as {
    user?: { accessToken: string; id: string };
  };

  const { clientID, clientSecret } = options;
  const client = new ThreadsClient({ clientID, clientSecret, graphURL: refusing });
  const failure = await client.getProfile(user?.accessToken ?? '').catch((error: Error) => error.name);
  process.send?.({ user, failure }, () => process.exit());
});
