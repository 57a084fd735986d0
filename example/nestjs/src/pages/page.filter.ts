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
import { type Outcome, OutcomeService, outcomeFor } from '../auth/outcome.service.js';
import { SessionService } from '../auth/session.service.js';
import { SignInFailed } from '../auth/threads.guard.js';
import { whyOf } from '../auth/words.js';
import { CALLBACK_PATH, type Config } from '../config.js';
import { Upstream } from '../upstream.js';
import { outcomePage } from './views.js';

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
    const outcome = this.outcomeOf(error);
    // Who came too often can reload the callback in a minute, so that one stays where it is.
    const isOver = outcome.status !== 404 && outcome.status !== 429;
    if (isOver && req.path.startsWith(CALLBACK_PATH)) return this.outcomes.redirectTo(res, outcome);
    const { simulatorOrigin } = this.upstream;
    const frame = { signedIn: await this.session.read(req), simulatorOrigin };
    if (outcome.retryAfter) res.set('Retry-After', String(Math.ceil(outcome.retryAfter)));
    res.status(outcome.status).send(outcomePage(frame, outcome));
  }

  private outcomeOf(error: unknown): Outcome {
    if (error instanceof NotFoundException || error instanceof URIError) return outcomeFor('not_found');
    // Those of the guards and the rate limit of this app have words of their own.
    if (error instanceof HttpException && !(error instanceof SignInFailed)) {
      const status = error.getStatus();
      const text = status === 403 || status === 429 ? error.message : 'The request was not valid.';
      return { status, title: 'That did not work', text };
    }
    const problem = error instanceof SignInFailed ? error.failure : error;
    const why = whyOf(problem);
    const { name, message = '', stack, retryAfter } = Object(problem);
    if (why === 'ours') this.logger.error(stack ?? message);
    else this.logger.warn(`Sign-in failed (${why}): ${oneLine(name ? `${name}: ${message}` : message)}`);
    const { development } = this.config.get('server', { infer: true });
    return { ...outcomeFor(why, retryAfter), message: development ? message : undefined };
  }
}

/** Messages may repeat what came in over the network, which must not be able to forge a line of the log. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
