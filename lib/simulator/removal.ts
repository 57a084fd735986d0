import { createHmac } from 'node:crypto';
import type { Store } from './store.js';
import type { CallbackAnswer, RemovalReport, SimulatedApp, SimulatedUser } from './types.js';

const TIME_LIMIT = 10_000;
const SIZE_LIMIT = 65_536;

/** Takes the grant away, then tells the app as Meta does. */
export async function removeApp(
  store: Store,
  app: SimulatedApp,
  user: SimulatedUser,
  deleteData: boolean,
): Promise<RemovalReport> {
  store.revoke(app.clientID, user.id);
  const signedRequest = signRequest(app, user, store.now());
  const report: RemovalReport = {};
  if (app.deauthorizeURL !== undefined) {
    const { body: _, ...answer } = await post(app.deauthorizeURL, signedRequest);
    report.deauthorize = answer;
  }
  if (deleteData && app.dataDeletionURL !== undefined) {
    const { body, ...answer } = await post(app.dataDeletionURL, signedRequest);
    report.dataDeletion = { ...answer, ...(answer.error === undefined && readConfirmation(body)) };
  }
  return report;
}

function signRequest(app: SimulatedApp, user: SimulatedUser, now: number): string {
  const claims = { algorithm: 'HMAC-SHA256', issued_at: Math.floor(now / 1000), user_id: user.id };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${createHmac('sha256', app.clientSecret).update(payload).digest('base64url')}.${payload}`;
}

async function post(url: string, signedRequest: string): Promise<CallbackAnswer & { body: string }> {
  let status = 0;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ signed_request: signedRequest }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
    status = response.status;
    return { status, body: await readText(response) };
  } catch (error) {
    return { status, error: explain(error), body: '' };
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > SIZE_LIMIT) throw new Error('The answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readConfirmation(body: string): { url: string; confirmationCode: string } | { error: string } {
  try {
    const { url, confirmation_code: confirmationCode } = JSON.parse(body);
    if (typeof url === 'string' && typeof confirmationCode === 'string') return { url, confirmationCode };
  } catch {
    // Not JSON, which is as useless as JSON without the two strings.
  }
  return { error: 'The answer is not {"url": "…", "confirmation_code": "…"}' };
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'No answer';
  if (error.name === 'TimeoutError') return `No answer within ${TIME_LIMIT / 1000} seconds`;
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
