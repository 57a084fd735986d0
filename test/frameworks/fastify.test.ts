import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import Fastify from 'fastify';
import { itSignsPeopleIn } from './contract.js';
import { buildFastify } from './fastify.js';
import { ADA, type Mount, startSite } from './support.js';

const withFastify: Mount = async (strategy, server) => {
  let handler: RequestListener | undefined;
  const app = Fastify({
    serverFactory: (handle) => {
      handler = handle as RequestListener;
      return server;
    },
  });
  await buildFastify(app, strategy);
  await app.ready();
  return handler!;
};

describe('frameworks: Fastify', () => {
  itSignsPeopleIn(withFastify);

  describe('without a server of Node, as with inject()', () => {
    it('says what to do', async () => {
      const app = Fastify();
      const site = await startSite(async (strategy) => {
        await buildFastify(app, strategy);
        return () => {};
      });
      try {
        const answer = await app.inject('/auth/threads');
        expect(answer.statusCode).to.equal(500);
        expect(answer.json().message).to.contain('req.res = res');
      } finally {
        await site.close();
      }
    });

    it('signs a person in once the response is on the request', async () => {
      const app = Fastify();
      app.addHook('onRequest', async (request, reply) => {
        Object.assign(request, { res: reply.raw });
      });
      const site = await startSite(async (strategy) => {
        await buildFastify(app, strategy);
        return () => {};
      });
      try {
        const started = await app.inject('/auth/threads');
        const callback = new URL(await site.browser.decide(String(started.headers.location)));
        const cookies = Object.fromEntries(started.cookies.map(({ name, value }) => [name, value]));
        const ended = await app.inject({ url: callback.pathname + callback.search, cookies });
        expect(ended.json().user.id).to.equal(ADA);
      } finally {
        await site.close();
      }
    });
  });
});
