import { execFileSync } from 'node:child_process';

const cwd = new URL('..', import.meta.url);

/** The fastest of a few fresh processes: all that another program can do is to make one slower. */
const contender = (name) => (upstream) => {
  const logIn = () => Number(execFileSync(process.execPath, ['first-login.cjs', name, upstream], { cwd }));
  return { ms: Math.min(...Array.from({ length: 5 }, logIn)) };
};

export default {
  title: 'The first login of a process, from its first line on: the token, then /me',
  columns: { ms: 'ms' },
  samplers: {
    'passport-threads-oauth2': contender('passport-threads-oauth2'),
    'passport-threads': contender('passport-threads'),
    'passport-facebook': contender('passport-facebook'),
    fetch: contender('fetch'),
  },
  targets: { 'passport-facebook': { ms: { atMost: 2 } } },
};
