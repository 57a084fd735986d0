// Runs the shell commands of the README as they stand, each in a fresh folder, and those of CONTRIBUTING.md one
// after the other in one clone: `node test/readme/commands.mjs`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { npm } from '../support/npm.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const RUN = {
  'npm install passport passport-threads-oauth2 express express-session': installsThePackage,
  // Runs beside the first app, with the next command.
  'npx passport-threads-oauth2 simulator': () => {},
  'node --env-file=.env app.mjs': runsTheFirstApp,
  'npx passport-threads-oauth2 doctor': runsTheDoctor,
  'npx passport-threads-oauth2 simulator --port 4000 --app 1:simulated-secret:http://localhost:3000/auth/threads/callback':
    runsTheSimulator,
  'curl --json \'{ "endpoint": "*", "status": 503 }\' http://127.0.0.1:4000/_simulator/fail': failsOnPurpose,
};

/** The two commands that a text of the README names. */
const NAMED = { 'npm ci && npm start': inAClone(opensTheExample), 'npm ci && npm test': inAClone(succeeds) };

// What called this script in CI has just run these: they need not run twice.
const skipped = process.argv.slice(2);

for (const [command, run] of Object.entries(NAMED)) {
  const isNamed = readFileSync(join(ROOT, 'README.md'), 'utf8').includes(`\`${command}\``);
  if (!isNamed) throw new Error(`The README does not name ${command}`);
  if (skipped.includes(command)) continue;
  console.log(`\nREADME.md$ ${command}`);
  await inFreshFolder((folder) => run(command, folder));
}

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
for (const page of pages) {
  for (const command of commandsOf(page)) {
    if (!Object.hasOwn(RUN, command)) throw new Error(`${page} has a command that nothing runs: ${command}`);
    await inFreshFolder((folder) => RUN[command](command, folder));
  }
}

await inFreshFolder(async (folder) => {
  clone(folder);
  for (const command of commandsOf('CONTRIBUTING.md')) {
    await (command === 'npm start' ? opensTheExample(command, folder) : succeeds(command, folder));
  }
});

/** The lines of the shell blocks of a page, each told before it is handed out. */
function* commandsOf(file) {
  const blocks = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  if (blocks.length === 0 && !file.startsWith('docs/')) throw new Error(`${file} has no command`);
  for (const [, block] of blocks) {
    for (const command of block.trim().split('\n')) {
      if (skipped.includes(command)) continue;
      console.log(`\n${file}$ ${command}`);
      yield command;
    }
  }
}

async function inFreshFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function opensTheExample(command, folder) {
  const child = shell(command, folder, ['ignore', 'pipe', 'inherit']);
  try {
    const url = await addressPrintedBy(child, /Open (http:\S+)/);
    const page = await (await fetch(url)).text();
    if (!page.includes('Continue with Threads')) throw new Error(`${url} is not the example`);
    console.log(`${url} shows "Continue with Threads"`);
  } finally {
    await stop(child);
  }
}

async function succeeds(command, folder) {
  await finished(shell(command, folder, ['ignore', 'inherit', 'inherit']));
}

async function installsThePackage(command, folder) {
  // The package of this checkout stands in for the published one.
  const local = command.replace('passport-threads-oauth2', pack(folder));
  await finished(shell(`npm init -y && ${local}`, folder, ['ignore', 'ignore', 'inherit']));
  execFileSync(process.execPath, ['-e', 'require("passport-threads-oauth2").ThreadsStrategy.name'], {
    cwd: folder,
  });
  console.log('installed and loaded');
}

/** Packs this checkout as npm would publish it. Returns the path of the archive, relative to the folder. */
function pack(folder) {
  const [{ filename }] = JSON.parse(
    execFileSync(...npm(['pack', '--json', '--pack-destination', folder]), {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).replace(/^[^[]*/, ''),
  );
  return `./${filename}`;
}

async function runsTheDoctor(command, folder) {
  const install = `npm init -y && npm install ${pack(folder)} passport`;
  await finished(shell(install, folder, ['ignore', 'ignore', 'inherit']));
  const child = shell(`${command} --offline`, folder, ['ignore', 'pipe', 'inherit']);
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 1 || !text.includes('THREADS_APP_ID'))
    throw new Error(`The doctor ended with ${code}: ${text}`);
  console.log('the doctor names what is missing');
}

async function runsTheSimulator(command, folder) {
  const install = `npm init -y && npm install --save-dev ${pack(folder)} passport express`;
  await finished(shell(install, folder, ['ignore', 'ignore', 'inherit']));
  await withSimulator(command, folder, async (origin) => {
    const query = new URLSearchParams({
      client_id: '1',
      redirect_uri: 'http://localhost:3000/auth/threads/callback',
      response_type: 'code',
      scope: 'threads_basic',
    });
    const page = await (await fetch(`${origin}/oauth/authorize?${query}`)).text();
    if (!page.includes('wants to access your Threads account')) throw new Error('There is no window');
    console.log('the window opens');
  });
}

async function runsTheFirstApp(command, folder) {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  writeFileSync(join(folder, 'app.mjs'), /^```js\n(\/\/ app\.mjs\n[\s\S]*?)^```$/m.exec(readme)[1]);
  writeFileSync(join(folder, '.env'), /^```ini\n(THREADS_APP_ID=[\s\S]*?)^```$/m.exec(readme)[1]);
  const install = `npm init -y && npm install ${pack(folder)} passport express express-session`;
  await finished(shell(install, folder, ['ignore', 'ignore', 'inherit']));
  await withSimulator('npx passport-threads-oauth2 simulator', folder, async () => {
    const child = shell(command, folder, ['ignore', 'inherit', 'inherit']);
    try {
      const start = await reached('http://localhost:3000/auth/threads');
      const cookie = start.headers.getSetCookie().map((line) => line.split(';')[0]);
      const location = start.headers.get('location');
      const answer = await fetch('http://localhost:4000/_simulator/answer', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ location }),
      });
      const back = (await answer.json()).location;
      const end = await fetch(back, { redirect: 'manual', headers: { cookie: cookie.join('; ') } });
      const session = end.headers.getSetCookie().map((line) => line.split(';')[0]);
      const home = await fetch('http://localhost:3000/', { headers: { cookie: session.join('; ') } });
      const page = await home.text();
      if (!page.includes('Signed in as')) throw new Error(`The app says: ${page}`);
      console.log(page);
    } finally {
      await stop(child);
    }
  });
}

/** The answer of an app that has just been started, without following its redirect. */
async function reached(url) {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(url, { redirect: 'manual' });
    } catch (error) {
      if (tries === 100) throw error;
      await setTimeout(100);
    }
  }
}

async function failsOnPurpose(command, folder) {
  const simulator = `"${process.execPath}" "${join(ROOT, 'bin/passport-threads-oauth2.js')}" simulator --port 4000`;
  await withSimulator(simulator, folder, async (origin) => {
    await finished(shell(command, folder, ['ignore', 'ignore', 'inherit']));
    const { status } = await fetch(`${origin}/v1.0/me`);
    if (status !== 503) throw new Error(`/me answered ${status}`);
    console.log('/me fails');
  });
}

async function withSimulator(command, folder, use) {
  const child = shell(command, folder, ['ignore', 'pipe', 'inherit']);
  try {
    await use(await addressPrintedBy(child, /Simulated Threads at (http:\S+)/));
  } finally {
    await stop(child);
  }
}

async function stop(child) {
  if (child.exitCode !== null) return;
  process.kill(-child.pid, 'SIGTERM');
  await once(child, 'close');
}

function inAClone(run) {
  return (command, folder) => {
    clone(folder);
    return run(command, folder);
  };
}

function clone(folder) {
  execFileSync('git', ['clone', '--quiet', ROOT, folder]);
}

function shell(command, cwd, stdio) {
  return spawn(command, { cwd, shell: true, detached: true, stdio });
}

async function finished(child) {
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The command ended with ${code}`);
}

async function addressPrintedBy(child, pattern) {
  for await (const line of createInterface({ input: child.stdout })) {
    const url = pattern.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('The command ended without an address to open');
}
