import { expect } from 'chai';
import { createThreadsSimulator, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { ada, app, ask, mateo, useSimulator } from './support.js';

const REQUEST = {
  client_id: app.clientID,
  redirect_uri: 'https://app.example/callback',
  response_type: 'code',
  scope: 'threads_basic',
  state: 'x'.repeat(3000),
};
const query = (changes: Record<string, string> = {}) =>
  String(new URLSearchParams({ ...REQUEST, ...changes }));

describe('simulator: the log-in step before the window (loggedIn: false)', () => {
  let simulator: ThreadsSimulator;
  let origin: string;

  beforeEach(async () => {
    simulator = createThreadsSimulator({ apps: [app], users: [ada, mateo], loggedIn: false });
    origin = await simulator.listen();
  });
  afterEach(() => simulator.close());

  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(`${origin}${path}`, { method: 'POST', body: new URLSearchParams(form), headers });
  const cookieOf = (headers: Headers) => headers.getSetCookie()[0]?.split(';')[0] ?? '';

  it('comes first in a browser in which nobody is logged in, whatever is wrong with the app', async () => {
    const mistakes: Record<string, string>[] = [
      {},
      { client_id: '' },
      { redirect_uri: 'https://evil.example/' },
      { scope: '' },
    ];
    for (const wrong of mistakes) {
      const window = `/oauth/authorize?${query(wrong)}`;
      const { status, headers } = await ask(`${origin}${window}`);
      expect(status).to.equal(302);
      const location = new URL(headers.get('location') ?? '', origin);
      expect(location.pathname).to.equal('/login');
      expect(location.searchParams.get('next')).to.equal(window);
    }
  });

  it('comes before a decision, too', async () => {
    const form = { decision: 'allow', user: ada.id };
    const { headers } = await post(`/oauth/authorize?${query()}`, form);
    expect(headers.get('location')).to.match(/^\/login\?next=/);
  });

  it('leads on to the window, with the person chosen who logged in', async () => {
    const { headers } = await ask(`${origin}/oauth/authorize?${query()}`);
    const page = await ask(`${origin}${headers.get('location')}`);
    expect(page.status).to.equal(200);
    const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const loggedIn = await post(action.replaceAll('&amp;', '&'), { user: mateo.id });
    expect(loggedIn.headers.get('location')).to.equal(`/oauth/authorize?${query()}`);
    const cookie = cookieOf(loggedIn.headers);
    const window = await ask(`${origin}/oauth/authorize?${query()}`, { headers: { cookie } });
    expect(window.status).to.equal(200);
    expect(window.text).to.match(new RegExp(`value="${mateo.id}" required checked`));
    const wrong = await ask(`${origin}/oauth/authorize?${query({ client_id: '9' })}`, {
      headers: { cookie },
    });
    expect(wrong.headers.get('location')).to.contain('error_code=1349026');
  });

  it('leads nowhere but to the window of the simulator', async () => {
    for (const next of ['https://evil.example/', '//evil.example/oauth/authorize?', '/remove', '']) {
      const { headers } = await post(`/login?${new URLSearchParams({ next })}`, { user: ada.id });
      expect(headers.get('location')).to.equal('/');
    }
  });

  it('is not taken by another website, nor for somebody unknown', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    expect((await post('/login', { user: ada.id }, foreign)).status).to.equal(400);
    expect((await post('/login', { user: '9' })).status).to.equal(400);
  });

  it('is not for answer(), which goes past it', () => {
    const back = simulator.answer(`${origin}/oauth/authorize?${query()}`);
    expect(new URL(back).searchParams.get('code')).to.match(/^AQ/);
  });
});

describe('simulator: who is chosen in the window', () => {
  const threads = useSimulator();
  const window = () => `${threads.origin}/oauth/authorize?${query()}`;
  const chosenIn = (text: string) => /value="(\d+)" required checked/.exec(text)?.[1];

  it('the first person in a new browser, and the one who answered last in this one', async () => {
    expect(chosenIn((await ask(window())).text)).to.equal(ada.id);
    const body = new URLSearchParams({ decision: 'allow', user: mateo.id });
    const { headers } = await ask(window(), { method: 'POST', body });
    const [cookie = ''] = headers.getSetCookie();
    // An app on the same host, at another port, would get the cookie otherwise.
    expect(cookie).to.contain('Path=/oauth/authorize').and.contain('HttpOnly').and.contain('SameSite=Lax');
    const again = await ask(window(), { headers: { cookie: `other=1; ${cookie.split(';')[0]}` } });
    expect(chosenIn(again.text)).to.equal(mateo.id);
  });

  it('the first person where the cookie names nobody', async () => {
    const headers = { cookie: 'threads_simulator_user=99' };
    expect(chosenIn((await ask(window(), { headers })).text)).to.equal(ada.id);
  });

  for (const [what, settings, words] of [
    ['nothing, once the app has passed App Review', {}, 'can sign in all the same'],
    ['that Threads shows an error while the app is in development mode', { live: false }, '1349245'],
    ['that the next request fails before App Review', { reviewed: false }, 'code 100, subcode 10'],
  ] as const) {
    it(`explains what "Not a tester" means: ${what}`, async () => {
      threads.simulator.addApp({ ...app, ...settings });
      const { text } = await ask(window());
      expect(text).to.contain('<span class="tag">Not a tester</span>').and.contain(words);
      threads.simulator.addUser({ ...mateo, testerOf: [app.clientID] });
      expect((await ask(window())).text).not.to.contain('ot a tester');
    });
  }
});

describe('simulator: its pages', () => {
  const threads = useSimulator();

  it('have the title of their heading', async () => {
    for (const path of ['/', '/login', `/@${ada.username}`, `/oauth/authorize?${query()}`]) {
      const { text } = await threads.get(path);
      const title = /<title>(.+?)(?: · Simulat(?:or|ed Threads))?<\/title>/.exec(text)?.[1];
      const heading = /<h1>(.+?)<\/h1>/.exec(text)?.[1]?.replace(/<[^>]+>/g, '');
      expect(title, path).to.equal(heading);
      expect(text.match(/<h1>/g)).to.have.lengthOf(1);
      expect(text).to.contain('class="badge"').and.contain('This is not Threads');
    }
  });

  it('show the profile of a handle, so that a link leads to no stranger at Threads', async () => {
    const { status, text } = await threads.get(`/@${ada.username}`);
    expect(status).to.equal(200);
    expect(text).to.contain('Ada Okafor').and.contain('Bridges').and.contain(ada.id);
    expect((await threads.get('/')).text).to.contain(`href="/@${ada.username}"`);
    expect((await threads.get('/@nobody')).status).to.equal(404);
    const hostile = '"><img src=x onerror=alert(1)>';
    threads.simulator.addUser({ ...ada, name: hostile, username: hostile, biography: hostile });
    const injected = await threads.get(`/@${encodeURIComponent(hostile)}`);
    expect([injected.status, injected.text.includes('<img src=x')]).to.deep.equal([200, false]);
  });

  it('lead back to the app, at the address with which it last opened the window', async () => {
    threads.simulator.addApp({
      ...app,
      redirectURIs: ['https://app.example/callback', 'http://127.0.0.1:3000/callback'],
    });
    expect((await threads.get('/')).text).to.contain('<a href="https://app.example/">Back to Postcard Club');
    await threads.get(`/oauth/authorize?${query({ redirect_uri: 'http://127.0.0.1:3000/callback' })}`);
    for (const path of ['/', `/@${ada.username}`]) {
      const { text } = await threads.get(path);
      expect(text).to.contain('<a href="http://127.0.0.1:3000/">Back to Postcard Club');
      expect(text).not.to.contain('other.example');
    }
  });
});
