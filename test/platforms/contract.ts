import { expect } from 'chai';
import { ADA, Browser } from '../frameworks/support.js';
import type { Platform } from './support.js';

/**
 * What a login must do on every platform. The app gives the application state `{ from: 'a letter' }`, and answers the
 * callback in JSON with `{ user, state }`, or with the `type`, `name`, `reason` and `message` of a failure or an error, as
 * far as it has them, and its status.
 *
 * @param start - starts the app on its platform
 * @param path - where a login begins
 */
export function itSignsPeopleInCold(start: () => Promise<Platform>, path = '/auth/threads'): void {
  let platform: Platform;
  let browser: Browser;

  before(async () => {
    platform = await start();
  });

  beforeEach(() => {
    browser = new Browser(platform.origin);
  });

  after(() => platform?.close());

  const attempts = async () => (await browser.cookies()).filter((name) => name.startsWith('threads-login-'));

  it('signs a person in, cold at both legs, on two instances', async () => {
    const window = await browser.start(path);
    expect(await attempts()).to.have.length(1);
    await platform.replace();
    const { status, text } = await browser.open(await browser.decide(window));
    expect(status, text).to.equal(200);
    expect(JSON.parse(text)).to.deep.equal({
      user: { id: ADA, name: 'Ada Okafor' },
      state: { from: 'a letter' },
    });
    expect(await attempts()).to.deep.equal([]);
  });

  it('fails with 403 in a browser that did not start the login, and asks Threads nothing', async () => {
    const callback = await browser.decide(await browser.start(path));
    const asked = platform.simulator.requests.length;
    const page = await new Browser(platform.origin).open(callback);
    expect(page.status, page.text).to.equal(403);
    expect(JSON.parse(page.text)).to.include({ type: 'invalid_state', reason: 'no_cookie' });
    expect(platform.simulator.requests).to.have.length(asked);
  });

  it('answers a refusal of Threads with its name and reason', async () => {
    const callback = await browser.decide(await browser.start(path));
    const refused = {
      error_type: 'OAuthException',
      code: 400,
      error_message: 'Matching code was not found or was already used',
    };
    platform.simulator.fail('POST /oauth/access_token', { status: 400, body: refused, times: 1 });
    const page = await browser.open(callback);
    expect(page.status, page.text).to.equal(502);
    expect(JSON.parse(page.text)).to.include({ name: 'ThreadsTokenError', reason: 'invalid_code' });
  });

  it('finishes two logins of one browser, whose cookies come together', async () => {
    const windows = [await browser.start(path), await browser.start(path)];
    expect(await attempts()).to.have.length(2);
    for (const window of windows) {
      expect((await browser.open(await browser.decide(window))).status).to.equal(200);
    }
    expect(await attempts()).to.deep.equal([]);
  });
}
