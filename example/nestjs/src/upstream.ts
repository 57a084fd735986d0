import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { ThreadsStrategyOptions } from 'passport-threads-oauth2';
import { createThreadsSimulator, type ThreadsSimulator } from 'passport-threads-oauth2/simulator';
import type { Config } from './config.js';

/** Where Threads is: on the internet, or a simulator on this machine. An app of yours can do without this file. */
export class Upstream implements OnApplicationShutdown {
  private constructor(
    /** Options for the strategy; none are needed for Threads itself. */
    readonly endpoints: Pick<ThreadsStrategyOptions, 'authorizationURL' | 'tokenURL' | 'graphURL'>,
    private readonly simulator?: ThreadsSimulator,
  ) {}

  static async open({ simulator, threads }: Pick<Config, 'simulator' | 'threads'>): Promise<Upstream> {
    if (!simulator) return new Upstream({});
    if ('url' in simulator) {
      const { url } = simulator;
      return new Upstream({
        authorizationURL: `${url}/oauth/authorize`,
        tokenURL: `${url}/oauth/access_token`,
        graphURL: `${url}/v1.0`,
      });
    }
    const { clientID, clientSecret, callbackURL } = threads;
    const server = createThreadsSimulator({
      apps: [{ clientID, clientSecret, name: 'Spool', redirectURIs: [callbackURL] }],
    });
    await server.listen(simulator.port);
    return new Upstream(server.endpoints, server);
  }

  get simulatorOrigin(): string | undefined {
    const { authorizationURL } = this.endpoints;
    return authorizationURL && new URL(authorizationURL).origin;
  }

  onApplicationShutdown(): Promise<void> | undefined {
    return this.simulator?.close();
  }
}

@Global()
@Module({
  providers: [
    {
      provide: Upstream,
      inject: [ConfigService],
      useFactory: (config: ConfigService<Config, true>) =>
        Upstream.open({
          simulator: config.get('simulator', { infer: true }),
          threads: config.get('threads', { infer: true }),
        }),
    },
  ],
  exports: [Upstream],
})
export class UpstreamModule {}
