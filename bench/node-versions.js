// The first login of a process on versions of Node.js, which npm fetches: node node-versions.js 20 22 24 26
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';

const CONTENDERS = ['passport-threads-oauth2', 'passport-facebook'];
const PROCESSES = 15;

const upstream = fork(new URL('upstream.js', import.meta.url), ['0']);
const [origin] = await once(upstream, 'message');

for (const version of process.argv.slice(2)) {
  const npx = ['--yes', '--package', `node@${version}`, '--', 'node'];
  const print = (...args) =>
    execFileSync('npx', [...npx, ...args], { cwd: import.meta.dirname, encoding: 'utf8' });
  // npx takes longer to start than a login: the path of the binary is asked for once.
  const binary = print('-p', 'process.execPath').trim();
  const logIn = (name) =>
    Number(execFileSync(binary, ['first-login.cjs', name, origin], { cwd: import.meta.dirname }));
  const best = Object.fromEntries(CONTENDERS.map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let i = 0; i < PROCESSES; i++) {
    for (const name of CONTENDERS) best[name] = Math.min(best[name], logIn(name));
  }
  const [ours, theirs] = CONTENDERS.map((name) => best[name]);
  console.log(
    `${print('-p', 'process.version').trim().padEnd(10)} ${ours.toFixed(1)} ms to ${theirs.toFixed(1)} ms: ${(ours / theirs).toFixed(2)}`,
  );
}
upstream.disconnect();
