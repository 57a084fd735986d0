import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CookieJar } from 'tough-cookie';
import { ThreadsStrategy, type ThreadsStrategyOptions } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { asUser } from '../support/user.js';

export const ADA = '17841405793187219';

/** What the verify function of these tests makes of a profile. */
export interface Person {
  id: string;
  name: string | undefined;
}

/** Builds an app around a strategy: `/auth/threads` starts a login, `/auth/threads/callback` ends it. */
export type Mount = (strategy: ThreadsStrategy, server: Server) => RequestListener | Promise<RequestListener>;

export interface Site {
  origin: string;
  simulator: ThreadsSimulator;
  browser: Browser;
  close(): Promise<void>;
}

/** An app of some framework and a simulator, each on a port of its own. */
export async function startSite(
  mount: Mount,
  options: Partial<ThreadsStrategyOptions> = {},
  now: () => number = Date.now,
): Promise<Site> {
  const simulator = createThreadsSimulator({ now });
  await simulator.listen();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callbackURL = `${origin}/auth/threads/callback`;
  simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });

  const { clientID, clientSecret } = simulatedApp;
  const strategy = new ThreadsStrategy(
    { clientID, clientSecret, callbackURL, ...simulator.endpoints, ...options },
    async (_accessToken, _refreshToken, profile) =>
      asUser({ id: profile.id, name: profile.displayName } satisfies Person),
  );
  const handler = await mount(strategy, server);
  server.on('request', handler);

  return {
    origin,
    simulator,
    browser: new Browser(origin),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await simulator.close();
    },
  };
}

export interface Page {
  status: number;
  headers: Headers;
  text: string;
}

/** A browser as far as a login needs one: cookies, and redirects on demand. */
export class Browser {
  readonly jar = new CookieJar();

  constructor(readonly origin: string) {}

  /** @param init - as `fetch` takes it; `isFromElsewhere` for a navigation of another website, which redirects go on with */
  async open(
    path: string,
    { isFromElsewhere = false, ...init }: RequestInit & { isFromElsewhere?: boolean } = {},
  ): Promise<Page> {
    const url = new URL(path, this.origin);
    const context = isFromElsewhere ? { sameSiteContext: 'lax' as const } : {};
    const headers = new Headers(init.headers);
    headers.set('cookie', await this.jar.getCookieString(url.href, context));
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const value of response.headers.getSetCookie()) await this.jar.setCookie(value, url.href);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Goes to the authorization window. */
  async start(path = '/auth/threads'): Promise<string> {
    return locationOf(await this.open(path));
  }

  /** Answers the authorization window; gives the address that it sends the browser to. */
  async decide(
    window: string,
    decision: 'allow' | 'cancel' = 'allow',
    scopes = new URL(window).searchParams.get('scope')?.split(',') ?? [],
  ): Promise<string> {
    const form = new URLSearchParams({ decision, user: ADA });
    for (const scope of scopes) form.append('scope', scope);
    return locationOf(await this.open(window, { method: 'POST', body: form }));
  }

  /** The names of the cookies that the app would get. */
  async cookies(): Promise<string[]> {
    return (await this.jar.getCookies(this.origin)).map(({ key }) => key);
  }
}

function locationOf({ status, headers, text }: Page): string {
  const location = headers.get('location');
  if (location === null) throw new Error(`a redirect was expected, not ${status}: ${text}`);
  return location;
}
