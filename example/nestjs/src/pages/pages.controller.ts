import { Controller, Get, Header, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import type { Person } from '../auth/person.js';
import { SessionGuard } from '../auth/session.guard.js';
import { SessionService } from '../auth/session.service.js';
import { Upstream } from '../upstream.js';
import { homePage, profilePage } from './views.js';

@Controller()
export class PagesController {
  constructor(
    private readonly session: SessionService,
    private readonly upstream: Upstream,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  async home(@Req() req: Request): Promise<string> {
    const { simulatorOrigin } = this.upstream;
    return homePage({ title: 'Sign in', signedIn: await this.session.read(req), simulatorOrigin });
  }

  @Get('profile')
  @UseGuards(SessionGuard)
  @Header('Content-Type', 'text/html; charset=utf-8')
  profile(@Req() req: Request): string {
    const person = req.user as Person;
    const { simulatorOrigin } = this.upstream;
    return profilePage({ title: 'Your profile', signedIn: person, simulatorOrigin }, person);
  }
}
