import awsLambdaFastify from '@fastify/aws-lambda';
import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import Fastify from 'fastify';
import { refusal, strategy } from './people.mjs';

const app = Fastify();
const passport = new Authenticator();
passport.use(strategy);
await app.register(secureSession, { key: Buffer.alloc(32, 'key') });
await app.register(passport.initialize());

// There is no server whose responses could be watched: the event goes through Fastify's inject().
app.addHook('onRequest', async (request, reply) => {
  request.res = reply.raw;
});

const start = passport.authenticate('threads', { session: false, state: { from: 'a letter' } });
app.get('/auth/threads', { preValidation: start }, () => {});
app.get('/auth/threads/callback', (request, reply) => {
  const end = async (_request, _reply, error, user, info, status) => {
    const body = user ? { user, state: info.state } : refusal(error ?? info);
    reply.code(user ? 200 : (error?.status ?? status)).send(body);
  };
  return passport.authenticate('threads', { session: false }, end).call(app, request, reply);
});

export const handler = awsLambdaFastify(app);
