import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';
import { simulatedApp, simulatedUsers } from './defaults.js';
import { hostNameOf } from './hosts.js';
import { scopeNames } from './params.js';
import { removeApp } from './removal.js';
import { type Grant, Store } from './store.js';
import type { SimulatedApp, SimulatedUser, ThreadsSimulator, ThreadsSimulatorOptions } from './types.js';

export { simulatedApp, simulatedUsers } from './defaults.js';
export { AuthorizationWindowError } from './errors.js';
export type {
  CallbackAnswer,
  RemovalReport,
  SimulatedApp,
  SimulatedRequest,
  SimulatedUser,
  ThreadsSimulator,
  ThreadsSimulatorOptions,
} from './types.js';

/**
 * Creates a Threads that runs on this machine: the authorization window, every token endpoint, `debug_token` in
 * the Threads and the Facebook Graph dialect, `/me`, and the callbacks that follow a removal. Its state lives in
 * memory and its answers are Threads' own, errors included.
 *
 * @throws Error when `express`, an optional peer dependency, is not installed
 * @throws TypeError for an app or user that Threads could not hold
 *
 * @example
 * const simulator = createThreadsSimulator();
 * await simulator.listen();
 * passport.use(new ThreadsStrategy({ ...credentials, ...simulator.endpoints }, verify));
 */
export function createThreadsSimulator(options: ThreadsSimulatorOptions = {}): ThreadsSimulator {
  const { apps = [simulatedApp], users = simulatedUsers, now = () => Date.now(), hosts = [] } = options;
  const store = new Store(now);
  for (const app of apps) store.addApp(app);
  for (const user of users) store.addUser(user);
  const knownHosts = new Set(hosts.map(requireHostName));
  const handler = createApp(store, knownHosts);
  let server: Server | undefined;
  let origin: string | undefined;

  function requireApp(clientID: string): SimulatedApp {
    const app = store.apps.get(clientID);
    if (!app) throw new Error(`The simulator knows no app with the client ID ${clientID}`);
    return app;
  }

  function requireUser(id: string | undefined): SimulatedUser {
    const user = id === undefined ? store.users.values().next().value : store.users.get(id);
    if (!user)
      throw new Error(id === undefined ? 'The simulator has no users' : `The simulator knows no user ${id}`);
    return user;
  }

  function allow(
    clientID: string,
    userId?: string,
    scope: string | readonly string[] = 'threads_basic',
  ): Grant {
    const app = requireApp(clientID);
    const user = requireUser(userId);
    if (!store.mayLogIn(user, app)) throw new Error(`@${user.username} is not a tester of app ${clientID}`);
    return store.grant(app, user, scopeNames(scope));
  }

  return {
    handler,

    listen(port = 0, host = '127.0.0.1') {
      return new Promise((resolve, reject) => {
        if (server) return reject(new Error('The simulator already listens'));
        const starting = createServer(handler);
        server = starting;
        starting.once('error', (error) => {
          server = undefined;
          reject(error);
        });
        starting.listen(port, host, () => {
          knownHosts.add(hostNameOf(urlHost(host)) ?? host);
          origin = `http://${urlHost(host)}:${(starting.address() as AddressInfo).port}`;
          resolve(origin);
        });
      });
    },

    async close() {
      const closing = server;
      server = undefined;
      origin = undefined;
      if (!closing) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeAllConnections();
      });
    },

    get endpoints() {
      if (origin === undefined) throw new Error('The simulator has no address yet: await listen() first');
      return {
        authorizationURL: `${origin}/oauth/authorize`,
        tokenURL: `${origin}/oauth/access_token`,
        graphURL: `${origin}/v1.0`,
      };
    },

    addApp: (app) => store.addApp(app),

    addUser: (user) => store.addUser(user),

    authorize({ clientID, redirectURI, userId, scope }) {
      if (!requireApp(clientID).redirectURIs.includes(redirectURI)) {
        throw new Error(`App ${clientID} has not registered the redirect URI ${redirectURI}`);
      }
      return store.issueCode(allow(clientID, userId, scope), redirectURI);
    },

    issueToken({ clientID, userId, scope, longLived = false }) {
      const grant = allow(clientID, userId, scope);
      return store.issueToken({ grant, session: grant.session, scopes: grant.scopes }, longLived);
    },

    revoke({ clientID, userId }) {
      store.revoke(requireApp(clientID).clientID, requireUser(userId).id);
    },

    async removeApp({ clientID, userId, deleteData = false }) {
      return removeApp(store, requireApp(clientID), requireUser(userId), deleteData);
    },

    expireToken(accessToken) {
      const token = store.token(accessToken);
      if (!token) throw new Error('The simulator issued no such token');
      token.expiresAt = Math.min(token.expiresAt, store.now());
    },

    logOut(userId) {
      store.logOut(requireUser(userId).id);
    },

    get requests() {
      return [...store.requests];
    },
  };
}

function requireHostName(host: string): string {
  const name = typeof host === 'string' ? hostNameOf(host) : undefined;
  if (name === undefined || /:\d+$/.test(host)) {
    throw new TypeError('hosts must hold names such as "simulator.test", without scheme and port');
  }
  return name;
}

function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
