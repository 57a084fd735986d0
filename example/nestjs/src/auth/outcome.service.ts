import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { JwtService } from '@nestjs/jwt';
import type { CookieOptions, Request, Response } from 'express';
import type { Config } from '../config.js';
import { retryWords, type Why, WORDS } from './words.js';

/** How something ended that did not succeed, in words for the person. */
export interface Outcome {
  status: number;
  title: string;
  text: string;
  /** Seconds. */
  retryAfter?: number | undefined;
  /** What the library says about it to the developer: in development alone. */
  message?: string | undefined;
}

/** The outcome with these words. */
export function outcomeFor(why: Why, retryAfter?: number): Outcome {
  const [status, title, text] = WORDS[why];
  return { status, title, text: `${text} ${retryWords(why, retryAfter)}`.trimEnd(), retryAfter };
}

/** Where the page of an outcome is. The route of the same name is in `pages/pages.controller.ts`. */
export const OUTCOME_PATH = '/sign-in/outcome';

const MINUTES = 10;
const AUDIENCE = 'outcome';
const LONGEST_MESSAGE = 1000;

/**
 * Carries an outcome from the callback to a page of its own, in a signed cookie. The address of the callback holds
 * a code, which may still be good for something, and a state; neither is to stay in an address bar, a history, or
 * a bookmark.
 */
@Injectable()
export class OutcomeService {
  private readonly cookieName: string;
  private readonly cookieOptions: CookieOptions;
  private readonly secret: string;

  constructor(
    private readonly jwt: JwtService,
    config: ConfigService<Config, true>,
  ) {
    const secure = config.get('server', { infer: true }).publicURL.startsWith('https:');
    this.secret = config.get('session', { infer: true }).secret;
    this.cookieName = secure ? '__Host-outcome' : 'outcome';
    this.cookieOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  }

  async redirectTo(res: Response, outcome: Outcome): Promise<void> {
    const bounded = { ...outcome, message: outcome.message?.slice(0, LONGEST_MESSAGE) };
    const token = await this.jwt.signAsync(
      { outcome: bounded },
      { secret: this.secret, algorithm: 'HS256', audience: AUDIENCE, expiresIn: `${MINUTES}m` },
    );
    res.cookie(this.cookieName, token, { ...this.cookieOptions, maxAge: MINUTES * 60 * 1000 });
    res.redirect(303, `${OUTCOME_PATH}#top`);
  }

  async read(req: Request): Promise<Outcome> {
    try {
      const { outcome } = await this.jwt.verifyAsync<{ outcome: Outcome }>(req.cookies?.[this.cookieName], {
        secret: this.secret,
        algorithms: ['HS256'],
        audience: AUDIENCE,
      });
      return outcome;
    } catch {
      // A browser that keeps no cookies needs to know of just that.
      return outcomeFor('no_cookie');
    }
  }
}
