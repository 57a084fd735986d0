import { execFileSync } from 'node:child_process';

const cwd = new URL('..', import.meta.url);

/** The fastest of a few fresh processes: all that another program can do is to make one slower. */
const contender = (name) => () => {
  const start = () => Number(execFileSync(process.execPath, ['first-redirect.cjs', name], { cwd }));
  return { ms: Math.min(...Array.from({ length: 5 }, start)) };
};

export default {
  title: 'The first redirect of a process, from its first line on',
  columns: { ms: 'ms' },
  samplers: {
    'passport-threads-oauth2': contender('passport-threads-oauth2'),
    'passport-threads': contender('passport-threads'),
    'passport-facebook': contender('passport-facebook'),
  },
  targets: { 'passport-facebook': { ms: { atMost: 1.1 } } },
};
