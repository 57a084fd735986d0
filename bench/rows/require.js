import { execFileSync } from 'node:child_process';

const contender = (path) => () => {
  const script = `const start = performance.now(); require('${path}'); console.log(performance.now() - start)`;
  const cwd = import.meta.dirname;
  return { ms: Number(execFileSync(process.execPath, ['-e', script], { cwd })) };
};

export default {
  title: 'Cold require',
  columns: { ms: 'ms' },
  samplers: {
    'passport-threads-oauth2': contender('../../dist'),
    'passport-threads': contender('passport-threads'),
    'passport-facebook': contender('passport-facebook'),
  },
  targets: { 'passport-facebook': { ms: { atMost: 1.2 } } },
};
