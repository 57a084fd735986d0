import { createThreadsSimulator, type WindowAnswer } from 'passport-threads-oauth2/simulator';
import request from 'supertest';
import { afterAll, expect, test } from 'vitest';
import { makeApp } from './app.js';

const simulator = createThreadsSimulator();
const app = await makeApp(simulator.endpointsAt(await simulator.listen()));
afterAll(() => simulator.close());

async function signIn(answer?: WindowAnswer, ...fault: [] | Parameters<typeof simulator.fail>) {
  simulator.reset();
  if (fault.length === 2) simulator.fail(...fault);
  const browser = request.agent(app).set('Host', 'localhost:3000');
  const start = await browser.get('/auth/threads');
  const back = new URL(simulator.answer(String(start.headers.location), answer));
  return (await browser.get(back.pathname + back.search).redirects(1)).text;
}

const expired = { status: 400, body: { error: { code: 190, error_subcode: 463 } } };
test('signing in', async () => expect(await signIn()).toContain('Ada Okafor'));
test('denial', async () => expect(await signIn({ decision: 'cancel' })).toContain('You cancelled'));
test('missing permission', async () =>
  expect(await signIn({ scope: [] })).toContain('permission is missing'));
test('expired token', async () => expect(await signIn({}, '/me', expired)).toContain('did not accept'));
test('Threads down', async () => expect(await signIn({}, '*', { status: 503 })).toContain('does not answer'));
