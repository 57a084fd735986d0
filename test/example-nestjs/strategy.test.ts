import 'reflect-metadata';
import { createServer } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  ForbiddenException,
  Get,
  type INestApplication,
  Module,
  Req,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { expect } from 'chai';
import supertest from 'supertest';
import {
  type ThreadsProfile,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
  type TokenParams,
} from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ADA, CALLBACK_URL, comeBack } from './support.js';

interface SignInRequest {
  user: unknown;
  authInfo: unknown;
}

class ThreadsGuard extends AuthGuard('threads') {
  // @types/passport knows a `state` of text only.
  override getAuthenticateOptions() {
    return { state: { from: 'a letter' } } as object;
  }
}

// tsx compiles no decorators of this kind, so they are called.
class AuthController {
  signIn(): void {}

  signedIn({ user, authInfo }: SignInRequest) {
    return { user, authInfo };
  }
}
for (const [path, method] of [
  ['auth/threads', 'signIn'],
  ['auth/threads/callback', 'signedIn'],
] as const) {
  const descriptor = Object.getOwnPropertyDescriptor(AuthController.prototype, method)!;
  Get(path)(AuthController.prototype, method, descriptor);
  UseGuards(ThreadsGuard)(AuthController.prototype, method, descriptor);
  Req()(AuthController.prototype, method, 0);
}
Controller()(AuthController);

describe('PassportStrategy(ThreadsStrategy) in NestJS 12', () => {
  let simulator: ThreadsSimulator;
  let app: INestApplication;
  let options: ThreadsStrategyOptions;

  beforeEach(async () => {
    simulator = createThreadsSimulator();
    await simulator.listen();
    const { clientID, clientSecret } = simulatedApp;
    options = { clientID, clientSecret, callbackURL: CALLBACK_URL, ...simulator.endpoints };
  });

  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  /** Signs in through an app with this strategy; gives the answer to the callback. */
  async function signInWith(strategy: Type, filter?: ExceptionFilter) {
    class AppModule {}
    Module({ providers: [strategy], controllers: [AuthController] })(AppModule);
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    if (filter) app.useGlobalFilters(filter);
    await app.listen(0, '127.0.0.1');
    return comeBack(supertest.agent(app.getHttpServer()).set('Host', 'app.example'));
  }

  describe('when validate() throws', () => {
    const throwing = (error: unknown) =>
      class extends PassportStrategy(ThreadsStrategy, 'threads') {
        constructor() {
          super(options);
        }
        async validate(): Promise<never> {
          throw error;
        }
      };

    it('answers an HttpException with its status', async () => {
      const answer = await signInWith(throwing(new ForbiddenException('by invitation only')));
      expect(answer.status).to.equal(403);
      expect(answer.body).to.include({ message: 'by invitation only' });
    });

    it('answers anything else with 500, and does not say what it was', async () => {
      const answer = await signInWith(throwing(new Error('the database is down')));
      expect(answer.status).to.equal(500);
      expect(answer.text).not.to.contain('database');
    });

    for (const nothing of [null, false]) {
      it(`answers with 401 when it resolves to ${nothing} instead`, async () => {
        class Refusing extends PassportStrategy(ThreadsStrategy, 'threads') {
          constructor() {
            super(options);
          }
          async validate() {
            return nothing;
          }
        }
        expect((await signInWith(Refusing)).status).to.equal(401);
      });
    }
  });

  describe('when Threads fails', () => {
    class Validating extends PassportStrategy(ThreadsStrategy, 'threads') {
      constructor() {
        super(options);
      }
      async validate(): Promise<never> {
        throw new Error('must not be asked');
      }
    }

    class StatusFilter implements ExceptionFilter {
      caught: unknown;
      catch(error: { status: number }, host: ArgumentsHost): void {
        this.caught = error;
        host.switchToHttp().getResponse().status(error.status).end();
      }
    }
    Catch()(StatusFilter);

    it('hands a ThreadsTokenError with its status to the exception filter', async () => {
      options = { ...options, clientSecret: 'not the secret of the app' };
      const filter = new StatusFilter();
      const answer = await signInWith(Validating, filter);
      expect(answer.status).to.equal(502);
      expect(filter.caught).to.include({ name: 'ThreadsTokenError', type: 'OAuthException' });
    });

    it('hands a ThreadsGraphAPIError with its status to the exception filter', async () => {
      options = { ...options, tokenVerification: 'required', testerAccessToken: 'no token' };
      const filter = new StatusFilter();
      const answer = await signInWith(Validating, filter);
      expect(answer.status).to.equal(502);
      expect(filter.caught).to.include({ name: 'ThreadsGraphAPIError', code: 190 });
    });

    it('hands a ThreadsNetworkError with its status to the exception filter', async () => {
      const silent = createServer(() => {});
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      options = { ...options, tokenURL: `http://127.0.0.1:${port}/oauth/access_token`, timeout: 50 };
      const filter = new StatusFilter();
      try {
        const answer = await signInWith(Validating, filter);
        expect(answer.status).to.equal(504);
        expect(filter.caught).to.include({ name: 'ThreadsNetworkError', code: 'TIMEOUT' });
      } finally {
        silent.closeAllConnections();
        silent.close();
      }
    });
  });

  describe('signs people in with validate()', () => {
    it('(accessToken, refreshToken, profile)', async () => {
      class Plain extends PassportStrategy(ThreadsStrategy, 'threads') {
        constructor() {
          super(options);
        }
        async validate(accessToken: string, refreshToken: string | undefined, profile: ThreadsProfile) {
          return { id: profile.id, token: typeof accessToken, refreshToken: refreshToken ?? 'none' };
        }
      }
      const { status, body } = await signInWith(Plain);
      expect(status).to.equal(200);
      expect(body).to.deep.equal({
        user: { id: ADA, token: 'string', refreshToken: 'none' },
        authInfo: { state: { from: 'a letter' } },
      });
    });

    it('that is not async', async () => {
      class Sync extends PassportStrategy(ThreadsStrategy) {
        constructor() {
          super(options);
        }
        validate(_accessToken: string, _refreshToken: string | undefined, profile: ThreadsProfile) {
          return { id: profile.id };
        }
      }
      expect((await signInWith(Sync)).body.user).to.deep.equal({ id: ADA });
    });

    it('(accessToken, refreshToken, params, profile), with callbackArity', async () => {
      class WithParams extends PassportStrategy(ThreadsStrategy, 'threads', true) {
        constructor() {
          super({ ...options, longLived: true });
        }
        async validate(
          accessToken: string,
          refreshToken: string | undefined,
          params: TokenParams,
          profile: ThreadsProfile,
        ) {
          const { user_id, expires_in } = params;
          return { id: profile.id, user_id, expires_in, replayed: refreshToken === accessToken };
        }
      }
      const { body } = await signInWith(WithParams);
      expect(body.user).to.deep.include({ id: ADA, user_id: ADA, replayed: true });
      expect(body.user.expires_in).to.be.within(59 * 24 * 3600, 60 * 24 * 3600);
    });

    it('(req, accessToken, refreshToken, profile), with passReqToCallback', async () => {
      class WithRequest extends PassportStrategy(ThreadsStrategy, 'threads') {
        constructor() {
          super({ ...options, passReqToCallback: true });
        }
        async validate(
          req: { path: string },
          _accessToken: string,
          _refreshToken: string | undefined,
          profile: ThreadsProfile,
        ) {
          return { id: profile.id, path: req.path };
        }
      }
      const { body } = await signInWith(WithRequest);
      expect(body.user).to.deep.equal({ id: ADA, path: '/auth/threads/callback' });
    });

    it('(req, accessToken, refreshToken, params, profile), with both', async () => {
      class WithBoth extends PassportStrategy(ThreadsStrategy, 'threads', true) {
        constructor() {
          super({ ...options, passReqToCallback: true });
        }
        async validate(
          req: { path: string },
          _accessToken: string,
          _refreshToken: string | undefined,
          params: TokenParams,
          profile: ThreadsProfile,
        ) {
          return { id: profile.id, user_id: params.user_id, path: req.path };
        }
      }
      const { body } = await signInWith(WithBoth);
      expect(body.user).to.deep.equal({ id: ADA, user_id: ADA, path: '/auth/threads/callback' });
    });

    it('that adds information to the user', async () => {
      class WithInfo extends PassportStrategy(ThreadsStrategy, 'threads') {
        constructor() {
          super(options);
        }
        async validate(_accessToken: string, _refreshToken: string | undefined, { id }: ThreadsProfile) {
          return [{ id }, { newcomer: true }];
        }
      }
      const { body } = await signInWith(WithInfo);
      expect(body.user).to.deep.equal({ id: ADA });
      expect(body.authInfo).to.deep.equal({ newcomer: true, state: { from: 'a letter' } });
    });
  });
});
