import { type ExecutionContext, HttpException, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';

/** What the strategy says about a sign-in that failed. */
interface Failure {
  type?: string;
  message?: string;
}

/** A sign-in that failed; for the exception filter. */
export class SignInFailed extends HttpException {
  readonly type: string | undefined;

  constructor({ type, message = 'The sign-in failed' }: Failure, status = 401) {
    super(message, status);
    this.type = type;
  }
}

/** Starts a sign-in, or ends one: the strategy tells which from the query. */
@Injectable()
export class ThreadsGuard extends AuthGuard('threads') {
  // The guard of @nestjs/passport makes a bare 401 of every failure, and drops the reason.
  override handleRequest<T>(
    error: unknown,
    person: T | false | null,
    failure: Failure | undefined,
    _context: ExecutionContext,
    status?: number,
  ): T {
    if (error) throw error;
    if (!person) throw new SignInFailed(failure ?? {}, status);
    return person;
  }
}
