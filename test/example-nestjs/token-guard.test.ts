import 'reflect-metadata';
import { Controller, type INestApplication, Module, Post, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { expect } from 'chai';
import supertest from 'supertest';
import { type ThreadsProfile, ThreadsTokenStrategy } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ADA } from './support.js';

class ThreadsTokenGuard extends AuthGuard('threads-token') {}

// tsx compiles no decorators of this kind, so they are called.
class SessionController {
  signIn({ user }: { user: unknown }) {
    return { user };
  }
}
const descriptor = Object.getOwnPropertyDescriptor(SessionController.prototype, 'signIn')!;
Post('api/session')(SessionController.prototype, 'signIn', descriptor);
UseGuards(ThreadsTokenGuard)(SessionController.prototype, 'signIn', descriptor);
Req()(SessionController.prototype, 'signIn', 0);
Controller()(SessionController);

describe('PassportStrategy(ThreadsTokenStrategy) as a guard in NestJS 12', () => {
  const { clientID, clientSecret } = simulatedApp;
  let simulator: ThreadsSimulator;
  let app: INestApplication;

  beforeEach(async () => {
    simulator = createThreadsSimulator();
    await simulator.listen();
    const { tokenURL, graphURL } = simulator.endpoints;
    class TokenStrategy extends PassportStrategy(ThreadsTokenStrategy, 'threads-token') {
      constructor() {
        super({ clientID, clientSecret, tokenURL, graphURL, requiredScopes: 'threads_basic' });
      }
      async validate(_accessToken: string, _refreshToken: undefined, profile: ThreadsProfile) {
        return { id: profile.id };
      }
    }
    class AppModule {}
    Module({ providers: [TokenStrategy], controllers: [SessionController] })(AppModule);
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  const post = (token: string) =>
    supertest(app.getHttpServer())
      .post('/api/session')
      .set('authorization', token && `Bearer ${token}`);

  it('keeps out who brings no token', async () => {
    await post('').expect(401).expect('WWW-Authenticate', 'Bearer realm="Threads"');
    expect(simulator.requests).to.have.length(0);
  });

  it('keeps out who brings a forged token, with a challenge that NestJS does not send', () =>
    post('THQVJforged')
      .expect(401)
      .expect('WWW-Authenticate', /error="invalid_token"/));

  it('keeps out whose token is dead', async () => {
    const token = simulator.issueToken({ clientID, userId: ADA });
    simulator.expireToken(token);
    await post(token).expect(401);
  });

  it('lets the person of a token in', async () => {
    const { body } = await post(simulator.issueToken({ clientID, userId: ADA })).expect(201);
    expect(body).to.deep.equal({ user: { id: ADA } });
  });
});
