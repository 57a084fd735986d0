import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { JwtService } from '@nestjs/jwt';
import type { CookieOptions, Request, Response } from 'express';
import type { Config } from '../config.js';
import type { Person } from './person.js';

const HOURS = 8;
// Tells this app's tokens apart, which all have the same key.
const AUDIENCE = 'session';

/** What stands in the token. */
interface Claims extends Omit<Person, 'id'> {
  sub: string;
  /** The id of the session. */
  jti: string;
  /** Unix seconds. */
  exp: number;
}

/** Who is signed in: a JSON Web Token in a cookie, so that the server remembers only who has signed out. */
@Injectable()
export class SessionService {
  private readonly cookieName: string;
  private readonly cookieOptions: CookieOptions;
  private readonly secret: string;
  /** The sessions that were ended before their time, each until that: Unix seconds by session id. */
  private readonly ended = new Map<string, number>();

  constructor(
    private readonly jwt: JwtService,
    config: ConfigService<Config, true>,
  ) {
    const secure = config.get('server', { infer: true }).publicURL.startsWith('https:');
    this.secret = config.get('session', { infer: true }).secret;
    this.cookieName = secure ? '__Host-signed-in' : 'signed-in';
    this.cookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  }

  async begin(res: Response, { id, ...person }: Person): Promise<void> {
    const token = await this.jwt.signAsync(person, {
      secret: this.secret,
      algorithm: 'HS256',
      audience: AUDIENCE,
      subject: id,
      jwtid: randomUUID(),
      expiresIn: `${HOURS}h`,
    });
    res.cookie(this.cookieName, token, { ...this.cookieOptions, maxAge: HOURS * 60 * 60 * 1000 });
  }

  async read(req: Request): Promise<Person | undefined> {
    const claims = await this.claimsOf(req);
    if (!claims) return undefined;
    const { sub, username, name, picture, scopes } = claims;
    return { id: sub, username, name, picture, scopes };
  }

  /** Ends the session for everybody who has its cookie, as far as this process and its lifetime go. */
  async end(req: Request, res: Response): Promise<void> {
    const now = Date.now() / 1000;
    for (const [id, expires] of this.ended) if (expires <= now) this.ended.delete(id);
    const claims = await this.claimsOf(req);
    if (claims) this.ended.set(claims.jti, claims.exp);
    res.clearCookie(this.cookieName, this.cookieOptions);
  }

  private async claimsOf(req: Request): Promise<Claims | undefined> {
    const token: unknown = req.cookies?.[this.cookieName];
    if (typeof token !== 'string') return undefined;
    try {
      const claims = await this.jwt.verifyAsync<Claims>(token, {
        secret: this.secret,
        algorithms: ['HS256'],
        audience: AUDIENCE,
      });
      return this.ended.has(claims.jti) ? undefined : claims;
    } catch {
      return undefined;
    }
  }
}
