import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { CookieJar } from 'tough-cookie';
import type { SimulatedApp } from '../../../lib/simulator/index.js';
import { type Fixture, app as registered, useSimulator } from '../support.js';

/** An app of somebody else's making, and the Threads that it signs people in with. */
export interface AppFixture extends Fixture {
  app: SimulatedApp;
  /** The address of the app. */
  home: string;
  /** Opens a page of the app as a browser does, cookies included, and stays at the first redirect. */
  visit(url: string): Promise<Response>;
}

/** Starts the app that `build` makes before each test, registered at a simulator of its own. */
export function useApp(build: (threads: AppFixture) => Express): AppFixture {
  const threads = useSimulator() as AppFixture;
  let server: Server;
  let jar: CookieJar;

  beforeEach(async () => {
    let current: Express | undefined;
    server = createServer((req, res) => current?.(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    threads.home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    threads.app = { ...registered, redirectURIs: [`${threads.home}/callback`] };
    threads.simulator.addApp(threads.app);
    jar = new CookieJar();
    current = build(threads);
  });

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  threads.visit = async (url) => {
    const address = new URL(url, threads.home).href;
    const headers = { cookie: await jar.getCookieString(address) };
    const response = await fetch(address, { redirect: 'manual', headers });
    for (const cookie of response.headers.getSetCookie()) await jar.setCookie(cookie, address);
    return response;
  };
  return threads;
}

/** Where a redirect leads. */
export function locationOf(response: Response): string {
  return response.headers.get('location') ?? '';
}
