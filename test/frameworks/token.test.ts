import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Authenticator } from '@fastify/passport';
import secureSession from '@fastify/secure-session';
import { expect } from 'chai';
import express5, { type ErrorRequestHandler } from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import Koa from 'koa';
import { KoaPassport } from 'koa-passport';
import { Passport } from 'passport';
import { ThreadsTokenStrategy } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp, type ThreadsSimulator } from '../../lib/simulator/index.js';
import { asUser } from '../support/user.js';
import { ADA, type Person } from './support.js';

type Mount = (strategy: ThreadsTokenStrategy) => RequestListener | Promise<RequestListener>;

const withExpress =
  (express: typeof express5): Mount =>
  (strategy) => {
    const passport = new Passport();
    passport.use(strategy);
    const app = express();
    app.use(express.json(), express.urlencoded({ extended: false }));
    app.post('/api/session', passport.authenticate('threads-token', { session: false }), (req, res) => {
      res.json({ user: req.user });
    });
    const failed: ErrorRequestHandler = (error, _req, res, _next) => {
      res.status(error.status).json({ name: error.name });
    };
    app.use(failed);
    return app;
  };

const withFastify: Mount = async (strategy) => {
  let handler: RequestListener | undefined;
  const app = Fastify({
    serverFactory: (handle) => {
      handler = handle as RequestListener;
      return createServer();
    },
  });
  const passport = new Authenticator();
  passport.use(strategy);
  // @fastify/passport does not start without a session.
  await app.register(secureSession, { key: Buffer.alloc(32, 'key') });
  await app.register(passport.initialize());
  const signIn = passport.authenticate('threads-token', { session: false });
  app.post('/api/session', { preValidation: signIn }, (request, reply) => {
    reply.send({ user: request.user });
  });
  app.setErrorHandler((error: Error & { status: number }, _request, reply) => {
    reply.code(error.status).send({ name: error.name });
  });
  await app.ready();
  return handler!;
};

const withKoa: Mount = (strategy) => {
  const passport = new KoaPassport();
  passport.use(strategy);
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    const body = await text(ctx.req);
    if (body) (ctx.request as { body?: unknown }).body = JSON.parse(body);
    await next();
  });
  app.use(passport.initialize());
  app.use(passport.authenticate('threads-token', { session: false }));
  app.use((ctx) => {
    ctx.body = { user: ctx.state.user };
  });
  return app.callback();
};

/** What a login with a token must do in every framework, with what Passport itself answers where it fails. */
function itSignsPeopleInByToken(mount: Mount): void {
  const STRANGER = {
    clientID: '42',
    clientSecret: 'of another app',
    redirectURIs: ['https://other.example/'],
  };
  let simulator: ThreadsSimulator;
  let origin: string;
  let close: () => Promise<unknown>;

  beforeEach(async () => {
    simulator = createThreadsSimulator({ apps: [simulatedApp, STRANGER] });
    await simulator.listen();
    const { clientID, clientSecret } = simulatedApp;
    const { tokenURL, graphURL } = simulator.endpoints;
    const strategy = new ThreadsTokenStrategy(
      { clientID, clientSecret, tokenURL, graphURL, requiredScopes: 'threads_basic' },
      async (_accessToken, _refreshToken, profile) =>
        asUser({ id: profile.id, name: profile.displayName } satisfies Person),
    );
    const server = createServer(await mount(strategy)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => {
      server.closeAllConnections();
      return Promise.all([new Promise((resolve) => server.close(resolve)), simulator.close()]);
    };
  });

  afterEach(() => close());

  const tokenOf = (clientID = simulatedApp.clientID, scope = ['threads_basic']) =>
    simulator.issueToken({ clientID, userId: ADA, scope });

  async function post(headers: OutgoingHttpHeaders, body?: object) {
    const json = body && JSON.stringify(body);
    const asked = request(`${origin}/api/session`, {
      method: 'POST',
      headers: {
        ...headers,
        ...(json && { 'content-type': 'application/json', 'content-length': json.length }),
      },
    });
    asked.end(json);
    const [answer] = await once(asked, 'response');
    return {
      status: answer.statusCode as number,
      challenge: answer.headers['www-authenticate'] as string | undefined,
      text: await text(answer),
    };
  }

  it('answers 401 with a bare challenge where there is no token', async () => {
    const { status, challenge } = await post({});
    expect({ status, challenge }).to.deep.equal({ status: 401, challenge: 'Bearer realm="Threads"' });
  });

  it('answers 401 with a challenge to a forged token', async () => {
    const { status, challenge } = await post({ authorization: 'Bearer THQVJforged' });
    expect(status).to.equal(401);
    expect(challenge).to.contain('error="invalid_token"');
  });

  it("answers 401 to a token that another app's visitors gave it, though /me answers to it", async () => {
    const { status, challenge } = await post({ authorization: `Bearer ${tokenOf(STRANGER.clientID)}` });
    expect(status).to.equal(401);
    expect(challenge).to.contain('belongs to another app');
  });

  it('answers 401 to a token whose person logged out', async () => {
    const authorization = `Bearer ${tokenOf()}`;
    simulator.logOut(ADA);
    const { status, challenge } = await post({ authorization });
    expect(status).to.equal(401);
    expect(challenge).to.contain('the access token is not valid (logged_out)');
  });

  it('answers 403 with a challenge, which Passport does not send, to a token that may too little', async () => {
    const authorization = `Bearer ${tokenOf(simulatedApp.clientID, ['threads_delete'])}`;
    const { status, challenge } = await post({ authorization });
    expect(status).to.equal(403);
    expect(challenge).to.match(/error="insufficient_scope", .*scope="threads_basic"$/);
  });

  it('answers 400 with a challenge to a token in the header and another in the body', async () => {
    const authorization = `Bearer ${tokenOf()}`;
    const { status, challenge } = await post({ authorization }, { access_token: tokenOf() });
    expect(status).to.equal(400);
    expect(challenge).to.contain('error="invalid_request"');
    expect(simulator.requests).to.have.length(0);
  });

  it('answers 400 with a challenge to a token in a body that another website posts, and takes it from the app itself', async () => {
    const body = { access_token: tokenOf() };
    const { status, challenge } = await post({ origin: 'https://evil.example' }, body);
    expect(status).to.equal(400);
    expect(challenge).to.contain('error="invalid_request"').and.contain('in the Authorization header');
    expect(simulator.requests).to.have.length(0);
    expect((await post({ 'sec-fetch-site': 'cross-site', origin }, body)).status).to.equal(400);
    expect(JSON.parse((await post({ origin }, body)).text).user).to.have.property('id', ADA);
  });

  for (const other of ['Bearer THQVJforged', 'Basic YTpi']) {
    it(`answers 400 to two Authorization headers, of which Node.js shows the first: ${other}`, async () => {
      const { status } = await post({ authorization: [other, `Bearer ${tokenOf()}`] as never });
      expect(status).to.equal(400);
      expect(simulator.requests).to.have.length(0);
    });
  }

  it('answers 502 where Threads is down', async () => {
    const authorization = `Bearer ${tokenOf()}`;
    await simulator.close();
    const { status } = await post({ authorization });
    expect(status).to.equal(502);
  });

  it('signs the person of a token in, from the header and from the body', async () => {
    const user = { id: ADA, name: 'Ada Okafor' };
    for (const { status, text } of [
      await post({ authorization: `Bearer ${tokenOf()}` }),
      await post({}, { access_token: tokenOf() }),
    ]) {
      expect({ status, answer: JSON.parse(text) }).to.deep.equal({ status: 200, answer: { user } });
    }
  });
}

describe('frameworks: a token in Express 4', () => itSignsPeopleInByToken(withExpress(express4)));

describe('frameworks: a token in Express 5', () => itSignsPeopleInByToken(withExpress(express5)));

describe('frameworks: a token in Fastify', () => itSignsPeopleInByToken(withFastify));

describe('frameworks: a token in Koa', () => itSignsPeopleInByToken(withKoa));
