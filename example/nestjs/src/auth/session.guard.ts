import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { SessionService } from './session.service.js';

/** Lets in who is signed in, as `req.user`. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly session: SessionService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const req = context.switchToHttp().getRequest<Request>();
    const person = await this.session.read(req);
    if (!person) throw new UnauthorizedException();
    req.user = person;
    return true;
  }
}
