// Types for packages that have none of their own, as far as these tests use them.

declare module 'connect-flash' {
  import type { RequestHandler } from 'express';

  export default function flash(): RequestHandler;
}

declare module 'passport-oauth2-refresh' {
  import type { Strategy } from 'passport';

  type Done = (
    error: unknown,
    accessToken: string,
    refreshToken: string,
    params: Record<string, unknown>,
  ) => void;

  export class AuthTokenRefresh {
    use(strategy: Strategy): void;
    use(name: string, strategy: Strategy): void;
    requestNewAccessToken(name: string, refreshToken: string, done: Done): void;
  }
}
