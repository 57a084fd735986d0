import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import Koa from 'koa';
import { appendCookies, findResponse, preventCaching, trackResponses } from '../../lib/passport/response.js';
import { closeAll, serve } from '../faults/serve.js';
import { watchChild } from '../support/child.js';
import { response } from '../support/response.js';

afterEach(closeAll);

describe('The response of a request', () => {
  it('is found where the package is loaded by the very request that needs it', async () => {
    const program = fileURLToPath(new URL('lazy-app.mjs', import.meta.url));
    const app = watchChild(spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] }));
    try {
      await app.printed('\n');
      const page = await fetch(app.output.stdout.trim(), { redirect: 'manual' });
      expect(page.status, await page.text()).to.equal(302);
      expect(page.headers.getSetCookie()).to.have.lengthOf(1);
    } finally {
      app.child.kill();
      await app.exited;
    }
  });

  it('is its own where requests come pipelined, and the last is answered first', async () => {
    trackResponses();
    const waiting: (() => void)[] = [];
    const { port } = await serve((req, res) => {
      waiting.unshift(() => {
        appendCookies(findResponse(req)!, [`path=${req.url}`]);
        res.end();
      });
      if (waiting.length === 3) for (const answer of waiting) answer();
    });
    const socket = connect(port, '127.0.0.1');
    const last = 'GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    socket.write(`GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n${last}`);
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    expect([...text.matchAll(/path=(\/\w)/g)].map(([, path]) => path)).to.deep.equal(['/a', '/b', '/c']);
  });

  it('is found on HTTP/2', async () => {
    const server = http2.createServer((req, res) => {
      res.end(String(findResponse(req) === (res as unknown)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = session.request({ ':path': '/' }).setEncoding('utf8');
    const [text] = await once(stream, 'data');
    session.close();
    await new Promise((resolve) => server.close(resolve));
    expect(text).to.equal('true');
  });

  for (const [title, request] of [
    ['has nothing', {}],
    [
      'has parts that are not what they seem',
      { res: 'res', ctx: null, raw: null, socket: null, stream: undefined },
    ],
    ['has the response of another request on its connection', { socket: { _httpMessage: response() } }],
    ['has a stream with the response of another request', { stream: { [Symbol('response')]: response() } }],
  ] as const) {
    it(`is not made up for a request that ${title}`, () => {
      expect(findResponse(request)).to.equal(undefined);
    });
  }
});

describe('preventCaching', () => {
  it('marks an answer, whatever keeps the state', async () => {
    const { origin } = await serve((req, res) => {
      preventCaching(req);
      res.end();
    });
    expect((await fetch(origin)).headers.get('cache-control')).to.equal('no-store');
  });

  it('outlives a framework that takes all headers off before it answers with an error', async () => {
    const app = new Koa();
    app.silent = true;
    app.use((ctx) => {
      preventCaching(ctx.req);
      ctx.throw(502);
    });
    const { origin } = await serve(app.callback());
    const page = await fetch(origin);
    expect(page.status).to.equal(502);
    expect(page.headers.get('cache-control')).to.equal('no-store');
  });

  it('overrides what the app said for all its pages, and leaves what it says of this one', () => {
    const res = response();
    res.setHeader('Cache-Control', 'public, max-age=600');
    preventCaching({ res });
    expect(res.getHeader('Cache-Control')).to.equal('no-store');
    res.setHeader('Cache-Control', 'private');
    res.writeHead(200);
    expect(res.getHeader('Cache-Control')).to.equal('private');
  });

  it('does nothing where no response can be reached, or where it is on its way', () => {
    preventCaching({});
    const res = response();
    res.writeHead(200);
    res.flushHeaders();
    preventCaching({ res });
    expect(res.getHeader('Cache-Control')).to.equal(undefined);
  });
});

describe('One answer of two legs', () => {
  it('carries the cookies of both', async () => {
    const { origin } = await serve((req, res) => {
      for (const name of ['one', 'other', 'one']) appendCookies(findResponse(req)!, [`${name}=1`]);
      res.end();
    });
    expect((await fetch(origin)).headers.getSetCookie()).to.deep.equal(['one=1', 'other=1']);
  });
});
