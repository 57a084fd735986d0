// Which files of lib/ run in each leg of a login, and how often passport-oauth2 is called: node --import tsx path.js
import { Session } from 'node:inspector/promises';
import { ThreadsStrategy } from '../lib/index.ts';
import { app, CODE } from '../test/support/fixtures.ts';
import { upstream } from '../test/support/upstream.ts';
import { authenticate } from './login.js';

const session = new Session();
session.connect();
await session.post('Profiler.enable');

/** Runs a leg; the functions that it called, by file. */
async function traced(leg) {
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await leg();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  const calls = result.flatMap(({ url, functions }) =>
    functions
      .filter(({ functionName, ranges: [{ count }] }) => functionName !== '' && count > 0)
      .map(({ functionName, ranges: [{ count }] }) => ({ url, functionName, count })),
  );
  const lib = calls.filter(({ url }) => /^file:.*[\\/]lib[\\/]/.test(url) && !url.includes('node_modules'));
  const base = calls.filter(({ url }) => /node_modules[\\/]passport-oauth2[\\/]/.test(url));
  return {
    files: [...new Set(lib.map(({ url }) => url.replace(/^.*[\\/]lib[\\/]/, '')))].sort(),
    base: base.map(({ functionName, count }) => `${functionName} × ${count}`),
    calls: base.reduce((sum, { count }) => sum + count, 0),
  };
}

const { dispatcher } = upstream();
const strategy = new ThreadsStrategy(
  { ...app, state: false, dispatcher },
  async (_access, _refresh, profile) => profile,
);
const legs = {
  redirect: () => authenticate(strategy, { method: 'GET', url: '/auth', query: {}, headers: {} }),
  callback: () =>
    authenticate(strategy, {
      method: 'GET',
      url: `/callback?code=${CODE}`,
      query: { code: CODE },
      headers: {},
    }),
};
for (const [name, leg] of Object.entries(legs)) {
  // What is loaded and compiled once is no part of a leg.
  await leg();
  const { files, base, calls } = await traced(leg);
  console.log(`${name}: ${files.length} files of lib (${files.join(', ')})`);
  console.log(`  passport-oauth2 is called ${calls} times${base.length ? ` (${base.join(', ')})` : ''}`);
}
