import { MockAgent } from 'undici';
import { answers } from './fixtures.js';

/** How an endpoint answers. Text is sent as it is, anything else as JSON. */
export interface RawResponse {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const PATHS = {
  'POST /oauth/access_token': 'token',
  'GET /oauth/access_token': 'appToken',
  'GET /access_token': 'exchange',
  'GET /refresh_access_token': 'refresh',
  'GET /v1.0/debug_token': 'debug',
  'GET /v1.0/me': 'me',
} as const;

export type Endpoint = (typeof PATHS)[keyof typeof PATHS];

/** A request that reached the mock. */
export interface Call {
  endpoint: Endpoint;
  /** The query, or the form of a POST. */
  params: Record<string, string>;
  headers: Record<string, string>;
}

/** The answers of endpoints, which may depend on the parameters of the request. */
export type Replies = Partial<Record<Endpoint, RawResponse | ((params: Call['params']) => RawResponse)>>;

const DOCUMENTED: Record<Endpoint, RawResponse> = {
  token: { body: answers.token },
  appToken: { body: answers.appToken },
  exchange: { body: answers.exchange },
  refresh: { body: answers.exchange },
  debug: { body: answers.debug },
  me: { body: answers.me },
};

/**
 * https://graph.threads.net as an undici dispatcher: the documented answers, except for those that are given.
 * `calls` lists what was asked, in order.
 */
export function upstream(replies: Replies = {}) {
  const calls: Call[] = [];
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  dispatcher
    .get('https://graph.threads.net')
    .intercept({ path: () => true, method: () => true })
    .reply((options) => {
      // The declared type lacks the query.
      const { path, method, body, headers, query = {} } = options as typeof options & { query?: object };
      const endpoint = PATHS[`${method} ${path}` as keyof typeof PATHS];
      const params = method === 'POST' ? Object.fromEntries(new URLSearchParams(String(body))) : { ...query };
      calls.push({ endpoint, params, headers: headers as Record<string, string> });
      const given = replies[endpoint];
      const reply = { ...DOCUMENTED[endpoint], ...(typeof given === 'function' ? given(params) : given) };
      return {
        statusCode: reply.status ?? 200,
        data: typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body),
        responseOptions: { headers: { 'content-type': 'application/json', ...reply.headers } },
      };
    })
    .persist();
  return { dispatcher, calls };
}
