import { Controller, Get, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CALLBACK_PATH } from '../config.js';
import { OriginGuard } from './origin.guard.js';
import type { Person } from './person.js';
import { SessionGuard } from './session.guard.js';
import { SessionService } from './session.service.js';
import { ThreadsGuard } from './threads.guard.js';

@Controller()
export class AuthController {
  constructor(private readonly session: SessionService) {}

  @Get('auth/threads')
  @UseGuards(ThreadsGuard)
  signIn(): void {
    // Not reached: the guard sends the person to Threads.
  }

  @Get(CALLBACK_PATH)
  @UseGuards(ThreadsGuard)
  async signedIn(@Req() req: Request, @Res() res: Response): Promise<void> {
    await this.session.begin(res, req.user as Person);
    // Threads ends its redirect in `#_`, and a browser carries a fragment along through every redirect whose
    // `Location` has none. `#top` is the one that HTML defines for every page; page.js tidies it away.
    res.redirect(303, '/profile#top');
  }

  @Post('sign-out')
  @UseGuards(SessionGuard, OriginGuard)
  async signOut(@Req() req: Request, @Res() res: Response): Promise<void> {
    await this.session.end(req, res);
    res.redirect(303, '/');
  }
}
