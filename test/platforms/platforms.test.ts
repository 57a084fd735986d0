import { itSignsPeopleInCold } from './contract.js';
import * as eventsV1 from './events-v1.js';
import { type Platform, startFunction, startServer } from './support.js';

const PLATFORMS: Record<string, () => Promise<Platform>> = {
  'serverless-http, API Gateway events 1.0': () => startFunction('serverless-http', { format: eventsV1 }),
  'serverless-http, API Gateway events 2.0': () => startFunction('serverless-http'),
  '@codegenie/serverless-express, API Gateway events 1.0': () =>
    startFunction('serverless-express', { format: eventsV1 }),
  '@codegenie/serverless-express, API Gateway events 2.0': () => startFunction('serverless-express'),
  '@fastify/aws-lambda, API Gateway events 1.0': () =>
    startFunction('fastify-aws-lambda', { format: eventsV1 }),
  '@fastify/aws-lambda, API Gateway events 2.0': () => startFunction('fastify-aws-lambda'),
  'Hono on @hono/node-server': () => startServer('hono'),
  micro: () => startServer('micro'),
  Polka: () => startServer('polka'),
  Connect: () => startServer('connect'),
  'node:http that loads everything with the first request': () => startServer('lazy-http'),
};

for (const [name, start] of Object.entries(PLATFORMS)) {
  describe(`platforms: ${name}`, () => {
    itSignsPeopleInCold(start);
  });
}
