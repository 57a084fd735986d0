import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Passport } from 'passport';
import { ThreadsStrategy } from '../../lib/index.js';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { read, snippets } from './markdown.js';

const recipe =
  snippets(read('docs/testing.md')).find(({ code }) => code.includes('simulator.answer('))?.code ?? '';
const AsyncFunction = (async () => {}).constructor as FunctionConstructor;

describe('the login of a test in docs/testing.md', () => {
  let simulator: ThreadsSimulator;
  let server: Server;
  let origin: string;

  beforeEach(async () => {
    const passport = new Passport();
    const app = express();
    app.get('/auth/threads', passport.authenticate('threads', { session: false }));
    app.get('/auth/threads/callback', passport.authenticate('threads', { session: false }), (req, res) => {
      res.json(req.user);
    });
    app.use((error: { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
      res.sendStatus(error.status ?? 500);
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { clientID: '1', clientSecret: 'simulated-secret' };
    const callbackURL = `${origin}/auth/threads/callback`;
    simulator = createThreadsSimulator({ apps: [{ ...credentials, redirectURIs: [callbackURL] }] });
    await simulator.listen();
    passport.use(
      new ThreadsStrategy(
        { ...credentials, callbackURL, scope: 'threads_delete', ...simulator.endpoints },
        async (_accessToken, _refreshToken, profile) => profile as object as Express.User,
      ),
    );
  });

  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await simulator.close();
  });

  /** Runs the snippet as it stands, or with a second argument of `answer`. */
  const login = (second = '') =>
    new AsyncFunction(
      'origin',
      'simulator',
      `${recipe.replace("get('location')))", `get('location'))${second})`)}\nreturn end;`,
    )(origin, simulator) as Promise<globalThis.Response>;

  it('signs a person in', async () => {
    const end = await login();
    expect([end.status, await end.json()]).to.have.nested.property('[1].username', 'ada.okafor');
  });

  it('shows a denial', async () => {
    expect((await login(", { decision: 'cancel' }")).status).to.equal(403);
  });

  it('shows a missing permission', async () => {
    const end = await login(", { scope: ['threads_basic'] }");
    const user = (await end.json()) as { scopes: string[] };
    expect(user.scopes).to.deep.equal(['threads_basic']);
  });

  it('fails when the app asks for the wrong thing', async () => {
    simulator.addApp({
      clientID: '1',
      clientSecret: 'simulated-secret',
      redirectURIs: ['https://a.example/'],
    });
    const error = await login().catch((reason: Error) => reason);
    expect(error).to.include({ name: 'AuthorizationWindowError', errorCode: 1349168 });
  });

  it('shows Threads being down', async () => {
    simulator.fail('*', { status: 503 });
    expect((await login()).status).to.equal(502);
  });
});
