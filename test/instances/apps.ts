import type { Server } from 'node:http';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { ThreadsStrategy } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { asUser } from '../support/user.js';
import { freePorts, Opened, temporaryFolder } from './programs.js';
import { startProxy } from './proxy.js';

/** Two small apps behind one proxy, with sessions in the memory of each. */
export interface Apps {
  readonly origin: string;
  readonly simulator: ThreadsSimulator;
  close(): Promise<void>;
}

/**
 * Starts two apps in this process. What the strategy makes of a login is their answer: the status, and as JSON
 * either the person or the reason.
 *
 * @param state - the strategy's option
 */
export async function startApps(state: true | undefined): Promise<Apps> {
  const opened = new Opened();
  try {
    const [port, ...ports] = (await freePorts(3)) as [number, number, number];
    const origin = `http://127.0.0.1:${port}`;
    const callbackURL = `${origin}/callback`;
    const simulator = createThreadsSimulator({ apps: [{ ...simulatedApp, redirectURIs: [callbackURL] }] });
    await simulator.listen();
    opened.add(() => simulator.close());

    for (const port of ports) {
      const { clientID, clientSecret } = simulatedApp;
      const strategy = new ThreadsStrategy(
        { clientID, clientSecret, callbackURL, ...simulator.endpoints, ...(state && { state }) },
        async (_accessToken, _refreshToken, profile) => asUser(profile),
      );
      const server = await listen(createApp(strategy), port);
      opened.add(() => closeServer(server));
    }
    const upstreams = ports.map((port) => `127.0.0.1:${port}`);
    await startProxy(opened, await temporaryFolder(opened), port, upstreams);
    return { origin, simulator, close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function createApp(strategy: ThreadsStrategy): express.Express {
  const authenticator = new passport.Passport();
  authenticator.use(strategy);
  const app = express();
  app.use(
    session({ secret: 'one secret for both', resave: false, saveUninitialized: false, name: 'session' }),
  );
  app.get('/', (_req, res) => {
    res.send('home');
  });
  app.get('/login', authenticator.authenticate('threads', { session: false }));
  app.get('/callback', (req, res, next) => {
    const finish: passport.AuthenticateCallback = (error, user, info, status) => {
      if (error) next(error);
      else if (user) res.json(user);
      else res.status(Number(status)).json(info);
    };
    authenticator.authenticate('threads', { session: false }, finish)(req, res, next);
  });
  return app;
}

function listen(app: express.Express, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, '127.0.0.1', (error) => (error ? reject(error) : resolve(server)));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
