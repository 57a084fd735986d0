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
import { isThreadsError } from 'passport-threads-oauth2';
import { type Outcome, OutcomeService } from '../auth/outcome.service.js';
import { SessionService } from '../auth/session.service.js';
import { SignInFailed } from '../auth/threads.guard.js';
import { CALLBACK_PATH, type Config } from '../config.js';
import { Upstream } from '../upstream.js';
import { notFoundPage, outcomePage } from './views.js';

/** Makes a page of everything that is thrown. */
@Catch()
export class PageFilter implements ExceptionFilter {
  private readonly logger = new Logger(PageFilter.name);

  constructor(
    private readonly config: ConfigService<Config, true>,
    private readonly session: SessionService,
    private readonly outcomes: OutcomeService,
    private readonly upstream: Upstream,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const res = http.getResponse<Response>();
    if (res.headersSent) return void res.end();
    if (error instanceof UnauthorizedException) return res.redirect(303, '/');

    const req = http.getRequest<Request>();
    if (error instanceof NotFoundException) {
      res.status(404).send(notFoundPage(await this.frame(req, 'There is no such page')));
      return;
    }
    const outcome = this.outcomeOf(error);
    // Who came too often can reload the callback in a minute, so that one stays where it is.
    const isOver = outcome.status !== 429;
    if (isOver && req.path.startsWith(CALLBACK_PATH)) return this.outcomes.redirectTo(res, outcome);
    const { publicURL } = this.config.get('server', { infer: true });
    const frame = await this.frame(req, outcome.title);
    res.status(outcome.status).send(outcomePage(frame, outcome, publicURL));
  }

  private async frame(req: Request, title: string) {
    const { simulatorOrigin } = this.upstream;
    return { title, signedIn: await this.session.read(req), simulatorOrigin };
  }

  private outcomeOf(error: unknown): Outcome {
    const status = statusOf(error);
    if (error instanceof SignInFailed) {
      const { message } = error;
      return error.type === 'access_denied'
        ? { status, page: 'cancelled', title: 'You cancelled', message }
        : { status, page: 'failed', title: 'Sign-in could not be finished', message };
    }
    if (error instanceof HttpException) {
      return { status, page: 'error', title: 'That did not work', message: error.message };
    }
    // These are written for people and carry no secret, so their message may be shown.
    if (isThreadsError(error)) {
      this.logger.warn(`${error.name}: ${oneLine(error.message)}`);
      const hint = 'hint' in error ? error.hint : undefined;
      const message = hint ? error.message.replace(hint, '').trimEnd() : error.message;
      return { status, page: 'error', title: 'Threads could not sign you in', message, hint };
    }
    this.logger.error(error instanceof Error ? error.stack : error);
    const message = 'The mistake is ours, not yours. It has been written to the log.';
    return { status, page: 'error', title: 'Something went wrong here', message };
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return isThreadsError(error) ? error.status : 500;
}

/** Messages may repeat what came in over the network, which must not be able to forge a line of the log. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
