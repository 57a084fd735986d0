import { createApp } from './app.js';
import { answerWindow } from './authorization.js';
import { endpointsAt } from './endpoints.js';
import { Faults } from './faults.js';
import { hostNameOf, requireHostName } from './hosts.js';
import { Listener } from './listener.js';
import { scopeNames } from './params.js';
import { removeApp } from './removal.js';
import { RequestLog } from './request-log.js';
import { requireMembers, simulatedApp, simulatedUsers } from './settings.js';
import { type Grant, Store } from './store.js';
import type { SimulatedApp, SimulatedUser, ThreadsSimulator, ThreadsSimulatorOptions } from './types.js';

export { AuthorizationWindowError } from './errors.js';
export { simulatedApp, simulatedUsers } from './settings.js';
export type {
  CallbackAnswer,
  RemovalReport,
  RevokedTokenCode,
  SimulatedApp,
  SimulatedEndpoints,
  SimulatedFault,
  SimulatedRequest,
  SimulatedUser,
  ThreadsSimulator,
  ThreadsSimulatorOptions,
  WindowAnswer,
} from './types.js';

/**
 * Creates a Threads that runs on this machine: the authorization window, every token endpoint, `debug_token` in
 * the Threads and the Facebook Graph dialect, `/me`, and the callbacks that follow a removal. Its state lives in
 * memory and its answers are Threads' own, errors included.
 *
 * @throws Error when `express`, an optional peer dependency, is not installed
 * @throws TypeError for an option that is unknown or wrong, and for an app or user that Threads could not hold
 *
 * @example
 * const simulator = createThreadsSimulator();
 * await simulator.listen();
 * passport.use(new ThreadsStrategy({ ...credentials, simulator: simulator.url }, verify));
 */
export function createThreadsSimulator(options: ThreadsSimulatorOptions = {}): ThreadsSimulator {
  requireMembers('The configuration', options, {
    apps: 'list?',
    users: 'list?',
    now: 'function?',
    hosts: 'list?',
    loggedIn: 'boolean?',
  });
  const { apps = [simulatedApp], users = simulatedUsers, now = () => Date.now() } = options;
  const { hosts = [], loggedIn = true } = options;
  warnInProduction();
  let travelled = 0;
  const time = () => now() + travelled;
  const store = new Store(time);
  for (const app of apps) store.addApp(app);
  for (const user of users) store.addUser(user);
  const faults = new Faults();
  const log = new RequestLog(time);
  const knownHosts = new Set(hosts.map(requireHostName));
  const listener = new Listener();

  function appNamed(clientID: string): SimulatedApp {
    const app = store.apps.get(clientID);
    if (!app) throw new Error(`The simulator knows no app with the client ID ${clientID}`);
    return app;
  }

  function userNamed(id: string | undefined): SimulatedUser {
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
    const app = appNamed(clientID);
    const user = userNamed(userId);
    if (!store.mayLogIn(user, app)) throw new Error(`@${user.username} is not a tester of app ${clientID}`);
    return store.grant(app, user, scopeNames(scope));
  }

  const simulator: ThreadsSimulator = {
    handler: createApp({ store, faults, log, loggedIn, knownHosts, simulator: () => simulator }),

    async listen(port = 0, host = '127.0.0.1') {
      const origin = await listener.listen(simulator.handler, port, host);
      knownHosts.add(hostNameOf(new URL(origin).hostname) ?? host);
      return origin;
    },

    close: () => listener.close(),

    get url() {
      if (listener.origin === undefined)
        throw new Error('The simulator has no address yet: await listen() first');
      return listener.origin;
    },

    get endpoints() {
      return endpointsAt(simulator.url);
    },

    endpointsAt,

    addApp: (app) => store.addApp(app),

    addUser: (user) => store.addUser(user),

    answer: (location, options = {}) => answerWindow(location, options, store, userNamed),

    fail: (endpoint, fault) => faults.add(endpoint, fault),

    travel(milliseconds) {
      const there = new Date(time() + milliseconds);
      if (typeof milliseconds !== 'number' || Number.isNaN(there.getTime())) {
        throw new TypeError('travel takes a number of milliseconds, to a time that a Date can hold');
      }
      travelled += milliseconds;
    },

    reset() {
      faults.reset();
      log.clear();
      travelled = 0;
    },

    authorize({ clientID, redirectURI, userId, scope }) {
      if (!store.isRegistered(redirectURI, appNamed(clientID))) {
        throw new Error(`App ${clientID} has not registered the redirect URI ${redirectURI}`);
      }
      return store.issueCode(allow(clientID, userId, scope), redirectURI);
    },

    issueToken({ clientID, userId, scope, longLived = false }) {
      const grant = allow(clientID, userId, scope);
      return store.issueToken({ grant, session: grant.session, scopes: grant.scopes }, longLived);
    },

    revoke({ clientID, userId, code = 190 }) {
      if (![190, 24, 100].includes(code)) throw new TypeError('code must be 190, 24 or 100');
      store.revoke(appNamed(clientID).clientID, userNamed(userId).id, code);
    },

    async removeApp({ clientID, userId, deleteData = false }) {
      return removeApp(store, appNamed(clientID), userNamed(userId), deleteData);
    },

    expireToken(accessToken) {
      const token = store.token(accessToken);
      if (!token) throw new Error('The simulator issued no such token');
      token.expiresAt = Math.min(token.expiresAt, store.now());
    },

    logOut(userId) {
      store.logOut(userNamed(userId).id);
    },

    get requests() {
      return log.requests;
    },
  };
  return simulator;
}

let warned = false;

function warnInProduction(): void {
  if (warned || process.env.NODE_ENV !== 'production') return;
  warned = true;
  process.emitWarning(
    'createThreadsSimulator was called under NODE_ENV=production: a simulator signs anyone in as anyone. Use it in development and tests alone.',
    'ThreadsSimulatorWarning',
  );
}
