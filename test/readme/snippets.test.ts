import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { firstApp } from './first-app.js';
import { PAGES, ROOT, read, snippets } from './markdown.js';

const run = promisify(execFile);

// What the snippets take for granted: the names that the text around them has introduced.
const PRELUDE = `
import express from 'express';
import passport from 'passport';
import {
  CookieStateStore, parseSignedRequest, redactURL, ThreadsClient, type ThreadsProfile, ThreadsStrategy,
  type ThreadsStrategyOptions, ThreadsTokenError, ThreadsTokenStrategy, type VerifyFunction, type VerifyFunctionWithParams, verifyToken,
  tokenNeeds, type StoredToken,
} from 'passport-threads-oauth2';
import type { ThreadsSimulator } from 'passport-threads-oauth2/simulator';
declare const app: express.Express;
declare const origin: string;
declare const simulator: ThreadsSimulator;
declare const options: ThreadsStrategyOptions;
declare const verify: VerifyFunction;
declare const users: {
  upsert(profile: ThreadsProfile): Promise<Express.User>;
  find(id: string): Promise<Express.User | null>;
};
declare const ThreadsGuard: ReturnType<typeof import('@nestjs/passport').AuthGuard>;
declare const clientID: string, clientSecret: string, callbackURL: string;
declare const token: string, newSecret: string, oldSecret: string;
declare const stored: { accessToken: string };
declare const threads: ThreadsClient;
declare const { issuedAt, expiresAt, dataAccessExpiresAt, lastOutcome }: StoredToken;
declare function storedTokens(): AsyncIterable<StoredToken & { accessToken: string; userId: string }>;
declare function strategyOf(tenant: string): ThreadsStrategy;
declare function rateLimit(options: { limit: number; windowMs: number }): express.RequestHandler;
declare function sessionFor(user: Express.User | undefined): string;
declare function save(token: Partial<StoredToken> & { accessToken: string; userId?: string }): Promise<void>;
declare function encrypt(text: string): string;
declare function askToSignInAgain(userId?: string, reason?: string): Promise<void>;
declare function publish(): Promise<void>;
declare function forgetToken(userId: string): void;
`;

describe('the TypeScript of the README and of docs/', () => {
  it('compile under strict', async () => {
    const folder = await mkdtemp(join(ROOT, 'test', 'readme', '.snippets-'));
    try {
      const found = PAGES.flatMap((page) =>
        snippets(read(page))
          .filter(
            ({ language, code }) => language === 'ts' && !code.startsWith('import { type ThreadsFailure'),
          )
          .map(({ code, line }) => ({
            name: `${page.replace(/\W/g, '-')}-line-${line}.ts`,
            text: inModule(code),
          })),
      );
      expect(found).not.to.be.empty;
      found.push({ name: 'app.ts', text: firstApp('app.ts') });
      const user =
        'declare global { namespace Express { interface User { scopes?: string[] } } }\nexport {};\n';
      found.push({ name: 'user.ts', text: user });
      await Promise.all(found.map(({ name, text }) => writeFile(join(folder, name), text)));
      const files = found.map(({ name }) => name);
      const options = {
        compilerOptions: { noEmit: true, noUnusedLocals: false, experimentalDecorators: true },
        include: [],
        files,
      };
      const config = { extends: '../../tsconfig.json', ...options };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const { stdout } = await run(process.execPath, [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        '-p',
        folder,
      ]).catch((error: { stdout: string }) => error);
      expect(stdout).to.equal('');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** A snippet as a module of its own: imports first, then the names it takes for granted, unless it declares them. */
function inModule(code: string): string {
  if (code.includes('declare global')) return `${code}\nexport {};\n`;
  const imports = (code.match(/^import .*$/gm) ?? []).filter(
    (line) => !line.endsWith("'passport-threads-oauth2';"),
  );
  const body = code.replace(/^import .*$/gm, '');
  return `${imports.join('\n')}\n${PRELUDE}\nexport async function snippet() {\n${body}\n}\n`;
}
