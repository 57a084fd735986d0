import { expect } from 'chai';
import { Agent, type Dispatcher, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import {
  createThreadsSimulator,
  simulatedApp,
  type ThreadsSimulator,
  type WindowAnswer,
} from '../../lib/simulator/index.js';

interface App {
  request(path: string, init?: RequestInit): Promise<Response>;
}

const { clientID, clientSecret } = simulatedApp;
const CALLBACK_URL = 'https://app.example/auth/threads/callback';
const RECIPE = new URL('../../example/recipes/hono.mjs', import.meta.url).href;

describe('recipe hono', () => {
  const dispatcher = getGlobalDispatcher();
  let simulator: ThreadsSimulator;
  let app: App;

  before(async () => {
    const redirectURIs = [CALLBACK_URL];
    simulator = createThreadsSimulator({ apps: [{ ...simulatedApp, redirectURIs }] });
    const origin = await simulator.listen();
    setGlobalDispatcher(
      new (class extends Agent {
        override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
          expect(String(options.origin)).to.equal('https://graph.threads.net');
          return super.dispatch({ ...options, origin }, handler);
        }
      })(),
    );
    const { createHono } = (await import(RECIPE)) as { createHono(options: object): App };
    app = createHono({ clientID, clientSecret, callbackURL: CALLBACK_URL });
  });

  after(async () => {
    setGlobalDispatcher(dispatcher);
    await simulator.close();
  });

  async function start() {
    const { headers } = await app.request('/auth/threads');
    expect(headers.get('cache-control')).to.equal('no-store');
    const cookie = headers.getSetCookie().map((line) => line.split(';')[0]);
    return { window: String(headers.get('location')), headers: { cookie: cookie.join('; ') } };
  }

  /** What a person does in the window, which opens at the simulator as it would at Threads. */
  function answer(window: string, options?: WindowAnswer): URL {
    return new URL(simulator.answer(simulator.url + window.slice(new URL(window).origin.length), options));
  }

  /** What the person reads, and what the login left, after a callback. */
  async function finish({ pathname, search }: URL, headers?: Record<string, string>) {
    const answer = await app.request(pathname + search, headers && { headers });
    expect(answer.status).to.equal(303);
    expect(answer.headers.get('cache-control')).to.equal('no-store');
    const cookies = answer.headers.getSetCookie();
    const cookie = cookies.map((line) => line.split(';')[0]).join('; ');
    const location = String(answer.headers.get('location'));
    const page = await app.request(location.replace(/#$/, ''), { headers: { cookie } });
    return { text: await page.text(), cookies, location };
  }

  it('lets a person cancel', async () => {
    const { window, headers } = await start();
    expect((await finish(answer(window, { decision: 'cancel' }), headers)).text).to.include('You cancelled');
  });

  it('signs nobody in who did not start here, or who comes with two states', async () => {
    const { window, headers } = await start();
    const back = answer(window);
    const asked = simulator.requests.length;
    expect((await finish(back)).text).to.include('start again');
    const twice = new URL(back);
    twice.searchParams.append('state', 'x');
    expect((await finish(twice, headers)).text).to.include('start again');
    expect(simulator.requests).to.have.length(asked);
  });

  it('signs a person in, at the addresses of Threads, and uses the login up', async () => {
    const { window, headers } = await start();
    expect(window).to.match(/^https:\/\/www\.threads\.com\/oauth\/authorize\?/);
    const back = answer(window);
    const { text, cookies, location } = await finish(back, headers);
    expect(text).to.include('You are 17841405793187219');
    expect(location).to.equal('/#');
    expect(cookies.join()).to.match(/__Host-threads-login-[^,]*Max-Age=0/);
    expect((await finish(back, headers)).text).to.include('start again');
  });
});
