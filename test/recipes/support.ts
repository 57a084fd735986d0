import { spawn } from 'node:child_process';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { Browser, type Page } from '../example-reference/support.js';
import { watchChild } from '../support/child.js';
import { freePort } from '../support/free-port.js';

export const ADA = '17841405793187219';
export const ZOE = '17841472650918533';
const FOLDER = new URL('../../example/recipes/', import.meta.url);

export interface Recipe {
  origin: string;
  simulator: ThreadsSimulator;
  browser: Browser;
  /** What the recipe wrote to its log. */
  log: string[];
  close(): Promise<void>;
}

/** An app of `example/recipes` and a simulator, each on a port of its own. */
export async function startRecipe(file: string): Promise<Recipe> {
  const simulator = createThreadsSimulator();
  const threads = await simulator.listen();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const callbackURL = `${origin}/auth/threads/callback`;
  simulator.addApp({ ...simulatedApp, redirectURIs: [callbackURL] });
  const { clientID, clientSecret } = simulatedApp;
  const { createApp } = (await import(new URL(file, FOLDER).href)) as {
    createApp: (settings: Record<string, string>) => RequestListener;
  };
  server.on('request', createApp({ clientID, clientSecret, callbackURL, simulator: threads }));
  const log: string[] = [];
  const { error } = console;
  console.error = (line: string) => log.push(line);
  return {
    origin,
    simulator,
    browser: new Browser(origin),
    log,
    async close() {
      console.error = error;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await simulator.close();
    },
  };
}

/** Starts a recipe by its name, as `npm run recipe` does. */
export async function runRecipe(name: string) {
  const [port, simulatorPort] = [await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('start.mjs', FOLDER)), name],
    {
      env: {
        ...process.env,
        TSX_TSCONFIG_PATH: fileURLToPath(new URL('tsconfig.json', FOLDER)),
        PORT: String(port),
        SIMULATOR_PORT: String(simulatorPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return { ...watchChild(child), origin: `http://localhost:${port}` };
}

/** What every recipe that signs people in has in common. */
export function signsPeopleIn(start: () => Recipe): void {
  const home = async () => (await start().browser.open('/')).html;

  it('lets a person cancel, and says so', async () => {
    const page = await start().browser.signIn({ decision: 'cancel' });
    expect(page.html).to.contain('You cancelled');
    expect(await home()).to.contain('Continue with Threads');
    expect(start().log).to.have.length(1);
  });

  it('stops a login that an attacker began in another browser, and asks Threads nothing', async () => {
    const { origin, simulator, browser } = start();
    const { url } = await new Browser(origin).open('/auth/threads');
    const callback = simulator.answer(url);
    const asked = simulator.requests.length;
    const page = await browser.open(callback);
    expect(page.html).to.contain('in this browser');
    expect(simulator.requests).to.have.length(asked);
    expect(await home()).not.to.contain(ADA);
  });

  it('says that Threads is down, and leaves no code in the address', async () => {
    const { simulator, browser, log } = start();
    const { url } = await browser.open('/auth/threads');
    simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
    const page: Page = await browser.open(simulator.answer(url));
    expect(page.html).to.match(/try again later/);
    expect(page.url).not.to.match(/code=|state=/);
    expect(log.join()).not.to.contain(browser.sent('code'));
    expect(await home()).not.to.contain(ADA);
  });

  it('quotes nothing of the address: attack by markup in the problem', async () => {
    const attack = '"><img src=x onerror=alert(1)>';
    for (const problem of [attack, 'toString', '__proto__']) {
      for (const name of ['problem', 'outcome']) {
        const page = await start().browser.open(`/?${new URLSearchParams({ [name]: problem })}`);
        expect(page.status).to.equal(200);
        expect(page.html).not.to.match(/onerror|native code|\[object/);
      }
    }
  });
}
