import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import {
  createThreadsSimulator,
  simulatedApp,
  type ThreadsSimulator,
} from 'passport-threads-oauth2/simulator';
import supertest from 'supertest';

export const ADA = '17841405793187219';
/** Not a tester of any app, so Threads will not let this person's token inspect itself. */
export const MATEO = '17841461237740961';

const EXAMPLE = new URL('../../example/nestjs/', import.meta.url);
export const MAIN = fileURLToPath(new URL('dist/main.js', EXAMPLE));

// An empty value counts as not set, and keeps a developer's own .env out of the tests.
export const NOTHING = Object.fromEntries(
  [
    'THREADS_APP_ID',
    'THREADS_APP_SECRET',
    'THREADS_CALLBACK_URL',
    'THREADS_SCOPE',
    'THREADS_SIMULATOR_URL',
    'SIMULATOR_PORT',
    'JWT_SECRET',
    'SIGN_IN_LIMIT',
    'NODE_ENV',
    'PORT',
  ].map((name) => [name, '']),
);

/** Compiles the example: its decorators need the metadata that only the compiler writes. */
export function buildExample(): void {
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = fileURLToPath(new URL('bin/tsc', `file://${compiler}`));
  execFileSync(process.execPath, [tsc, '-p', fileURLToPath(EXAMPLE)], { stdio: 'pipe' });
}

export type Agent = ReturnType<typeof supertest.agent>;

export interface Example {
  app: INestApplication;
  simulator: ThreadsSimulator;
  /** What people open, as the configuration has it; the tests themselves use another port. */
  origin: string;
  /** A browser with cookies, which follows no redirects. */
  browser: Agent;
  close(): Promise<void>;
}

/** The example app, listening, and a simulator beside it. */
export async function startExample(
  env: NodeJS.ProcessEnv = {},
  options: NestApplicationOptions = {},
): Promise<Example> {
  const simulator = createThreadsSimulator();
  const simulatorURL = await simulator.listen();
  const before = { ...process.env };
  Object.assign(process.env, NOTHING, { THREADS_SIMULATOR_URL: simulatorURL }, env);
  try {
    const { createApp } = (await import(new URL('dist/app.js', EXAMPLE).href)) as {
      createApp(options: NestApplicationOptions): Promise<INestApplication>;
    };
    const app = await createApp({ logger: false, ...options });
    await app.listen(0, '127.0.0.1');
    return {
      app,
      simulator,
      origin: 'http://localhost:3000',
      // The host of the callback URL: a login that starts on another is warned of.
      browser: supertest.agent(app.getHttpServer()).set('Host', 'localhost:3000'),
      async close() {
        await app.close();
        await simulator.close();
      },
    };
  } finally {
    for (const name of Object.keys(NOTHING)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** Answers the authorization window; gives the path that it sends the browser to. */
export async function decide(
  window: string,
  { decision = 'allow', user = ADA, scopes }: { decision?: string; user?: string; scopes?: string[] } = {},
): Promise<string> {
  const body = new URLSearchParams({ decision, user });
  for (const scope of scopes ?? new URL(window).searchParams.get('scope')?.split(',') ?? []) {
    body.append('scope', scope);
  }
  const answer = await fetch(window, { method: 'POST', body, redirect: 'manual' });
  const { pathname, search } = new URL(answer.headers.get('location') ?? '');
  return pathname + search;
}

/** Starts a sign-in, and comes back with what the person decided. */
export async function comeBack(browser: Agent, decision: Parameters<typeof decide>[1] = {}) {
  const { headers } = await browser.get('/auth/threads').expect(302);
  return browser.get(await decide(String(headers.location), decision));
}

/** Opens the page that the browser is sent to after a sign-in that failed: at an address without code and state. */
export async function outcomeOf(browser: Agent, answer: Promise<supertest.Response> | supertest.Test) {
  await answer.then(({ status, headers }) => {
    if (status !== 303 || headers.location !== '/sign-in/outcome#top') {
      throw new Error(`${status} to ${headers.location} instead of the outcome`);
    }
  });
  return browser.get('/sign-in/outcome');
}

/** A redirect URI of the app that the simulator knows by default. */
export const CALLBACK_URL = simulatedApp.redirectURIs[0]!;
