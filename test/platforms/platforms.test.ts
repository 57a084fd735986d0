import { expect } from 'chai';
import { ADA, Browser } from '../frameworks/support.js';
import * as eventsV1 from './events-v1.js';
import { type Platform, startFunction, startServer } from './support.js';

const PLATFORMS: Record<string, () => Promise<Platform>> = {
  'serverless-http, API Gateway events 1.0': () => startFunction('serverless-http', { format: eventsV1 }),
  'serverless-http, API Gateway events 2.0': () => startFunction('serverless-http'),
  '@codegenie/serverless-express, API Gateway events 1.0': () =>
    startFunction('serverless-express', { format: eventsV1 }),
  '@codegenie/serverless-express, API Gateway events 2.0': () => startFunction('serverless-express'),
  '@fastify/aws-lambda, API Gateway events 1.0': () =>
    startFunction('fastify-aws-lambda', { format: eventsV1 }),
  '@fastify/aws-lambda, API Gateway events 2.0': () => startFunction('fastify-aws-lambda'),
  'Hono on @hono/node-server': () => startServer('hono'),
  micro: () => startServer('micro'),
  Polka: () => startServer('polka'),
  Connect: () => startServer('connect'),
  'node:http that loads everything with the first request': () => startServer('lazy-http'),
};

for (const [name, start] of Object.entries(PLATFORMS)) {
  describe(`platforms: ${name}`, function () {
    this.timeout(20_000);

    let platform: Platform;
    let browser: Browser;

    before(async () => {
      platform = await start();
    });

    beforeEach(() => {
      browser = new Browser(platform.origin);
    });

    after(() => platform.close());

    const attempts = async () =>
      (await browser.cookies()).filter((cookie) => cookie.startsWith('threads-login-'));

    it('signs a person in, cold at both legs, on two instances', async () => {
      const window = await browser.start();
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
      const callback = await browser.decide(await browser.start());
      const asked = platform.simulator.requests.length;
      const page = await new Browser(platform.origin).open(callback);
      expect(page.status, page.text).to.equal(403);
      expect(JSON.parse(page.text).message).to.contain('started in another browser');
      expect(platform.simulator.requests).to.have.length(asked);
    });

    it('finishes two logins of one browser, whose cookies come together', async () => {
      const windows = [await browser.start(), await browser.start()];
      expect(await attempts()).to.have.length(2);
      for (const window of windows) {
        expect((await browser.open(await browser.decide(window))).status).to.equal(200);
      }
      expect(await attempts()).to.deep.equal([]);
    });
  });
}
