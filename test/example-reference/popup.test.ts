import { expect } from 'chai';
import type { PopupOutcome } from '../../example/reference/src/popup.js';
import { ADA, Browser, type Example, type Page, startExample } from './support.js';

const REPLIES = 'threads_read_replies';

describe('example/reference: signing in with a popup', () => {
  let example: Example;
  let browser: Browser;

  beforeEach(async () => {
    example = await startExample({ THREADS_REQUIRED_SCOPES: 'threads_manage_insights' });
    browser = new Browser(example.origin);
  });

  afterEach(() => example.close());

  /** Opens the popup, and answers the window of Threads. */
  async function answer(form: Record<string, string> = {}, scopes?: string[]): Promise<Page> {
    const window = await browser.open('/auth/threads/popup');
    const ticked = scopes ?? askedIn(window);
    return browser.open(window.url, [
      ...Object.entries({ decision: 'allow', user: ADA, ...form }),
      ...ticked.map((scope): [string, string] => ['scope', scope]),
    ]);
  }

  const askedIn = ({ url }: Page) => new URL(url).searchParams.get('scope')!.split(',');

  /** What the last page of the popup posts to the page that opened it. */
  function outcomeIn({ html }: Page): PopupOutcome {
    const [, json] = /data-outcome="([^"]*)"/.exec(html)!;
    return JSON.parse(json!.replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&'));
  }

  /** The answer to a callback, followed to the page that it leads to. */
  const comeBack = (query: Record<string, string>) =>
    browser.open(`/auth/threads/popup/callback?${new URLSearchParams(query)}`);

  it('posts that the person cancelled, in the words of the main flow', async () => {
    const outcome = outcomeIn(await answer({ decision: 'cancel' }));
    expect(outcome).to.include({ ok: false, why: 'access_denied' });
    expect(outcome).to.include({ title: 'You cancelled, and that is fine' });
  });

  it('posts that a permission is missing, and what helps', async () => {
    const outcome = outcomeIn(await answer({}, ['threads_basic']));
    expect(outcome).to.include({ ok: false, why: 'missing_scopes' });
    expect(JSON.stringify(outcome)).to.contain('Remove Spool in Threads');
  });

  it('signs nobody in with a login that an attacker began in another browser', async () => {
    const attacker = new Browser(example.origin);
    const { url } = await attacker.open('/auth/threads/popup');
    const page = await browser.open(example.simulator.answer(url));
    expect(outcomeIn(page)).to.include({ ok: false });
    expect((await browser.open('/profile')).html).not.to.contain('Ada Okafor');
  });

  it('quotes nothing of the callback: attack by markup in every parameter', async () => {
    const attack = '</script><img src=x onerror=alert(1)>"\'';
    for (const name of [
      'error',
      'error_description',
      'error_message',
      'error_reason',
      'code',
      'state',
      'x',
    ]) {
      for (const query of [{ [name]: attack }, { error: 'access_denied', [name]: attack }]) {
        const { html } = await comeBack(query);
        expect(html).not.to.contain('onerror').and.not.to.contain('src=x');
      }
    }
  });

  it('writes a name as text: attack by markup in the name of a person', async () => {
    example.simulator.addUser({
      id: ADA,
      username: 'ada',
      name: '"><img src=x onerror=alert(1)>',
      testerOf: [example.config.threads.clientID],
    });
    const page = await answer();
    expect(page.html).not.to.contain('<img src=x');
    expect(outcomeIn(page)).to.deep.include({ ok: true });
  });

  it('leaves neither code nor state in the address of its last page, however it ends', async () => {
    for (const page of [
      await answer(),
      await answer({ decision: 'cancel' }),
      await comeBack({ code: 'x' }),
    ]) {
      expect(page.url).to.equal(`${example.origin}/popup/done#top`);
    }
    example.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
    expect((await answer()).url).to.equal(`${example.origin}/popup/done#top`);
  });

  it('says that Threads is down, and logs why without the code', async () => {
    example.simulator.fail('POST /oauth/access_token', { status: 503, body: {} });
    expect(outcomeIn(await answer())).to.include({ ok: false, why: 'unavailable' });
    expect(example.log.join()).to.contain('ThreadsNetworkError').and.not.contain(browser.sent('code'));
  });

  it('says to allow cookies where the browser keeps none', async () => {
    expect(outcomeIn(await browser.open('/popup/done'))).to.include({ ok: false, why: 'no_cookie' });
  });

  it('takes nothing away that the person allowed later', async () => {
    await browser.signIn();
    const settings = await browser.open('/settings');
    const more = new RegExp(`href="(/auth/threads/more\\?scope=${REPLIES}&[^"]+)"`).exec(settings.html)![1]!;
    const window = await browser.open(more.replaceAll(/&amp;|&#38;/g, '&'));
    await browser.open(example.simulator.answer(window.url));
    expect(askedIn(await browser.open('/auth/threads/popup'))).to.include(REPLIES);
  });

  it('signs the person in with a session of a new id, so that nobody can plant one', async () => {
    const sessions = [];
    for (let i = 0; i < 2; i += 1) {
      const outcome = outcomeIn(await answer());
      expect(outcome).to.deep.equal({ ok: true, user: { name: 'Ada Okafor', username: 'ada.okafor' } });
      const cookies = await browser.jar.getCookies(example.origin);
      sessions.push(cookies.find(({ key }) => key === 'session')!.value);
    }
    expect(sessions[0]).not.to.equal(sessions[1]);
    expect((await browser.open('/profile')).html).to.contain('Ada Okafor');
  });

  it('keeps the tie between page and popup by policy, and cuts it everywhere else', async () => {
    const policyOf = async (path: string) =>
      (await browser.request(path)).headers.get('cross-origin-opener-policy');
    expect(await policyOf('/popup')).to.equal('same-origin-allow-popups');
    for (const path of ['/auth/threads/popup', '/auth/threads/popup/callback', '/popup/done']) {
      expect(await policyOf(path)).to.equal('unsafe-none');
    }
    for (const path of ['/', '/profile', '/auth/threads'])
      expect(await policyOf(path)).to.equal('same-origin');
  });
});
