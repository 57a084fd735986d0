import 'reflect-metadata';
import { Controller, Get, HttpException, Module, Req, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ThreadsStrategy } from 'passport-threads-oauth2';
import { refusal } from './people.mjs';

class People extends PassportStrategy(ThreadsStrategy, 'threads') {
  constructor() {
    super(JSON.parse(process.env.STRATEGY));
  }

  async validate(_accessToken, _refreshToken, profile) {
    return { id: profile.id, name: profile.displayName };
  }
}

class ThreadsGuard extends AuthGuard('threads') {
  getAuthenticateOptions() {
    return { session: false, state: { from: 'a letter' } };
  }

  // Passport redirects on the response of Node, not on the reply of Fastify.
  getResponse(context) {
    return context.switchToHttp().getResponse().raw;
  }

  // Without it, every failure is a 401 that does not say why.
  handleRequest(error, user, info, _context, status) {
    if (user) return user;
    throw new HttpException(refusal(error ?? info), error?.status ?? status ?? 500);
  }
}

if (process.env.WITHOUT_GET_RESPONSE) delete ThreadsGuard.prototype.getResponse;

class AuthController {
  start() {}

  finish({ user, authInfo }) {
    return { user, state: authInfo.state };
  }
}

// Decorators, called: no compiler is here.
for (const [path, method] of [
  ['auth/threads', 'start'],
  ['auth/threads/callback', 'finish'],
]) {
  const descriptor = Object.getOwnPropertyDescriptor(AuthController.prototype, method);
  Get(path)(AuthController.prototype, method, descriptor);
  UseGuards(ThreadsGuard)(AuthController.prototype, method, descriptor);
  Req()(AuthController.prototype, method, 0);
}
Controller()(AuthController);

class App {}
Module({ providers: [People], controllers: [AuthController] })(App);

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: ['error'] });
await app.listen(Number(process.env.PORT), '127.0.0.1');
console.log('listening');
