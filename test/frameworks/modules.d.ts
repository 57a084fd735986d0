// Types for packages that have none of their own, as far as these tests use them.

declare module 'express4' {
  export { default } from 'express';
}

declare module 'koa-passport' {
  import type { Middleware } from 'koa';
  import type { AuthenticateCallback, Strategy } from 'passport';

  export class KoaPassport {
    use(strategy: Strategy): this;
    serializeUser(
      serialize: (user: Express.User, done: (error: unknown, id?: unknown) => void) => void,
    ): void;
    initialize(): Middleware;
    session(): Middleware;
    authenticate(
      name: string,
      callback: (...outcome: Parameters<AuthenticateCallback>) => unknown,
    ): Middleware;
    authenticate(name: string, options: object): Middleware;
  }
}

declare module 'cookie-session' {
  import type { RequestHandler } from 'express';

  export default function cookieSession(options: { name: string; keys: string[] }): RequestHandler;
}
