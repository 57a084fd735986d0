import { ThreadsClient, ThreadsStrategy } from '../../lib/index.js';
import { runStrategy } from '../support/run-strategy.js';
import { asUser } from '../support/user.js';
import type { Job } from './child.js';

// The job comes as a message: what is on the command line or in the environment, Node itself may log.
process.once('message', async ({ options, code, fetchFirst, refusing }: Job) => {
  if (fetchFirst) await (await fetch(fetchFirst)).text();

  const strategy = new ThreadsStrategy(options, async (accessToken, _refreshToken, profile) =>
    asUser({ accessToken, id: profile.id }),
  );
  const { user } = (await runStrategy(strategy, { query: { code } })) as {
    user?: { accessToken: string; id: string };
  };

  const { clientID, clientSecret } = options;
  const client = new ThreadsClient({ clientID, clientSecret, graphURL: refusing });
  const failure = await client.getProfile(user?.accessToken ?? '').catch((error: Error) => error.name);
  process.send?.({ user, failure }, () => process.exit());
});
