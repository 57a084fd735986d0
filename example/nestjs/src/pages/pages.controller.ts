import { Controller, Get, Header, Req, Res, UseGuards } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Request, Response } from 'express';
import { OUTCOME_PATH, OutcomeService } from '../auth/outcome.service.js';
import type { Person } from '../auth/person.js';
import { SessionGuard } from '../auth/session.guard.js';
import { SessionService } from '../auth/session.service.js';
import type { Config } from '../config.js';
import { Upstream } from '../upstream.js';
import { homePage, outcomePage, profilePage } from './views.js';

@Controller()
export class PagesController {
  constructor(
    private readonly config: ConfigService<Config, true>,
    private readonly session: SessionService,
    private readonly outcomes: OutcomeService,
    private readonly upstream: Upstream,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  async home(@Req() req: Request): Promise<string> {
    const { simulatorOrigin } = this.upstream;
    const { publicURL } = this.config.get('server', { infer: true });
    return homePage({ signedIn: await this.session.read(req), simulatorOrigin }, publicURL);
  }

  @Get('profile')
  @UseGuards(SessionGuard)
  @Header('Content-Type', 'text/html; charset=utf-8')
  profile(@Req() req: Request): string {
    const person = req.user as Person;
    const { simulatorOrigin } = this.upstream;
    return profilePage({ signedIn: person, simulatorOrigin }, person);
  }

  @Get(OUTCOME_PATH)
  async outcome(@Req() req: Request, @Res() res: Response): Promise<void> {
    const { simulatorOrigin } = this.upstream;
    const outcome = await this.outcomes.read(req);
    const frame = { signedIn: await this.session.read(req), simulatorOrigin };
    if (outcome.retryAfter) res.set('Retry-After', String(Math.ceil(outcome.retryAfter)));
    res.status(outcome.status).type('html').send(outcomePage(frame, outcome));
  }
}
