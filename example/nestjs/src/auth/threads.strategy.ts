import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy, type ThreadsProfile } from 'passport-threads-oauth2';
import type { Config } from '../config.js';
import { Upstream } from '../upstream.js';
import type { Person } from './person.js';

@Injectable()
export class ThreadsStrategy extends PassportStrategy(Strategy, 'threads') {
  constructor(config: ConfigService<Config, true>, upstream: Upstream) {
    const threads: Config['threads'] = config.get('threads', { infer: true });
    super({ ...threads, ...upstream.endpoints });
  }

  /** Runs after Threads has vouched for the person. Whatever it resolves to becomes `req.user`. */
  async validate(
    _accessToken: string,
    _refreshToken: string | undefined,
    profile: ThreadsProfile,
  ): Promise<Person> {
    return {
      id: profile.id,
      username: profile.username,
      name: profile.displayName,
      picture: profile.photos?.[0]?.value,
      scopes: profile.scopes,
    };
  }
}
