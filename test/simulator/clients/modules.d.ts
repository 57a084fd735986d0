// Types for packages that have none of their own, or none that fit Node's module resolution, as far as these tests
// use them.

declare module 'grant' {
  import type { RequestHandler } from 'express';

  const grant: { express(config: Record<string, object>): RequestHandler };
  export default grant;
}

declare module 'simple-oauth2' {
  interface Token {
    token: Record<string, unknown>;
  }
  export class AuthorizationCode {
    constructor(config: {
      client: { id: string; secret: string };
      auth: { tokenHost: string; tokenPath: string; authorizePath: string };
      options?: { authorizationMethod?: 'header' | 'body'; scopeSeparator?: string };
    });
    authorizeURL(params: { redirect_uri: string; scope: string[]; state: string }): string;
    getToken(params: { code: string; redirect_uri: string }): Promise<Token>;
  }
}

declare module 'passport-threads' {
  import type { Strategy as PassportStrategy } from 'passport';

  export interface Profile {
    provider: string;
    id: string;
    username: string;
  }
  export class Strategy extends PassportStrategy {
    constructor(
      options: Record<string, unknown>,
      verify: (
        accessToken: string,
        refreshToken: string,
        profile: Profile,
        done: (error: unknown, user?: object | false) => void,
      ) => void,
    );
  }
}
