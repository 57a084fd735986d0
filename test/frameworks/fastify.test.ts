import type { RequestListener } from 'node:http';
import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import { expect } from 'chai';
import Fastify, { type FastifyInstance } from 'fastify';
import type { ThreadsStrategy } from '../../lib/index.js';
import { itSignsPeopleIn } from './contract.js';
import { ADA, type Mount, type Person, startSite } from './support.js';

async function buildApp(app: FastifyInstance, strategy: ThreadsStrategy): Promise<FastifyInstance> {
  const passport = new Authenticator();
  passport.use(strategy);
  passport.registerUserSerializer(async ({ id }: Person) => id);
  passport.registerUserDeserializer(async (id: string) => ({ id }));

  await app.register(secureSession, {
    key: Buffer.alloc(32, 'key'),
    cookieName: 'visited',
    cookie: { path: '/' },
  });
  await app.register(passport.initialize());
  await app.register(passport.secureSession());
  // The session changes with every request, so every answer has a cookie of Fastify's own.
  app.addHook('preValidation', async (request) => {
    request.session.set('visited' as never, Date.now() as never);
  });

  const start = passport.authenticate('threads', { state: { from: 'a letter' } } as object);
  app.get('/auth/threads', { preValidation: start }, () => {});
  app.get('/auth/threads/callback', (request, reply) => {
    const finish = passport.authenticate('threads', async (request, reply, error, user, info, status) => {
      if (error) throw error;
      const { state, message } = info as { state?: unknown; message?: string };
      if (!user) return void reply.code(Number(status)).send({ message });
      await request.logIn(user as Person);
      reply.send({ user: request.user, state });
    });
    return finish.call(app, request, reply);
  });
  return app;
}

const withFastify: Mount = async (strategy, server) => {
  let handler: RequestListener | undefined;
  const app = Fastify({
    serverFactory: (handle) => {
      handler = handle as RequestListener;
      return server;
    },
  });
  await buildApp(app, strategy);
  await app.ready();
  return handler!;
};

describe('frameworks: Fastify', () => {
  itSignsPeopleIn(withFastify);

  describe('without a server of Node, as with inject()', () => {
    it('says what to do', async () => {
      const app = Fastify();
      const site = await startSite(async (strategy) => {
        await buildApp(app, strategy);
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
        await buildApp(app, strategy);
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
