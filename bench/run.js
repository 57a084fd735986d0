import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { table } from './report.js';

const FILES = [
  'callback',
  'callback-verified',
  'redirect',
  'redirect-state',
  'require',
  'first-redirect',
  'first-login',
  'hostile-form',
  'hostile-percent',
  'hostile-cookies',
  'latency',
  'latency-cold',
  'verify-token',
  'bulk',
  'bulk-10000',
  'bulk-100000',
];
const [, , count = '15', ...named] = process.argv;
const rounds = Number(count);

const children = [];

async function start(script, ...args) {
  const child = fork(new URL(script, import.meta.url), args);
  children.push(child);
  child.on('exit', (code) => code && process.exit(code));
  const [message] = await once(child, 'message');
  return { child, message };
}

async function ask(child, request) {
  child.send(request);
  const [sample] = await once(child, 'message');
  return sample;
}

const upstreams = {};

/** A function that measures a contender once. */
async function samplerOf(file, row, name) {
  const { delay = 0, fresh = false } = row;
  upstreams[delay] ??= (await start('upstream.js', delay)).message;
  if (row.samplers) return () => row.samplers[name](upstreams[delay]);
  const run = () => start('contender.js', file, name, upstreams[delay]);
  if (fresh) {
    return async () => {
      const { child } = await run();
      const sample = await ask(child, { warmUp: false });
      child.disconnect();
      await once(child, 'exit');
      return sample;
    };
  }
  const { child } = await run();
  return () => ask(child, { warmUp: true });
}

const rows = [];
for (const file of named.length > 0 ? named : FILES) {
  const { default: row } = await import(`./rows/${file}.js`);
  const contenders = {};
  for (const name of Object.keys(row.samplers ?? row.contenders)) {
    contenders[name] = { sample: await samplerOf(file, row, name), samples: [] };
  }
  rows.push({ ...row, contenders });
}

const load = loadavg()[0].toFixed(1);
// The first round, in which code gets compiled and files get cached, does not count.
for (let round = 0; round <= rounds; round++) {
  process.stderr.write(`\rround ${round} of ${rounds}`);
  for (const { contenders, rounds: most = rounds } of rows) {
    if (round > most) continue;
    const turns = Object.values(contenders);
    if (round % 2) turns.reverse();
    for (const { sample, samples } of turns) {
      const measured = await sample();
      if (round > 0) samples.push(measured);
    }
  }
}
process.stderr.write('\n');

console.log(
  `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0].model}), load ${load} at the start; ` +
    `${rounds} rounds, medians. Ratios are ours to theirs, the median of each round's.`,
);
for (const row of rows) console.log(`\n${table(row)}`);
for (const child of children) if (child.connected) child.disconnect();
