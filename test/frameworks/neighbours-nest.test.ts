import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import {
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Module,
  Req,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import { expect } from 'chai';
import { type ThreadsFailure, ThreadsStrategy } from '../../lib/index.js';
import { forgetWarnings } from '../../lib/passport/warnings.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ADA, Browser } from './support.js';

// tsx compiles no decorators of this kind, so they are called.
describe('neighbours: NestJS', () => {
  const { emitWarning } = process;
  let log: string[];
  let simulator: ThreadsSimulator;
  let app: INestApplication;
  let browser: Browser;

  /** Writes what a login ended in into the log, and answers with its status and words for people. */
  class WithReasons extends AuthGuard('threads') {
    override handleRequest<User>(
      error: (Error & { status?: number }) | null,
      user: User,
      info: ThreadsFailure | undefined,
      _context: ExecutionContext,
      status?: number,
    ): User {
      if (user) return user;
      log.push(error ? `${error.name}: ${error.message}` : `${info?.type}: ${info?.message}`);
      throw new HttpException('That did not work. Please try again.', error?.status ?? status ?? 401);
    }
  }

  async function start(Guard: new () => object) {
    const origin = await simulator.listen();
    const { clientID, clientSecret } = simulatedApp;
    class People extends PassportStrategy(ThreadsStrategy, 'threads') {
      constructor() {
        super({ clientID, clientSecret, callbackURL: '/auth/threads/callback', simulator: origin });
      }
      async validate(_accessToken: string, _refreshToken: string, { id }: { id: string }) {
        return { id };
      }
    }
    class Auth {
      start() {}
      finish({ user }: { user: unknown }) {
        return user;
      }
    }
    for (const [path, method] of [
      ['auth/threads', 'start'],
      ['auth/threads/callback', 'finish'],
    ] as const) {
      const descriptor = Object.getOwnPropertyDescriptor(Auth.prototype, method)!;
      Get(path)(Auth.prototype, method, descriptor);
      UseGuards(Guard)(Auth.prototype, method, descriptor);
      Req()(Auth.prototype, method, 0);
    }
    Controller()(Auth);
    class App {}
    Module({ providers: [People], controllers: [Auth] })(App);
    app = await NestFactory.create(App, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    browser = new Browser(`http://127.0.0.1:${port}`);
    simulator.addApp({ ...simulatedApp, redirectURIs: [`${browser.origin}/auth/threads/callback`] });
  }

  beforeEach(() => {
    log = [];
    simulator = createThreadsSimulator();
    forgetWarnings();
    process.emitWarning = (message: string | Error, name?: unknown) => void log.push(`${name}: ${message}`);
  });

  afterEach(async () => {
    process.emitWarning = emitWarning;
    forgetWarnings();
    await app.close();
    await simulator.close();
  });

  const comeBack = async (decision?: 'cancel') =>
    browser.open(await browser.decide(await browser.start(), decision));
  const fromElsewhere = async () => {
    const callback = await browser.decide(await browser.start());
    await browser.jar.removeAllCookies();
    return browser.open(callback);
  };

  describe("with the guard's own handleRequest", () => {
    beforeEach(() => start(AuthGuard('threads')));

    it('a cancelled login is a 401 without a reason, and the log has nothing', async () => {
      const { status, text } = await comeBack('cancel');
      expect(status).to.equal(401);
      expect(JSON.parse(text)).to.deep.equal({ statusCode: 401, message: 'Unauthorized' });
      expect(log).to.deep.equal([]);
    });

    it('a login without its cookie is the same 401, and the log has the warning of the library', async () => {
      const { status, text } = await fromElsewhere();
      expect(status).to.equal(401);
      expect(text).to.contain('Unauthorized');
      expect(log).to.have.length(1);
      expect(log[0]).to.contain('reason `no_cookie`');
    });

    it('a refusal of Threads is a 500 without a reason', async () => {
      simulator.fail('/me', { status: 400, body: { error: { message: 'No', code: 10 } } });
      const { status, text } = await comeBack();
      expect(status).to.equal(500);
      expect(text).to.contain('Internal server error');
    });
  });

  describe('with a handleRequest that reads its `info` and its status', () => {
    beforeEach(() => start(WithReasons));

    it('a cancelled login has its status and words, and the log has its type', async () => {
      const { status, text } = await comeBack('cancel');
      expect(status).to.equal(403);
      expect(text).to.contain('Please try again.');
      expect(log).to.have.length(1);
      expect(log[0]).to.match(/^access_denied: /);
    });

    it('a login without its cookie has its status, and the log has its reason', async () => {
      expect((await fromElsewhere()).status).to.equal(403);
      expect(log.join('\n')).to.match(/reason `no_cookie`[\s\S]*^invalid_state: /m);
    });

    it('a refusal of Threads has its status, and the log has what Threads answered', async () => {
      simulator.fail('/me', { status: 400, body: { error: { message: 'No', code: 10 } } });
      expect((await comeBack()).status).to.equal(502);
      expect(log.join('\n')).to.match(/ThreadsGraphAPIError: No\./);
    });

    it('a login that succeeds is the person', async () => {
      const { status, text } = await comeBack();
      expect([status, JSON.parse(text)]).to.deep.equal([200, { id: ADA }]);
      expect(log).to.deep.equal([]);
    });
  });
});
