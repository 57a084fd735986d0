import type { RequestListener } from 'node:http';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { itSignsPeopleIn } from './contract.js';
import { buildFastify } from './fastify.js';
import { overHTTP2 } from './http2.js';
import { plainApp } from './plain.js';
import type { Mount } from './support.js';

const withPlainHTTP2: Mount = async (strategy, server) => {
  // What this app uses of requests and responses, those of HTTP/2 have too.
  const app = createServer(plainApp(strategy) as unknown as Parameters<typeof createServer>[1]);
  server.once('close', () => app.close());
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  return overHTTP2(`http://127.0.0.1:${(app.address() as AddressInfo).port}`, server);
};

const withFastify: Mount = async (strategy, server): Promise<RequestListener> => {
  const app = Fastify({ http2: true });
  server.once('close', () => app.close());
  await buildFastify(app, strategy);
  return overHTTP2(await app.listen({ host: '127.0.0.1', port: 0 }), server);
};

describe('frameworks: node:http2 alone', () => itSignsPeopleIn(withPlainHTTP2));

describe('frameworks: Fastify with HTTP/2', () => itSignsPeopleIn(withFastify));
