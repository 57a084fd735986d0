import { join } from 'node:path';
import { HttpException, HttpStatus, type NestApplicationOptions } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import cookieParser from 'cookie-parser';
import type { NextFunction, Request, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { AppModule } from './app.module.js';
import type { Config } from './config.js';
import { ROOT } from './paths.js';
import { Upstream } from './upstream.js';

/** Seconds. */
const YEAR = 365 * 24 * 60 * 60;

/** The whole app, ready to listen. */
export async function createApp(options: NestApplicationOptions = {}): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    abortOnError: false,
    ...options,
  });
  const config = app.get<ConfigService<Config, true>>(ConfigService);
  const { publicURL } = config.get('server', { infer: true });
  const https = publicURL.startsWith('https:');
  app.disable('x-powered-by');
  // A tunnel, or a proxy with a certificate, runs on this machine.
  app.set('trust proxy', https ? 'loopback' : false);
  app.use(securityHeaders(https, app.get(Upstream).simulatorOrigin));
  app.useStaticAssets(join(ROOT, 'public'), { index: false });
  app.use(cookieParser(), (_req: Request, res: Response, next: NextFunction) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  app.use('/auth/threads', limitRequests(config.get('signInLimit', { infer: true })));
  return app;
}

/** Lets one address make so many requests a minute. What it counts, it counts in this process alone. */
function limitRequests(limit: number) {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // For the exception filter.
    handler: (_req, _res, next) =>
      next(
        new HttpException(
          'Too many sign-ins were started or finished from your network. Please wait a minute.',
          HttpStatus.TOO_MANY_REQUESTS,
        ),
      ),
  });
}

function securityHeaders(https: boolean, simulatorOrigin: string | undefined) {
  // Profile pictures come from Threads' own servers over https, or from the simulator.
  const pictures = ["'self'", 'https:', simulatorOrigin].filter(Boolean).join(' ');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src ${pictures}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return (req: Request, res: Response, next: NextFunction) => {
    // Browsers ignore it over plain http, and so it is not sent there.
    if (https && req.secure) res.set('Strict-Transport-Security', `max-age=${YEAR}`);
    res.set({
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      // With "no-referrer" browsers would keep the origin of a form to themselves, which sign-out looks at.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  };
}
