import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { ADA, Browser, type Example, sqlAt, startExample, temporaryDatabase, textOf } from './support.js';

describe('example/reference: the callbacks of Meta', () => {
  let example: Example;
  let browser: Browser;

  beforeEach(async () => {
    example = await startExample();
    browser = new Browser(example.origin);
  });

  afterEach(() => example.close());

  /** What Meta posts, with whatever a test gets wrong about it. */
  function signedRequest({ secret = example.config.threads.clientSecret, age = 0, ...claims } = {}): string {
    const payload = Buffer.from(
      JSON.stringify({
        algorithm: 'HMAC-SHA256',
        issued_at: Math.floor(Date.now() / 1000) - age,
        user_id: ADA,
        ...claims,
      }),
    ).toString('base64url');
    return `${createHmac('sha256', secret).update(payload).digest('base64url')}.${payload}`;
  }

  function removeApp(deleteData: boolean, userId = ADA) {
    const { clientID } = example.config.threads;
    return example.simulator.removeApp({ clientID, userId, deleteData });
  }

  for (const path of ['/auth/threads/uninstall', '/auth/threads/delete']) {
    describe(path, () => {
      for (const [what, status, form] of [
        ['without a signed request', 400, () => ({})],
        ['with an empty one', 400, () => ({ signed_request: '' })],
        ['with one that is no signed request', 400, () => ({ signed_request: 'hello' })],
        ['with two of them', 400, () => [1, 2].map(() => ['signed_request', signedRequest()])],
        ['signed by somebody else', 403, () => ({ signed_request: signedRequest({ secret: 'a guess' }) })],
        ['that is two hours old', 400, () => ({ signed_request: signedRequest({ age: 7200 }) })],
        ['that is from the future', 400, () => ({ signed_request: signedRequest({ age: -7200 }) })],
        ['that is far too long', 413, () => ({ signed_request: 'x'.repeat(20_000) })],
      ] as [string, number, () => Record<string, string> | [string, string][]][]) {
        it(`answers ${status} to a request ${what}, and leaves the person alone`, async () => {
          await browser.signIn();
          expect((await browser.request(path, form())).status).to.equal(status);
          const page = await browser.open('/profile');
          expect(page.status).to.equal(200);
          expect(textOf(page)).to.contain('Expires in').and.not.to.contain('Please sign in again');
        });
      }

      it('answers 400 to a body of another kind, and to none', async () => {
        const url = `${example.origin}${path}`;
        const json = { 'content-type': 'application/json' };
        const body = JSON.stringify({ signed_request: signedRequest() });
        expect((await fetch(url, { method: 'POST', headers: json, body })).status).to.equal(400);
        expect((await fetch(url, { method: 'POST' })).status).to.equal(400);
      });

      it('is no page', async () => {
        expect((await browser.request(path)).status).to.equal(404);
      });

      it('accepts a request about somebody who never came', async () => {
        const page = await browser.request(path, {
          signed_request: signedRequest({ user_id: '17' } as object),
        });
        expect(page.status).to.equal(200);
        expect(page.headers.getSetCookie()).to.deep.equal([]);
      });
    });
  }

  it('ignores a request that is older than the account or the sign-in, as when an old one is sent once more', async () => {
    await browser.signIn();
    const old = () => ({ signed_request: signedRequest({ age: 60 }) });
    expect((await browser.request('/auth/threads/uninstall', old())).status).to.equal(200);
    const answer = await browser.request('/auth/threads/delete', old());
    expect(answer.status).to.equal(409);
    expect(answer.html).to.contain('Nothing was deleted');
    expect(textOf(await browser.open('/profile'))).to.contain('Expires in');
  });

  it('deletes nothing with an uninstall request that somebody kept and sends to the other address later', async () => {
    const file = await temporaryDatabase();
    const kept = await startExample({ DATABASE_URL: file.url });
    const person = new Browser(kept.origin);
    try {
      await person.signIn();
      const request = signedRequest();
      const sendTo = (address: string, signed_request: string) =>
        person.request(`/auth/threads/${address}`, { signed_request });
      expect((await sendTo('uninstall', request)).status).to.equal(200);
      // Six minutes pass.
      await sqlAt(file.url, 'UPDATE uninstalls SET seen_at = seen_at - 360000');
      expect((await sendTo('delete', request)).status).to.equal(409);
      const [signature, payload] = request.split('.');
      expect((await sendTo('delete', `${signature}=.${payload}`)).status, 'spelt otherwise').to.equal(409);
      expect(textOf(await person.open('/profile'))).to.contain('Ada Okafor');
    } finally {
      await kept.close();
      await file.remove();
    }
  });

  it('says on the profile that access was removed, and gives it back after another sign-in', async () => {
    await browser.signIn();
    expect(await removeApp(false)).to.deep.equal({ deauthorize: { status: 200 } });
    const page = await browser.open('/profile');
    expect(textOf(page)).to.contain('Ada Okafor').and.to.contain('Please sign in again');
    expect(textOf(page)).not.to.match(/ Granted |Expires in/);
    const href = /href="([^"]+)">Sign in again/.exec(page.html)![1]!;
    expect(href).to.equal('/auth/threads?returnTo=/profile');
    const again = textOf(await browser.signIn({ returnTo: '/profile' }));
    expect(again).to.contain('Welcome back, Ada').and.not.to.contain('Please sign in again');
  });

  it('deletes a person, ends their sessions, and confirms it on a page that names nobody', async () => {
    await browser.signIn();
    const elsewhere = new Browser(example.origin);
    await elsewhere.signIn();
    const { dataDeletion } = await removeApp(true);
    expect(dataDeletion?.status).to.equal(200);
    const { url = '', confirmationCode = '' } = dataDeletion!;
    expect(url).to.equal(`${example.origin}/deletions/${confirmationCode}`);
    expect((await browser.request('/profile')).status).to.equal(303);

    const status = await new Browser(example.origin).open(url);
    expect(status.status).to.equal(200);
    expect(textOf(status)).to.contain('The data is deleted').and.to.contain(confirmationCode);
    expect(status.html)
      .not.to.match(/ada|okafor/i)
      .and.not.to.contain(ADA);

    expect(textOf(await browser.signIn())).to.contain('This is your first time here');
    const old = await elsewhere.request('/profile');
    expect(old.status, 'a session from before the deletion').to.equal(303);
  });

  it('gives every deletion a code of its own, and knows no other code', async () => {
    await browser.signIn();
    const codes = [await removeApp(true), await removeApp(true)].map(
      ({ dataDeletion }) => dataDeletion?.confirmationCode,
    );
    expect(codes[0]).to.match(/^[0-9a-f]{24}$/);
    expect(codes[1])
      .to.match(/^[0-9a-f]{24}$/)
      .and.not.to.equal(codes[0]);
    for (const code of ['0'.repeat(24), '%27%20OR%201=1', ADA]) {
      const page = await browser.open(`/deletions/${code}`);
      expect(page.status).to.equal(404);
      expect(textOf(page)).to.contain('There is no such page');
    }
  });

  it('leads to the page of the simulator where the app can be removed', async () => {
    const page = await browser.signIn();
    const simulator = new URL(example.simulator.endpoints.graphURL).origin;
    expect(page.html).to.contain(`<a href="${simulator}">Remove this app in the simulator</a>`);
  });
});
