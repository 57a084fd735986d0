import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { AuthController } from './auth.controller.js';
import { OutcomeService } from './outcome.service.js';
import { SessionService } from './session.service.js';
import { ThreadsStrategy } from './threads.strategy.js';

@Module({
  imports: [PassportModule, JwtModule],
  controllers: [AuthController],
  providers: [ThreadsStrategy, SessionService, OutcomeService],
  exports: [SessionService, OutcomeService],
})
export class AuthModule {}
