import { createServer } from 'node:http';
import { ThreadsStrategy } from '../../lib/index.js';
import {
  AuthorizationWindowError,
  createThreadsSimulator,
  type RemovalReport,
  type SimulatedRequest,
  simulatedApp,
  simulatedUsers,
  type ThreadsSimulator,
} from '../../lib/simulator/index.js';
import type { Equal, Expect } from './expect.js';

export async function uses(express: import('express').Express) {
  const simulator = createThreadsSimulator({ apps: [simulatedApp], users: simulatedUsers, now: () => 0 });
  const origin: string = await simulator.listen(0, '127.0.0.1');
  createServer(simulator.handler);
  express.use(simulator.handler);

  const { clientID, clientSecret } = simulatedApp;
  const callbackURL = `${origin}/callback`;
  new ThreadsStrategy(
    { clientID, clientSecret, callbackURL, ...simulator.endpoints },
    async (_accessToken, _refreshToken, _profile) => false,
  );

  const code: string = simulator.authorize({ clientID, redirectURI: callbackURL, scope: ['threads_basic'] });
  const token: string = simulator.issueToken({ clientID, longLived: true });
  simulator.expireToken(token);
  const back: string = simulator.answer(new URL(origin), {
    userId: '1',
    scope: ['threads_basic'],
    decision: 'allow',
  });
  simulator.fail('/me', { status: 429, headers: { 'Retry-After': '30' }, times: 1 });
  simulator.fail('*', { delay: 10, cut: true });
  simulator.fail('app_token', { code: 190 });
  simulator.fail('/debug_token', { code: 10, status: 500, inspector: 'app' });
  simulator.travel(1000);
  simulator.reset();
  simulator.endpointsAt(new URL(back)).graphURL.startsWith('https');
  if (new AuthorizationWindowError(1, 'x').errorCode === 1)
    createThreadsSimulator({ hosts: ['threads.test'] });
  await simulator.close();
  return code;
}

export function refused(simulator: ThreadsSimulator) {
  // @ts-expect-error a number does not hold the id of a person
  simulator.addUser({ id: 17841405793187219n, username: 'ada' });
  // @ts-expect-error an app has redirect URIs
  simulator.addApp({ clientID: '1', clientSecret: 's' });
  // @ts-expect-error the redirect URI goes with the code
  simulator.authorize({ clientID: '1' });
  // @ts-expect-error a person allows or cancels
  simulator.answer('', { decision: 'deny' });
  // @ts-expect-error a person's token or the app's inspects
  simulator.fail('/debug_token', { code: 190, inspector: 'self' });
  // @ts-expect-error what the simulator received is not for changing
  simulator.requests.length = 0;
}

export type SimulatorIs = [
  Expect<Equal<ThreadsSimulator['requests'], readonly SimulatedRequest[]>>,
  Expect<Equal<Awaited<ReturnType<ThreadsSimulator['removeApp']>>, RemovalReport>>,
  Expect<Equal<keyof ThreadsSimulator['endpoints'], 'authorizationURL' | 'tokenURL' | 'graphURL'>>,
];
