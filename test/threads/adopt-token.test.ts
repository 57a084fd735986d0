import { expect } from 'chai';
import {
  ThreadsClient,
  ThreadsGraphAPIError,
  ThreadsNetworkError,
  ThreadsTokenError,
} from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { answers, app, debugAnswer, graphError, LONG_TOKEN, USER_ID } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { type Replies, upstream } from '../support/upstream.js';

const NOW = Date.UTC(2026, 0, 1);
const now = () => NOW;
const HOUR = 3600;
const DAY = 24 * HOUR;
const GIVEN = 'THQVJfromElsewhere';
const APP_TOKEN = answers.appToken.access_token;
const longLivedAlready = { status: 400, body: graphError(452, 4279019, 'Session key invalid') };

/** `debug_token` of a token that was issued so many seconds ago, and lasts so many seconds. */
function times(age: number, lifetime: number, changes: object = {}) {
  const issued_at = NOW / 1000 - age;
  return { body: debugAnswer({ issued_at, expires_at: issued_at + lifetime, ...changes }) };
}
const noTimes = {
  body: debugAnswer({
    type: undefined,
    issued_at: undefined,
    expires_at: undefined,
    data_access_expires_at: 0,
  }),
};

function adopting(replies: Replies) {
  const { dispatcher, calls } = upstream(replies);
  const client = new ThreadsClient({ ...app, dispatcher, now });
  return { client, calls, endpoints: () => calls.map(({ endpoint }) => endpoint) };
}

describe('ThreadsClient: adoptToken', () => {
  for (const value of [undefined, null, '', 7, {}]) {
    it(`rejects with a TypeError and no call for ${JSON.stringify(value)}`, async () => {
      const { client, calls } = adopting({});
      const error = await rejection(client.adoptToken(value as never));
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`accessToken`');
      expect(calls).to.have.length(0);
    });
  }

  it('attack: refuses a long-lived token that the exchange gives for another person', async () => {
    const { client } = adopting({
      debug: times(0, HOUR),
      exchange: { body: { ...answers.exchange, user_id: '1' } },
    });
    const error = await rejection(client.adoptToken(GIVEN));
    expect(error).to.be.instanceOf(ThreadsTokenError).and.include({ code: 'invalid_token' });
  });

  const refused: [title: string, debug: Replies['debug'], expected: object][] = [
    [
      'a dead one',
      times(HOUR, 60 * DAY, { is_valid: false }),
      { reason: 'invalid_token', requiresLogin: true },
    ],
    [
      'one of a person who logged out',
      times(HOUR, 60 * DAY, { is_valid: false, error: { code: 190, subcode: 460 } }),
      { reason: 'logged_out', requiresLogin: true },
    ],
    [
      'one that is called dead and valid',
      times(HOUR, 60 * DAY, { error: { code: 190, subcode: 463 } }),
      { reason: 'expired', requiresLogin: true },
    ],
    ['one that has expired', times(61 * DAY, 60 * DAY), { reason: 'expired', requiresLogin: true }],
    ['one of another app, by its id', times(HOUR, 60 * DAY, { app_id: '42' }), {}],
    [
      'one of another app, as Threads puts it',
      {
        status: 400,
        body: graphError(
          100,
          undefined,
          '(#100) The App_id in the input_token did not match the Viewing App',
        ),
      },
      {},
    ],
    ['that of an app', times(HOUR, 60 * DAY, { type: 'APP' }), {}],
    ['that of a page', times(HOUR, 60 * DAY, { type: 'PAGE' }), {}],
    ['one that names no person', times(HOUR, 60 * DAY, { user_id: undefined }), {}],
    [
      'text that makes Threads call the inspector dead, while it lives',
      ({ access_token, input_token }) =>
        access_token === input_token ? { body: answers.debug } : { status: 400, body: graphError(190) },
      {},
    ],
  ];
  for (const [title, debug, expected] of refused) {
    it(`refuses ${title}, and exchanges nothing`, async () => {
      const { client, endpoints } = adopting({ debug: debug as never });
      const error = await rejection(client.adoptToken(GIVEN));
      expect(error)
        .to.be.instanceOf(ThreadsTokenError)
        .and.include({ code: 'invalid_token', ...expected });
      expect(JSON.stringify(error) + error.message).not.to.include(GIVEN);
      expect(endpoints()).not.to.include('exchange');
    });
  }

  it('rejects with the refusal of the inspector, or what kept it from asking: the token may be good', async () => {
    const refusal = await rejection(
      adopting({ debug: { status: 400, body: graphError(10) } }).client.adoptToken(GIVEN),
    );
    expect(refusal).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 10, requiresLogin: false });
    const dead = await rejection(
      adopting({ debug: { status: 400, body: graphError(190) } }).client.adoptToken(GIVEN),
    );
    expect(dead).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 190, requiresLogin: false });
    const none = await rejection(adopting({ debug: { body: '<html>' } }).client.adoptToken(GIVEN));
    expect(none).to.be.instanceOf(ThreadsNetworkError);
  });

  it('attack: never lets the token vouch for itself', async () => {
    const { client, calls } = adopting({ debug: times(0, HOUR) });
    await client.adoptToken(GIVEN);
    const inspectors = calls
      .filter(({ endpoint }) => endpoint === 'debug')
      .map(({ params }) => params.access_token);
    expect(inspectors).to.deep.equal([APP_TOKEN]);
  });

  it('rejects with the refusal of the exchange', async () => {
    for (const [code, subcode] of [
      [100, 10],
      [190, 463],
      [1, undefined],
    ] as const) {
      const exchange = { status: 400, body: graphError(code, subcode) };
      const { client } = adopting({ debug: times(60, HOUR), exchange });
      expect(await rejection(client.adoptToken(GIVEN)))
        .to.be.instanceOf(ThreadsTokenError)
        .and.include({ code });
    }
  });

  it('exchanges a short-lived token', async () => {
    const { client, calls } = adopting({ debug: times(60, HOUR) });
    expect(await client.adoptToken(GIVEN)).to.deep.equal({
      accessToken: LONG_TOKEN,
      tokenType: 'bearer',
      expiresIn: 5183944,
      expiresAt: new Date(NOW + 5183944_000),
      userId: USER_ID,
      scopes: answers.debug.data.scopes,
      raw: answers.exchange,
    });
    expect(calls.find(({ endpoint }) => endpoint === 'exchange')?.params.access_token).to.equal(GIVEN);
  });

  for (const [title, debug, seconds] of [
    ['is new', times(60, 60 * DAY), 60 * DAY - 60],
    ['ends within the hour', times(60 * DAY - 600, 60 * DAY), 600],
    [
      'ends in weeks, and whose beginning is not known',
      times(0, 40 * DAY, { issued_at: undefined }),
      40 * DAY,
    ],
  ] as const) {
    it(`keeps a long-lived token as it is that ${title}, and exchanges nothing`, async () => {
      const { client, endpoints } = adopting({ debug });
      expect(await client.adoptToken(GIVEN)).to.deep.equal({
        accessToken: GIVEN,
        expiresIn: seconds,
        expiresAt: new Date(NOW + seconds * 1000),
        userId: USER_ID,
        scopes: answers.debug.data.scopes,
        raw: JSON.parse(JSON.stringify(debug.body)),
      });
      expect(endpoints()).to.deep.equal(['appToken', 'debug']);
    });
  }

  it('tries the exchange where debug_token gives no times', async () => {
    const short = adopting({ debug: noTimes });
    expect(await short.client.adoptToken(GIVEN)).to.deep.include({
      accessToken: LONG_TOKEN,
      userId: USER_ID,
    });

    const long = adopting({ debug: noTimes, exchange: longLivedAlready });
    const adopted = await long.client.adoptToken(GIVEN);
    expect(adopted).to.deep.equal({
      accessToken: GIVEN,
      userId: USER_ID,
      scopes: answers.debug.data.scopes,
      raw: JSON.parse(JSON.stringify(noTimes.body)),
    });
    expect(adopted.expiresAt).to.equal(undefined);
  });

  it('tries it where only the end is known, and near; and keeps that end', async () => {
    const debug = times(0, 600, { issued_at: undefined });
    const { client } = adopting({ debug, exchange: longLivedAlready });
    const expected = { accessToken: GIVEN, expiresIn: 600, expiresAt: new Date(NOW + 600_000) };
    expect(await client.adoptToken(GIVEN)).to.deep.include(expected);
  });

  it('has no scopes where the grant has ended', async () => {
    const debug = times(60, 60 * DAY, { data_access_expires_at: NOW / 1000 });
    expect((await adopting({ debug }).client.adoptToken(GIVEN)).scopes).to.deep.equal([]);
  });

  it('asks with the inspector that is given, and nothing where its signal is aborted', async () => {
    const { client, calls } = adopting({ debug: times(60, 60 * DAY) });
    await client.adoptToken(GIVEN, { accessToken: 'TESTER' });
    expect(calls.map(({ params }) => params)).to.deep.equal([{ access_token: 'TESTER', input_token: GIVEN }]);
    const error = await rejection(client.adoptToken(GIVEN, { signal: AbortSignal.abort() }));
    expect(error).to.include({ code: 'NETWORK' });
    expect(calls).to.have.length(1);
  });

  it('adopts both kinds of tokens at a Threads over sockets', async () => {
    const simulator = createThreadsSimulator();
    await simulator.listen();
    try {
      const { clientID, clientSecret, redirectURIs } = simulatedApp;
      const [redirectURI = ''] = redirectURIs;
      const client = new ThreadsClient({ clientID, clientSecret, simulator: simulator.url });
      const location = client.authorizationURL({ redirectURI });
      const code = new URL(simulator.answer(location)).searchParams.get('code') ?? '';
      const short = await client.exchangeCode(code, redirectURI);
      const long = await client.adoptToken(short.accessToken);
      expect(long.accessToken).not.to.equal(short.accessToken);
      expect(long).to.deep.include({ userId: short.userId, scopes: ['threads_basic'] });
      expect(long.expiresIn).to.be.greaterThan(59 * DAY);
      const again = await client.adoptToken(long.accessToken);
      expect(again).to.include({ accessToken: long.accessToken, userId: short.userId });
      expect(again.expiresAt?.getTime()).to.be.closeTo(long.expiresAt?.getTime() ?? 0, 2000);
    } finally {
      await simulator.close();
    }
  });
});
