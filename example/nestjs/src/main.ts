import { ConfigModule, ConfigService } from '@nestjs/config';
import { createApp } from './app.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { Upstream } from './upstream.js';

main().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});

async function main(): Promise<void> {
  // Checked here first, since Nest would print a stack trace around what is a note to the developer.
  await ConfigModule.envVariablesLoaded;
  loadConfig(process.env);

  const app = await createApp({ logger: ['error', 'warn', 'fatal'] });
  app.enableShutdownHooks();
  const config = app.get<ConfigService<Config, true>>(ConfigService);
  const { port, publicURL } = config.get('server', { infer: true });
  const { simulatorOrigin } = app.get(Upstream);
  try {
    // With a simulator everybody can be anybody, so nobody on the network is to come by.
    if (simulatorOrigin) await app.listen(port, '127.0.0.1');
    else await app.listen(port);
  } catch (error) {
    await app.close();
    throw error;
  }

  const lines = simulatorOrigin
    ? [
        `Signing in against the simulator at ${simulatorOrigin}: no Meta app is needed.`,
        'To use Threads itself, fill in .env (see .env.example).',
      ]
    : [`Signing in against Threads with app ${config.get('threads', { infer: true }).clientID}.`];
  if (config.get('session', { infer: true }).secretIsRandom) {
    lines.push('JWT_SECRET is not set, so everyone is signed out when the app restarts.');
  }
  console.log(['', `  Open ${publicURL}`, '', ...lines.map((line) => `  ${line}`), ''].join('\n'));
}

function explain(error: unknown): unknown {
  if (error instanceof ConfigError) return error.message;
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use. Stop the program that has it, or choose another with PORT (or SIMULATOR_PORT).`;
  }
  return error;
}
