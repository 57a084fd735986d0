import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import type { FastifyInstance, RawServerBase } from 'fastify';
import type { ThreadsStrategy } from '../../lib/index.js';
import type { Person } from './support.js';

/** Puts a login with sessions into a Fastify app, whatever server it has. */
export async function buildFastify<Server extends RawServerBase>(
  server: FastifyInstance<Server>,
  strategy: ThreadsStrategy,
): Promise<void> {
  const app = server as unknown as FastifyInstance;
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
}
