import { execFileSync } from 'node:child_process';

const cwd = import.meta.dirname;

/** The fastest of a few fresh processes: all that another program can do is to make one slower. */
const contender = (path) => () => {
  const script = `const start = performance.now(); require('${path}'); console.log(performance.now() - start)`;
  const load = () => Number(execFileSync(process.execPath, ['-e', script], { cwd }));
  return { ms: Math.min(...Array.from({ length: 5 }, load)) };
};

export default {
  title: 'Cold require',
  columns: { ms: 'ms' },
  samplers: {
    'passport-threads-oauth2': contender('../../dist'),
    'passport-threads': contender('passport-threads'),
    'passport-facebook': contender('passport-facebook'),
  },
  targets: { 'passport-facebook': { ms: { atMost: 1.1 } } },
};
