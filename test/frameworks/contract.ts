import { expect } from 'chai';
import { ADA, type Mount, type Page, type Site, startSite } from './support.js';

const STATE_COOKIE = /^threads-login-/;

/**
 * What a login must do in every framework. The app sets a cookie `visited` of its own along with both legs, gives
 * the application state `{ from: 'a letter' }`, and answers the callback in JSON with `{ user, state }`, or with
 * `{ message }` and the status of the failure.
 */
export function itSignsPeopleIn(mount: Mount): void {
  let site: Site;

  beforeEach(async () => {
    site = await startSite(mount);
  });

  afterEach(() => site.close());

  it('fails with 403 for a person who cancelled', async () => {
    const { browser } = site;
    const callback = await browser.decide(await browser.start(), 'cancel');
    const page = await browser.open(callback);
    expect(page.status).to.equal(403);
    expect(jsonOf(page)).to.deep.equal({ message: 'The user denied your request' });
    expect(page.headers.get('cache-control')).to.equal('no-store');
  });

  it('fails with 403 in a browser that did not start the login, and asks Threads nothing', async () => {
    const { browser, origin, simulator } = site;
    const callback = await browser.decide(await browser.start());
    await browser.jar.removeAllCookies();
    const asked = simulator.requests.length;
    const page = await browser.open(callback);
    expect(page.status, origin).to.equal(403);
    expect(jsonOf(page).message).to.match(/started in another browser.* Please start again\./);
    expect(simulator.requests).to.have.length(asked);
  });

  it('signs a person in, and brings the application state back', async () => {
    const { browser } = site;
    const callback = await browser.decide(await browser.start());
    const page = await browser.open(callback);
    expect(page.status).to.equal(200);
    expect(jsonOf(page)).to.deep.equal({
      user: { id: ADA, name: 'Ada Okafor' },
      state: { from: 'a letter' },
    });
  });

  it('lets no cache keep its redirect', async () => {
    const { status, headers } = await site.browser.open('/auth/threads');
    expect([status, headers.get('cache-control')]).to.deep.equal([302, 'no-store']);
  });

  it('signs a person in with a relative redirect URI, which is resolved against the address of the request', async () => {
    await site.close();
    site = await startSite(mount, { callbackURL: '/auth/threads/callback' });
    const { browser, origin } = site;
    const window = await browser.start();
    expect(new URL(window).searchParams.get('redirect_uri')).to.equal(`${origin}/auth/threads/callback`);
    const page = await browser.open(await browser.decide(window));
    expect(jsonOf(page)).to.have.deep.property('user', { id: ADA, name: 'Ada Okafor' });
  });

  it('keeps its cookie beside the cookies of the app, and takes it back at the end', async () => {
    const { browser } = site;
    const window = await browser.start();
    const during = await browser.cookies();
    expect(during).to.include('visited');
    expect(during.filter((name) => STATE_COOKIE.test(name))).to.have.length(1);

    const page = await browser.open(await browser.decide(window));
    const cleared = page.headers.getSetCookie().filter((cookie) => STATE_COOKIE.test(cookie));
    expect(cleared).to.have.length(1);
    expect(cleared[0]).to.match(/^threads-login-[\w-]{16}=; Max-Age=0;/);
    expect(page.headers.getSetCookie().some((cookie) => cookie.startsWith('visited='))).to.equal(true);
    expect((await browser.cookies()).filter((name) => STATE_COOKIE.test(name))).to.deep.equal([]);
  });

  it('takes its cookie back when Threads fails, too', async () => {
    const { browser, simulator } = site;
    const callback = await browser.decide(await browser.start());
    await simulator.close();
    const page = await browser.open(callback);
    expect(page.status).to.equal(502);
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect((await browser.cookies()).filter((name) => STATE_COOKIE.test(name))).to.deep.equal([]);
  });
}

function jsonOf({ text }: Page): Record<string, unknown> {
  return JSON.parse(text);
}
