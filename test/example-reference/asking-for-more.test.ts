import { expect } from 'chai';
import { ADA, Browser, type Example, MATEO, type Page, startExample, textOf } from './support.js';

const ZOE = '17841472650918533';
const REPLIES = 'threads_read_replies';

describe('example/reference: asking for more later', () => {
  let example: Example;
  let browser: Browser;

  beforeEach(async () => {
    example = await startExample();
    browser = new Browser(example.origin);
  });

  afterEach(() => example.close());

  /** The address behind the button that allows a permission. */
  function allowIn({ html }: Page, scope: string): string {
    return new RegExp(`href="(/auth/threads/more\\?scope=${scope}&[^"]+)"`)
      .exec(html)![1]!
      .replaceAll(/&amp;|&#38;/g, '&');
  }

  const askedIn = ({ url }: Page) => new URL(url).searchParams.get('scope')!.split(',');

  /** Presses the button of the settings page, and answers the window. */
  async function ask(scope: string, answer: { user?: string; scopes?: string[]; decision?: string } = {}) {
    const window = await browser.open(allowIn(await browser.open('/settings'), scope));
    const ticked = (answer.scopes ?? askedIn(window)).map((name): [string, string] => ['scope', name]);
    const { user = ADA, decision = 'allow' } = answer;
    return browser.open(window.url, [['decision', decision], ['user', user], ...ticked]);
  }

  it('asks nobody who is not signed in', async () => {
    for (const path of ['/settings', `/auth/threads/more?scope=${REPLIES}`]) {
      expect((await browser.open(path)).url).to.equal(`${example.origin}/?returnTo=/settings#top`);
    }
  });

  it('does not ask at the wish of another site, nor for anything that the page does not offer', async () => {
    await browser.signIn();
    const page = await browser.open('/settings');
    for (const query of [`scope=${REPLIES}`, `scope=${REPLIES}&csrf=x`]) {
      expect((await browser.request(`/auth/threads/more?${query}`)).status).to.equal(403);
    }
    const { searchParams } = new URL(allowIn(page, REPLIES), example.origin);
    const csrf = searchParams.get('csrf')!;
    for (const query of ['', 'scope=threads_delete', `scope=${REPLIES}&scope=threads_delete`]) {
      expect((await browser.request(`/auth/threads/more?${query}&csrf=${csrf}`)).status).to.equal(404);
    }
  });

  it('changes nothing, and signs nobody else in, when another account allows it', async () => {
    await browser.signIn();
    const page = await ask(REPLIES, { user: MATEO });
    expect(page.status).to.equal(403);
    expect(textOf(page)).to.contain('That was another Threads account').and.to.contain('Sign out');
    expect(page.html, 'back to where it started').to.contain('href="/settings">Back to the settings');
    expect(textOf(await browser.open('/profile')))
      .to.contain('Ada Okafor')
      .and.not.to.contain(REPLIES);
  });

  it('stores nothing of another account that allowed it, which can be linked afterwards', async () => {
    await browser.signIn();
    await ask(REPLIES, { user: ZOE });
    expect(await example.database.users.find(ZOE)).to.equal(undefined);
    const { html } = await browser.open('/profile');
    const link = /href="(\/auth\/threads\/link\?csrf=[^"]+)"/.exec(html)![1]!;
    const page = await browser.open((await browser.open(link)).url, { decision: 'allow', user: ZOE });
    expect(textOf(page)).to.contain('The account is linked').and.to.contain('@zoe_nguyen');
  });

  it('leaves the token of a linked account alone that allowed it', async () => {
    await browser.signIn();
    const profile = await browser.open('/profile');
    const link = /href="(\/auth\/threads\/link\?csrf=[^"]+)"/.exec(profile.html)![1]!;
    await browser.open((await browser.open(link)).url, { decision: 'allow', user: ZOE });
    const [before] = await example.database.linkedAccounts.of(ADA);
    await ask(REPLIES, { user: ZOE });
    expect(await example.database.linkedAccounts.of(ADA)).to.deep.equal([before]);
  });

  it('changes nothing when the linked account of the same user allows it', async () => {
    await browser.signIn();
    const profile = await browser.open('/profile');
    const link = /href="(\/auth\/threads\/link\?csrf=[^"]+)"/.exec(profile.html)![1]!;
    await browser.open((await browser.open(link)).url, { decision: 'allow', user: ZOE });
    const page = await ask(REPLIES, { user: ZOE });
    expect(textOf(page)).to.contain('That was another Threads account');
    expect((await browser.open('/settings')).html).to.contain(`more?scope=${REPLIES}`);
  });

  it('leaves a person who cancels signed in, with what they had', async () => {
    await browser.signIn();
    const page = await ask(REPLIES, { decision: 'cancel' });
    expect(textOf(page)).to.contain('you are signed in as before');
    expect(page.html).to.contain('href="/settings"');
    expect(textOf(await browser.open('/profile')).match(/ Granted /g)).to.have.length(3);
  });

  it('says what to do about a permission that was refused, once, and works on without it', async () => {
    await browser.signIn();
    const page = await ask(REPLIES, { scopes: ['threads_basic', 'threads_content_publish'] });
    expect(page.url).to.equal(`${example.origin}/settings#top`);
    expect(textOf(page)).to.contain('Not allowed: Read replies to your posts');
    expect(textOf(page)).to.contain('remove Spool in Threads');
    expect(textOf(await browser.open('/settings'))).not.to.contain('Not allowed');
  });

  it('comes back to the settings with the permission added to those that were there', async () => {
    await browser.signIn({ scopes: ['threads_basic', 'threads_content_publish'] });
    const page = await ask(REPLIES);
    expect(page.url).to.equal(`${example.origin}/settings#top`);
    expect(textOf(page)).to.contain('Allowed: Read replies to your posts');
    expect(textOf(page)).to.match(/threads_content_publish Allowed .*threads_read_replies Allowed/);
    const user = await example.database.users.find(ADA);
    expect(user?.token.scopes).to.include.members(['threads_basic', 'threads_content_publish', REPLIES]);
  });

  it('asks a signed-in person again for what they allowed later, so that nothing is taken away', async () => {
    await browser.signIn();
    await ask(REPLIES);
    const window = await browser.open('/auth/threads?returnTo=/profile');
    expect(askedIn(window)).to.include(REPLIES);
    const newcomer = await new Browser(example.origin).open('/auth/threads');
    expect(askedIn(newcomer)).not.to.include(REPLIES);
  });
});
