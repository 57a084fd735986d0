import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { JwtService } from '@nestjs/jwt';
import type { CookieOptions, Request, Response } from 'express';
import type { Config } from '../config.js';
import type { Person } from './person.js';

const HOURS = 8;

/** Who is signed in: a JSON Web Token in a cookie, so that the server remembers nobody. */
@Injectable()
export class SessionService {
  private readonly cookieName: string;
  private readonly cookieOptions: CookieOptions;
  private readonly secret: string;

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
      subject: id,
      expiresIn: `${HOURS}h`,
    });
    res.cookie(this.cookieName, token, { ...this.cookieOptions, maxAge: HOURS * 60 * 60 * 1000 });
  }

  async read(req: Request): Promise<Person | undefined> {
    const token: unknown = req.cookies[this.cookieName];
    if (typeof token !== 'string') return undefined;
    try {
      const { sub, ...person } = await this.jwt.verifyAsync<Omit<Person, 'id'> & { sub: string }>(token, {
        secret: this.secret,
        algorithms: ['HS256'],
      });
      return { ...person, id: sub };
    } catch {
      return undefined;
    }
  }

  end(res: Response): void {
    res.clearCookie(this.cookieName, this.cookieOptions);
  }
}
