import { app, endpoints, userId } from '../login.js';

const CONCURRENCY = 10;

let peak = 0;

/** Tokens that are made when they are asked for. Every thousandth looks at the memory of the process. */
function* tokens(count) {
  for (let i = 0; i < count; i++) {
    if (i % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss() / 1024 ** 2);
    yield `THQVJ0c2FtcGxlLXRva2VuLW9mLWEtcGVyc29u${i}`;
  }
}

/** A task that asks about a number of tokens, after 2,000 that load and compile what is needed. */
async function bulkOf(count, ask) {
  await ask(tokens(2000));
  const first = peak;
  return async () => {
    await ask(tokens(count));
    return { peak, growth: peak - first };
  };
}

const ours = (count) => async (upstream) => {
  const { ThreadsClient } = await import('../../dist/index.js');
  const client = new ThreadsClient({ ...app, ...endpoints(upstream) });
  return bulkOf(count, async (inputs) => {
    for await (const { info } of client.verifyTokens(inputs, { concurrency: CONCURRENCY })) {
      if (info?.userId !== userId) throw new Error(`inspected ${info?.userId}`);
    }
  });
};

const bare = (count) => async (upstream) => {
  const { request } = await import('undici');
  const { graphURL } = endpoints(upstream);
  return bulkOf(count, async (inputs) => {
    const lane = async () => {
      for (const input_token of inputs) {
        const params = new URLSearchParams({ access_token: 'TH|1|app-token', input_token });
        const { body } = await request(`${graphURL}/debug_token?${params}`);
        const { data } = await body.json();
        if (data.user_id !== userId) throw new Error(`inspected ${data.user_id}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  });
};

/** The row for a number of tokens. */
export const bulk = (count) => ({
  title: `verifyTokens: ${count.toLocaleString('en')} tokens, ${CONCURRENCY} at a time`,
  columns: { ms: 'ms', peak: 'peak memory (RSS), MB', growth: 'MB above the peak of the first 2,000' },
  ratios: ['ms'],
  batch: 1,
  inFlight: 1,
  fresh: true,
  rounds: 5,
  contenders: { 'passport-threads-oauth2': ours(count), 'bare undici.request': bare(count) },
  targets: {
    'passport-threads-oauth2': { growth: { atMost: 10 } },
    'bare undici.request': { ms: { atMost: 1 } },
  },
});

export default bulk(1000);
