import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_FILTER } from '@nestjs/core';
import { AuthModule } from './auth/auth.module.js';
import { loadConfig } from './config.js';
import { PageFilter } from './pages/page.filter.js';
import { PagesController } from './pages/pages.controller.js';
import { ROOT } from './paths.js';
import { UpstreamModule } from './upstream.js';

@Module({
  imports: [
    ConfigModule.forRoot({
      isGlobal: true,
      envFilePath: join(ROOT, '.env'),
      load: [() => loadConfig(process.env)],
      // The environment is read in one place: config.ts.
      skipProcessEnv: true,
    }),
    UpstreamModule,
    AuthModule,
  ],
  controllers: [PagesController],
  providers: [{ provide: APP_FILTER, useClass: PageFilter }],
})
export class AppModule {}
