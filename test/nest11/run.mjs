// Runs the NestJS example as a CommonJS app with NestJS 11 and the packed package, and signs in through it.
// Takes a registry, so it is for CI rather than for `npm test`. Build the package first: npm run build.
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from '../support/npm.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'threads-nest11-'));
let app;
let failed = true;

try {
  say('Packing the package');
  const [{ filename, files }] = JSON.parse(
    runNpm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  );
  check(
    files.some(({ path }) => path === 'dist/index.js'),
    'dist is missing: run "npm run build" first',
  );

  say('Copying the example, as CommonJS');
  await cp(join(root, 'example/nestjs/src'), join(folder, 'src'), { recursive: true });
  await cp(join(root, 'example/nestjs/public'), join(folder, 'public'), { recursive: true });
  await cp(join(root, 'example/nestjs/tsconfig.json'), join(folder, 'tsconfig.json'));
  await cp(new URL('package.json', import.meta.url), join(folder, 'package.json'));
  // The one file that cannot be the same: CommonJS has no import.meta.
  await writeFile(
    join(folder, 'src/paths.ts'),
    "import { join } from 'node:path';\nexport const ROOT = join(__dirname, '..');\n",
  );

  say('Installing NestJS 11 and the package');
  runNpm(['install', '--no-audit', '--no-fund', '--loglevel=error', `./${filename}`], folder);
  say(
    await versions(['@nestjs/core', '@nestjs/passport', 'express', 'typescript', 'passport-threads-oauth2']),
  );

  say('Compiling it');
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: folder, stdio: 'inherit' });
  const compiled = await readFile(join(folder, 'dist/auth/threads.strategy.js'), 'utf8');
  check(compiled.includes('require("passport-threads-oauth2")'), 'the compiled strategy is not CommonJS');

  say('Counting the parameters of validate()');
  await cp(new URL('validate.cjs', import.meta.url), join(folder, 'validate.cjs'));
  execFileSync(process.execPath, ['validate.cjs'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  say('Starting it beside its simulator');
  const origin = await start();

  say('Cancelling a login');
  const cancelled = await login(origin, 'cancel');
  check(cancelled.status === 303, `a cancelled login answered ${cancelled.status}`);
  const outcome = await fetch(new URL(cancelled.location, origin), {
    headers: { cookie: cancelled.cookies },
  });
  check(outcome.status === 403, `the page after a cancelled login answered ${outcome.status}`);

  say('Signing in');
  const { status, cookies, location } = await login(origin, 'allow');
  check(status === 303 && location === '/profile#top', `the callback answered ${status} to ${location}`);
  const profile = await fetch(`${origin}/profile`, { headers: { cookie: cookies } });
  const page = await profile.text();
  check(profile.status === 200, `the profile answered ${profile.status}`);
  check(page.includes('<h1>Ada Okafor</h1>') && page.includes('17841405793187219'), 'the profile is wrong');

  failed = false;
  say('Done: Ada Okafor, 17841405793187219, signed in.');
} catch (error) {
  console.error(`Failed: ${error.stderr || error.message}`);
} finally {
  app?.kill();
  await rm(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

function runNpm(args, cwd) {
  return execFileSync(...npm(args), { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function start() {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
  for (const name of Object.keys(env)) if (/^(THREADS|SIMULATOR)_/.test(name)) delete env[name];
  app = spawn(process.execPath, ['dist/main.js'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    app.stdout.on('data', (text) => String(text).includes('Open ') && resolve());
    app.once('exit', () => reject(new Error('the app stopped')));
  });
  return `http://localhost:${port}`;
}

async function login(origin, decision) {
  const started = await fetch(`${origin}/auth/threads`, { redirect: 'manual' });
  check(started.status === 302, `the start of a login answered ${started.status}`);
  const window = started.headers.get('location');
  const body = new URLSearchParams({ decision, user: '17841405793187219' });
  const decided = await fetch(window, { method: 'POST', body, redirect: 'manual' });
  const callback = new URL(decided.headers.get('location'));
  callback.hash = '';
  const ended = await fetch(callback, { redirect: 'manual', headers: { cookie: cookiesOf(started) } });
  return { status: ended.status, location: ended.headers.get('location'), cookies: cookiesOf(ended) };
}

function cookiesOf({ headers }) {
  const pairs = headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
  return pairs.filter((pair) => !pair.endsWith('=')).join('; ');
}

async function freePort() {
  const server = createServer().listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function versions(names) {
  const read = async (name) =>
    JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
  const lines = await Promise.all(names.map(async (name) => `${name} ${await read(name)}`));
  return `${lines.join(', ')}, Node ${process.version}`;
}

function check(holds, problem) {
  if (!holds) throw new Error(problem);
}

function say(text) {
  console.log(`nest11: ${text}`);
}
