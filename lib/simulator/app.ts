import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import { routeControl } from './control.js';
import { endpointOf } from './endpoints.js';
import {
  AuthorizationWindowError,
  graphRefusal,
  Refusal,
  tokenRefusal,
  unknownWindowError,
} from './errors.js';
import type { Faults } from './faults.js';
import { routeGraph } from './graph.js';
import { requireKnownHost } from './hosts.js';
import { note } from './notes.js';
import { InvalidParameter, readBodies } from './params.js';
import type { RequestLog } from './request-log.js';
import type { Store } from './store.js';
import { routeTokens } from './token.js';
import type { ThreadsSimulator } from './types.js';
import { routeWebsite } from './website.js';

/** What the routes work on. */
export interface Parts {
  store: Store;
  faults: Faults;
  log: RequestLog;
  /** Whether browsers find the authorization window without a log-in page before it. */
  loggedIn: boolean;
  /** Host names that are let in beside loopback. */
  knownHosts: ReadonlySet<string>;
  /** The simulator itself, for the control API; it exists by the time of a request. */
  simulator: () => ThreadsSimulator;
}

/** Puts the routes together. Everything the simulator answers passes through here. */
export function createApp({
  store,
  faults,
  log,
  loggedIn,
  knownHosts,
  simulator,
}: Parts): (req: IncomingMessage, res: ServerResponse) => void {
  const express = loadExpress();
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', 'loopback');

  app.use(requireKnownHost(knownHosts), (_req, res, next) => {
    res.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    next();
  });
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });
  routeControl(app, express.json({ limit: '64kb' }), simulator);

  app.use((req, res, next) => log.begin(req, res, next));
  app.use(readBodies(express));
  app.use((req, res, next) => log.noteBody(req, res, next));
  app.use((req, res, next) => faults.handle(req, res, next));

  routeTokens(app, store);
  routeGraph(app, store);
  routeWebsite(app, store, loggedIn);

  // *Observed*: the exchange for a long-lived token has no version in its path.
  app.all('/v1.0/access_token', (req) => {
    const message = `Unsupported request - method type: ${req.method.toLowerCase()}`;
    note(req, 'The exchange for a long-lived token is at /access_token, without a version');
    throw graphRefusal(100, message, { type: 'THApiException' });
  });

  app.use((req, res) => {
    const allowed = methods.get(endpointOf(req.path));
    if (!allowed) throw graphRefusal(2500, 'Unknown path components', { status: 404 });
    res.set('Allow', allowed);
    const method = req.method.toLowerCase();
    const message = `Unsupported request - method type: ${method}`;
    note(req, `${endpointOf(req.path)} takes ${allowed}`);
    throw graphRefusal(100, message, { type: 'GraphMethodException', status: 405 });
  });

  // Express tells an error handler by its four parameters.
  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    const shown = windowErrorFor(error, req.path);
    if (shown) return res.redirect(302, `${req.baseUrl}/oauth/authorize/error.json?${shown}`);
    const refusal = refusalFor(error, req.path);
    res.status(refusal.status).json(refusal.body);
  });

  return (req, res) => app(req, res);
}

const methods = new Map([
  ['/', 'GET, HEAD'],
  ['/login', 'GET, HEAD, POST'],
  ['/remove', 'POST'],
  ['/oauth/authorize', 'GET, HEAD, POST'],
  ['/oauth/access_token', 'GET, HEAD, POST'],
  ['/access_token', 'GET, HEAD'],
  ['/refresh_access_token', 'GET, HEAD'],
  ['/oauth/authorize/error.json', 'GET, HEAD'],
  ['/debug_token', 'GET, HEAD'],
  ['/me', 'GET, HEAD'],
]);

function refusalFor(error: unknown, path: string): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof InvalidParameter) return badRequest(error.message, path);
  // body-parser and the router mark what the client did wrong.
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return badRequest('The request could not be read', path);
  }
  return graphRefusal(1, 'An unknown error has occurred', { status: 500 });
}

function windowErrorFor(error: unknown, path: string): URLSearchParams | undefined {
  if (endpointOf(path) !== '/oauth/authorize' || error instanceof Refusal) return undefined;
  const { errorCode, message } = error instanceof AuthorizationWindowError ? error : unknownWindowError();
  return new URLSearchParams({ error_message: message, error_code: String(errorCode) });
}

function badRequest(message: string, path: string): Refusal {
  if (endpointOf(path) === '/oauth/access_token') return tokenRefusal(message);
  return graphRefusal(100, `(#100) ${message}`);
}

function loadExpress(): typeof import('express') {
  try {
    return require('express');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(
      'The simulator needs express: npm install --save-dev passport-threads-oauth2 express. Where there is no package.json: npx -p passport-threads-oauth2 -p express passport-threads-oauth2 simulator',
      { cause },
    );
  }
}
