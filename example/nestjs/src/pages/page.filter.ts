import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Logger,
  NotFoundException,
  UnauthorizedException,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Request, Response } from 'express';
import {
  ThreadsAuthorizationError,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsTokenError,
} from 'passport-threads-oauth2';
import { SessionService } from '../auth/session.service.js';
import { SignInFailed } from '../auth/threads.guard.js';
import type { Config } from '../config.js';
import { Upstream } from '../upstream.js';
import { cancelledPage, errorPage, failedPage, notFoundPage } from './views.js';

type ThreadsError =
  | ThreadsAuthorizationError
  | ThreadsGraphAPIError
  | ThreadsNetworkError
  | ThreadsTokenError;

/** Makes a page of everything that is thrown. */
@Catch()
export class PageFilter implements ExceptionFilter {
  private readonly logger = new Logger(PageFilter.name);

  constructor(
    private readonly config: ConfigService<Config, true>,
    private readonly session: SessionService,
    private readonly upstream: Upstream,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const res = http.getResponse<Response>();
    if (res.headersSent) return void res.end();
    if (error instanceof UnauthorizedException) return res.redirect(303, '/');

    const signedIn = await this.session.read(http.getRequest<Request>());
    const { simulatorOrigin } = this.upstream;
    const frame = (title: string) => ({ title, signedIn, simulatorOrigin });
    res.status(statusOf(error));

    if (error instanceof SignInFailed) {
      const { publicURL } = this.config.get('server', { infer: true });
      res.send(
        error.type === 'access_denied'
          ? cancelledPage(frame('You cancelled'))
          : failedPage(frame('Sign-in could not be finished'), error.message, publicURL),
      );
    } else if (error instanceof NotFoundException) {
      res.send(notFoundPage(frame('There is no such page')));
    } else if (error instanceof HttpException) {
      res.send(errorPage(frame('That did not work'), error.message));
    } else if (isThreadsError(error)) {
      this.logger.warn(`${error.name}: ${oneLine(error.message)}`);
      const hint = 'hint' in error ? error.hint : undefined;
      const said = hint ? error.message.replace(hint, '').trimEnd() : error.message;
      res.send(errorPage(frame('Threads could not sign you in'), said, hint));
    } else {
      this.logger.error(error instanceof Error ? error.stack : error);
      const message = 'The mistake is ours, not yours. It has been written to the log.';
      res.send(errorPage(frame('Something went wrong here'), message));
    }
  }
}

/** These are written for people and carry no secret, so their message may be shown. */
function isThreadsError(error: unknown): error is ThreadsError {
  return (
    error instanceof ThreadsAuthorizationError ||
    error instanceof ThreadsGraphAPIError ||
    error instanceof ThreadsNetworkError ||
    error instanceof ThreadsTokenError
  );
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return isThreadsError(error) ? error.status : 500;
}

/** Messages may repeat what came in over the network, which must not be able to forge a line of the log. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
