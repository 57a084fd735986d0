// NestJS: a guard that keeps the reason of a failure, and a filter that answers it. The guard of @nestjs/passport alone
// makes a bare 401 of every failure, and Nest's own filter a 500 of every error of the strategy.
import 'reflect-metadata';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  HttpException,
  Logger,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { BaseExceptionFilter, NestFactory } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import type { Request, Response } from 'express';
import session from 'express-session';
import {
  isThreadsError,
  type ThreadsFailure,
  type ThreadsProfile,
  ThreadsStrategy,
  type ThreadsStrategyOptions,
} from 'passport-threads-oauth2';

declare module 'express-session' {
  interface SessionData {
    personID: string;
  }
}

class AppThreadsStrategy extends PassportStrategy(ThreadsStrategy, 'threads') {
  /** Runs after Threads has vouched for the person. What it resolves to becomes `req.user`. */
  async validate(_accessToken: string, _refreshToken: string | undefined, { id }: ThreadsProfile) {
    return { id };
  }
}

/** Made of a `ThreadsFailure`. */
class LoginFailed extends HttpException {}

/** Starts a login, or ends one: the strategy tells which from the query. */
class ThreadsGuard extends AuthGuard('threads') {
  override handleRequest<T>(error: unknown, person: T, failure: ThreadsFailure, _: unknown, status = 403): T {
    if (error) throw error;
    if (!person) throw new LoginFailed(failure, status);
    return person;
  }
}

/** The message of the library goes to the log, words go to the person: at an address without the code. */
@Catch()
class LoginFilter extends BaseExceptionFilter {
  override catch(problem: unknown, host: ArgumentsHost): void {
    if (problem instanceof LoginFailed || isThreadsError(problem)) {
      const why = problem instanceof LoginFailed ? (problem.getResponse() as ThreadsFailure).type : 'error';
      new Logger('Login').warn(`${why}: ${problem.message}`);
      host.switchToHttp().getResponse<Response>().redirect(303, `/?problem=${why}#`);
    } else super.catch(problem, host);
  }
}

@Controller()
@UseFilters(LoginFilter)
class AppController {
  @Get('auth/threads')
  @UseGuards(ThreadsGuard)
  start(): void {
    // Not reached: the guard sends the person to Threads.
  }

  @Get('auth/threads/callback')
  @UseGuards(ThreadsGuard)
  signedIn(@Req() req: Request, @Res() res: Response): void {
    // A new session, so that nobody could plant one.
    req.session.regenerate(() => {
      req.session.personID = (req.user as { id: string }).id;
      res.redirect(303, '/#'); // the `#` takes the place of the `#_` that Threads' redirect ends with
    });
  }

  @Get()
  home(@Req() req: Request, @Query('problem') problem?: string): string {
    if (req.session.personID) return `<p>You are ${req.session.personID}.</p>`;
    const said = problem === undefined ? '' : (SAID.get(problem) ?? SAID.get('error'));
    return `<p>${said}</p><p><a href="/auth/threads">Continue with Threads</a></p>`;
  }
}

const SAID = new Map([
  ['access_denied', 'You cancelled, so nothing was shared.'],
  ['invalid_state', 'Please start again, in this browser and with cookies allowed.'],
  ['error', 'Threads could not sign you in. Please try again later.'],
]);

/** Your app has a module with `providers: [AppThreadsStrategy]`, and a constructor there that reads the settings. */
export async function createApp(settings: ThreadsStrategyOptions) {
  const strategy = { provide: AppThreadsStrategy, useFactory: () => new AppThreadsStrategy(settings) };
  const root = { module: class AppModule {}, controllers: [AppController], providers: [strategy] };
  const app = await NestFactory.create(root, { logger: ['warn', 'error'] });
  const cookie = { sameSite: 'lax', secure: settings.callbackURL.startsWith('https:') } as const;
  const secret = settings.clientSecret; // one of its own in your app
  app.use(session({ secret, cookie, resave: false, saveUninitialized: false }));
  await app.init();
  return app.getHttpAdapter().getInstance();
}
