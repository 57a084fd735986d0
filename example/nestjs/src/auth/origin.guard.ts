import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Request } from 'express';
import type { Config } from '../config.js';

/** Lets in what a page of this app sends. Browsers name the origin of every POST themselves. */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(private readonly config: ConfigService<Config, true>) {}

  canActivate(context: ExecutionContext): boolean {
    const { publicURL } = this.config.get('server', { infer: true });
    if (context.switchToHttp().getRequest<Request>().headers.origin === publicURL) return true;
    throw new ForbiddenException('The request did not come from a page of this app, so nothing has changed.');
  }
}
