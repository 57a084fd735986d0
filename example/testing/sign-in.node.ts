import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createThreadsSimulator, type WindowAnswer } from 'passport-threads-oauth2/simulator';
import request from 'supertest';
import { makeApp } from './app.js';

const simulator = createThreadsSimulator();
const app = await makeApp(simulator.endpointsAt(await simulator.listen()));
after(() => simulator.close());

async function signIn(answer?: WindowAnswer, ...fault: [] | Parameters<typeof simulator.fail>) {
  simulator.reset();
  if (fault.length === 2) simulator.fail(...fault);
  const browser = request.agent(app).set('Host', 'localhost:3000');
  const start = await browser.get('/auth/threads');
  const back = new URL(simulator.answer(String(start.headers.location), answer));
  return (await browser.get(back.pathname + back.search).redirects(1)).text;
}

const expired = { status: 400, body: { error: { code: 190, error_subcode: 463 } } };
test('signing in', async () => assert.match(await signIn(), /Ada Okafor/));
test('denial', async () => assert.match(await signIn({ decision: 'cancel' }), /You cancelled/));
test('missing permission', async () => assert.match(await signIn({ scope: [] }), /permission is missing/));
test('expired token', async () => assert.match(await signIn({}, '/me', expired), /did not accept/));
test('Threads down', async () => assert.match(await signIn({}, '*', { status: 503 }), /does not answer/));
