import { endpoints, userId } from '../login.js';

const token = 'THQVJ0c2FtcGxlLXRva2VuLW9mLWEtcGVyc29u';
const params = { access_token: token, input_token: token };

/** The same GET and JSON.parse, by whatever gets JSON from a URL. */
const askWith = (upstream, getJSON) => async () => {
  const { data } = await getJSON(
    `${endpoints(upstream).graphURL}/debug_token?${new URLSearchParams(params)}`,
  );
  if (data.user_id !== userId) throw new Error(`inspected ${data.user_id}`);
};

const contenders = {
  'passport-threads-oauth2': async (upstream) => {
    const { verifyToken } = await import('../../dist/index.js');
    const { graphURL } = endpoints(upstream);
    return async () => {
      const { userId: inspected } = await verifyToken(token, { accessToken: token, graphURL });
      if (inspected !== userId) throw new Error(`inspected ${inspected}`);
    };
  },
  'bare undici.request': async (upstream) => {
    const { request } = await import('undici');
    return askWith(upstream, async (url) => (await request(url)).body.json());
  },
  fetch: async (upstream) => askWith(upstream, async (url) => (await fetch(url)).json()),
  axios: async (upstream) => {
    const { default: axios } = await import('axios');
    return askWith(upstream, async (url) => (await axios.get(url)).data);
  },
  got: async (upstream) => {
    const { got } = await import('got');
    return askWith(upstream, (url) => got(url).json());
  },
};

export default {
  title: 'verifyToken',
  columns: { rate: 'calls a second', cpu: 'µs of CPU a call' },
  batch: 2_000,
  contenders,
  targets: {
    'bare undici.request': { rate: { atLeast: 0.85 } },
    fetch: { rate: { moreThan: 1 } },
    axios: { rate: { moreThan: 1 } },
    got: { rate: { moreThan: 1 } },
  },
};
