import { type ExecutionContext, HttpException, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { ThreadsFailure } from 'passport-threads-oauth2';

/** A sign-in that failed; for the exception filter. */
export class SignInFailed extends HttpException {
  constructor(
    /** What the strategy says about it. */
    readonly failure: ThreadsFailure,
    status: number,
  ) {
    super(failure.message, status);
  }
}

/** Starts a sign-in, or ends one: the strategy tells which from the query. */
@Injectable()
export class ThreadsGuard extends AuthGuard('threads') {
  // The guard of @nestjs/passport makes a bare 401 of every failure, and drops the reason.
  override handleRequest<T>(
    error: unknown,
    person: T | false | null,
    failure: ThreadsFailure,
    _context: ExecutionContext,
    status = 403,
  ): T {
    if (error) throw error;
    if (!person) throw new SignInFailed(failure, status);
    return person;
  }
}
