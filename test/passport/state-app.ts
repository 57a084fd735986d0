import { createServer, request, type Server } from 'node:http';
import express5 from 'express';
import express4 from 'express4';
import { Passport } from 'passport';
import { CookieStateStore, ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { listen, serve } from '../faults/serve.js';
import { asUser } from '../support/user.js';

export const { clientID, clientSecret } = simulatedApp;
export const HTTP_CALLBACK = 'http://127.0.0.1:3000/auth/threads/callback';
export const HTTPS_CALLBACK = 'https://app.example/auth/threads/callback';
export const MINUTE = 60_000;

/** The frameworks whose requests differ. */
export const frameworks = {
  'Express 5': (strategy: ThreadsStrategy) => expressServer(express5, strategy),
  'Express 4': (strategy: ThreadsStrategy) => expressServer(express4 as typeof express5, strategy),
  'plain http': plainServer,
};

/** A page of the app, as a browser sees it. */
export interface Page {
  status: number;
  /** Each `Set-Cookie`, in order. */
  setCookies: string[];
  location: string | undefined;
  json: { user?: string; state?: unknown; type?: string; message?: string };
}

/** What the start of a login leaves in a browser. */
export interface Started {
  /** The `state` for the authorization window. */
  state: string;
  /** The cookie as a browser sends it: `name=value`. */
  cookie: string;
}

export interface Site {
  /** How many requests Threads got. */
  asked(): number;
  open(path: string, cookie?: string, form?: string): Promise<Page>;
  /** Begins a login; `appState` is what the app wants back. */
  start(options?: { cookie?: string; appState?: unknown }): Promise<Started>;
  /** Comes back from the authorization window with a code that works. */
  callback(state: string | undefined, cookie?: string): Promise<Page>;
}

/** An app with a strategy, and a simulator for it. `closeAll` stops both. */
export async function startSite(
  options: Partial<ThreadsStrategyOptions> & { framework?: keyof typeof frameworks } = {},
): Promise<Site> {
  const { framework = 'Express 5', ...settings } = options;
  const simulator = createThreadsSimulator();
  const threads = await serve(simulator.handler);
  const callbackURL = settings.callbackURL ?? HTTP_CALLBACK;
  const strategy = new ThreadsStrategy(
    {
      clientID,
      clientSecret,
      callbackURL,
      tokenURL: `${threads.origin}/oauth/access_token`,
      graphURL: `${threads.origin}/v1.0`,
      tokenVerification: 'off',
      ...settings,
    },
    async (_accessToken, _refreshToken, profile) => asUser({ id: profile.id }),
  );
  const { port } = await listen(frameworks[framework](strategy));

  const site: Site = {
    asked: () => simulator.requests.length,
    open: (path, cookie, form) => open(port, path, cookie, form),
    async start({ cookie, appState } = {}) {
      const query =
        appState === undefined ? '' : `?${new URLSearchParams({ app: JSON.stringify(appState) })}`;
      const page = await site.open(`/start${query}`, cookie);
      if (page.status !== 302) throw new Error(`The start was answered with ${page.status}`);
      return {
        state: new URL(page.location ?? '').searchParams.get('state') ?? '',
        cookie: page.setCookies.at(-1)?.split(';')[0] ?? '',
      };
    },
    callback(state, cookie) {
      const code = simulator.authorize({ clientID, redirectURI: callbackURL });
      const query = new URLSearchParams(state === undefined ? { code } : { code, state });
      return site.open(`/callback?${query}`, cookie);
    },
  };
  return site;
}

/** A store whose clock stands until the test moves it. */
export function storeWithClock(secret?: string | string[]) {
  const clock = { now: Date.UTC(2026, 0, 15) };
  return { clock, store: new CookieStateStore({ secret, now: () => clock.now }) };
}

function expressServer(express: typeof express5, strategy: ThreadsStrategy): Server {
  const passport = new Passport();
  passport.use(strategy);
  const app = express();
  app.use((_req, res, next) => {
    res.cookie('visited', 'yes');
    next();
  });
  app.use(express.urlencoded({ extended: true, limit: '1mb' }));
  app.get('/start', (req, res, next) => {
    const { app: appState } = req.query;
    const state = typeof appState === 'string' ? JSON.parse(appState) : undefined;
    passport.authenticate('threads', { session: false, state } as object)(req, res, next);
  });
  app.all('/callback', (req, res, next) => {
    const end = (error: unknown, user: { id: string } | false, info?: object, status?: number) => {
      if (error) return next(error);
      res.status(user ? 200 : (status ?? 401)).json({ user: user ? user.id : undefined, ...info });
    };
    passport.authenticate('threads', { session: false }, end)(req, res, next);
  });
  app.use(((error, _req, res, _next) => {
    res.status(error.status ?? 500).json({ message: error.message });
  }) as express5.ErrorRequestHandler);
  return createServer({ maxHeaderSize: 1 << 20 }, app);
}

function plainServer(strategy: ThreadsStrategy): Server {
  const passport = new Passport();
  passport.use(strategy);
  return createServer((req, res) => {
    const next = (error?: Error) => void res.writeHead(error ? 500 : 404).end();
    const end = (error: Error | null, user: { id: string } | false, info?: object, status?: number) => {
      if (error) return next(error);
      res.writeHead(user ? 200 : (status ?? 401));
      res.end(JSON.stringify({ user: user ? user.id : undefined, ...info }));
    };
    res.setHeader('Set-Cookie', 'visited=yes');
    passport.authenticate('threads', { session: false }, end)(req, res, next);
  });
}

function open(port: number, path: string, cookie?: string, form?: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(cookie !== undefined && { cookie }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const req = request(
      { port, path, headers, host: '127.0.0.1', method: form ? 'POST' : 'GET' },
      async (res) => {
        let text = '';
        for await (const chunk of res.setEncoding('utf8')) text += chunk;
        resolve({
          status: res.statusCode ?? 0,
          setCookies: res.headers['set-cookie'] ?? [],
          location: res.headers.location,
          json: text.startsWith('{') ? JSON.parse(text) : {},
        });
      },
    );
    req.on('error', reject).end(form);
  });
}
