import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import { originOf } from './endpoints.js';
import { AuthorizationWindowError, Refusal } from './errors.js';
import { isCrossSite } from './hosts.js';
import { unlessRead } from './params.js';
import { type Member, requireMembers } from './settings.js';
import type { SimulatedApp, SimulatedFault, SimulatedUser, ThreadsSimulator, WindowAnswer } from './types.js';

interface Call {
  /** What the JSON body holds; `undefined` where the simulator itself checks it. */
  members: Record<string, Member> | undefined;
  run: (simulator: ThreadsSimulator, body: never) => object | undefined | Promise<object>;
}

const whose: Record<string, Member> = { clientID: 'string', userId: 'string' };
const granted: Record<string, Member> = { clientID: 'string', userId: 'string?', scope: 'names?' };

/** `POST /_simulator/<name>` does what the method of that name does in JavaScript. */
const calls: Record<string, Call> = {
  answer: {
    members: { location: 'string', userId: 'string?', scope: 'names?', decision: 'string?' },
    run: (simulator, { location, ...options }: { location: string } & WindowAnswer) => ({
      location: simulator.answer(location, options),
    }),
  },
  authorize: {
    members: { ...granted, redirectURI: 'string' },
    run: (simulator, options: Parameters<ThreadsSimulator['authorize']>[0]) => ({
      code: simulator.authorize(options),
    }),
  },
  issueToken: {
    members: { ...granted, longLived: 'boolean?' },
    run: (simulator, options: Parameters<ThreadsSimulator['issueToken']>[0]) => ({
      accessToken: simulator.issueToken(options),
    }),
  },
  expireToken: {
    members: { accessToken: 'string' },
    run: (simulator, { accessToken }: { accessToken: string }) => void simulator.expireToken(accessToken),
  },
  logOut: {
    members: { userId: 'string' },
    run: (simulator, { userId }: { userId: string }) => void simulator.logOut(userId),
  },
  revoke: {
    members: { ...whose, code: 'number?' },
    run: (simulator, options: Parameters<ThreadsSimulator['revoke']>[0]) => void simulator.revoke(options),
  },
  removeApp: {
    members: { ...whose, deleteData: 'boolean?' },
    run: (simulator, options: Parameters<ThreadsSimulator['removeApp']>[0]) => simulator.removeApp(options),
  },
  addApp: {
    members: undefined,
    run: (simulator, app: SimulatedApp) => void simulator.addApp(app),
  },
  addUser: {
    members: undefined,
    run: (simulator, user: SimulatedUser) => void simulator.addUser(user),
  },
  fail: {
    members: undefined,
    run: (simulator, { endpoint, ...fault }: { endpoint: string } & SimulatedFault) =>
      void simulator.fail(endpoint, fault),
  },
  travel: {
    members: { milliseconds: 'number' },
    run: (simulator, { milliseconds }: { milliseconds: number }) => void simulator.travel(milliseconds),
  },
  reset: {
    members: {},
    run: (simulator) => void simulator.reset(),
  },
};

/** The control API: the simulator's methods as JSON over HTTP, for tests in any language. */
export function routeControl(
  app: Express,
  readJSON: RequestHandler,
  simulator: () => ThreadsSimulator,
): void {
  app.get('/_simulator', (req, res) => {
    res.json({
      endpoints: simulator().endpointsAt(originOf(req)),
      calls: Object.keys(calls).map((name) => `POST /_simulator/${name}`),
      requests: 'GET /_simulator/requests',
    });
  });

  app.get('/_simulator/requests', (_req, res) => {
    res.json({ requests: simulator().requests });
  });

  app.post('/_simulator/:call', refuseWebsites, unlessRead(readJSON), (req, res, next) => {
    const name = req.params.call as string;
    const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
    if (!call) return next();
    const body: unknown = req.body ?? {};
    perform(call, simulator(), body).then((answer) => res.json(answer ?? {}), next);
  });

  app.use('/_simulator', (req, res) => {
    const known = req.path === '/' || req.path === '/requests' || Object.hasOwn(calls, req.path.slice(1));
    const message = known
      ? `${req.method} is not how to call this: GET /_simulator says how`
      : 'There is no such call: GET /_simulator lists them';
    res.status(known ? 405 : 404).json({ error: { message } });
  });

  // Express tells an error handler by its four parameters.
  app.use('/_simulator', (error: Error, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent || error instanceof Refusal) return next(error);
    // JSON.parse quotes what it could not read, which may hold a secret.
    const message = error instanceof SyntaxError ? 'The body is no JSON' : error.message;
    const errorCode = error instanceof AuthorizationWindowError ? { errorCode: error.errorCode } : {};
    res.status(400).json({ error: { message, ...errorCode } });
  });
}

async function perform({ members, run }: Call, simulator: ThreadsSimulator, body: unknown) {
  if (members) requireMembers('The body', body, members);
  else if (typeof body !== 'object' || Array.isArray(body)) throw new TypeError('The body must be an object');
  return run(simulator, body as never);
}

/** A form of another website in the same browser cannot be JSON, and must not pull the strings. */
function refuseWebsites(req: Request, _res: Response, next: NextFunction): void {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length']) > 0;
  if (isCrossSite(req)) next(new Error('Another website may not call this'));
  else if (hasBody && !req.is('json'))
    next(new TypeError('The body must be JSON: Content-Type: application/json'));
  else next();
}
