import { join } from 'node:path';
import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import cookieParser from 'cookie-parser';
import type { NextFunction, Request, Response } from 'express';
import { AppModule } from './app.module.js';
import { ROOT } from './paths.js';
import { Upstream } from './upstream.js';

/** The whole app, ready to listen. */
export async function createApp(options: NestApplicationOptions = {}): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    abortOnError: false,
    ...options,
  });
  app.disable('x-powered-by');
  app.use(securityHeaders(app.get(Upstream).simulatorOrigin));
  app.useStaticAssets(join(ROOT, 'public'), { index: false });
  app.use(cookieParser(), (_req: Request, res: Response, next: NextFunction) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  return app;
}

function securityHeaders(simulatorOrigin: string | undefined) {
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
  return (_req: Request, res: Response, next: NextFunction) => {
    res.set({
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    });
    next();
  };
}
