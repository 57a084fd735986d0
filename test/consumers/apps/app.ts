import type { AddressInfo } from 'node:net';
import express from 'express';
import passport from 'passport';
import {
  Strategy,
  type ThreadsAuthenticateOptions,
  ThreadsGraphAPIError,
  ThreadsStrategy,
  type TokenInfo,
  verifyToken,
} from 'passport-threads-oauth2';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';
import { signIn } from './browser.cjs';

interface Person {
  id: string;
  name: string | undefined;
  isValid: boolean;
}

declare global {
  namespace Express {
    interface User extends Person {}
    interface AuthInfo {
      state?: { returnTo: string };
    }
  }
}

async function main(): Promise<void> {
  const simulator = createThreadsSimulator();
  await simulator.listen();
  const app = express();
  const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
    const starting = app.listen(0, '127.0.0.1', () => resolve(starting));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callbackURL = `${origin}/callback`;
  const { clientID, clientSecret } = simulatedApp;
  simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });

  passport.use(
    new ThreadsStrategy(
      { clientID, clientSecret, callbackURL, ...simulator.endpoints },
      async (accessToken, _refreshToken, profile) => {
        const token: TokenInfo = await verifyToken(accessToken, {
          accessToken,
          graphURL: simulator.endpoints.graphURL,
        });
        const { isValid } = token;
        return { id: profile.id, name: profile.displayName, isValid };
      },
    ),
  );
  const options: ThreadsAuthenticateOptions = { state: { returnTo: '/home' } };
  app.get('/login', passport.authenticate('threads', options as object));
  app.get('/callback', passport.authenticate('threads', { session: false }), (req, res) => {
    const { user, authInfo } = req;
    res.json({ user, returnTo: authInfo?.state?.returnTo, alias: Strategy === ThreadsStrategy });
  });
  const onError: express.ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(502).send(error instanceof ThreadsGraphAPIError ? error.reason : String(error));
  };
  app.use(onError);

  console.log(JSON.stringify(await signIn(`${origin}/login`)));
  server.closeAllConnections();
  server.close();
  await simulator.close();
}

main();
