import { expect } from 'chai';
import { ThreadsClient } from '../../lib/index.js';
import { answers, app, CODE, graphError, LONG_TOKEN, SHORT_TOKEN } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { type Endpoint, type RawResponse, upstream } from '../support/upstream.js';

type Call = (client: ThreadsClient) => Promise<unknown>;

const CODE_EXCHANGE: Call = (client) => client.exchangeCode(CODE, app.callbackURL);

/** What is done with a person's token. */
const PERSON: Partial<Record<Endpoint, Call>> = {
  exchange: (client) => client.exchangeToken(SHORT_TOKEN),
  refresh: (client) => client.refreshToken(LONG_TOKEN),
  me: (client) => client.getProfile(LONG_TOKEN),
};

const APP: Partial<Record<Endpoint, Call>> = {
  appToken: (client) => client.getAppAccessToken(),
  debug: (client) => client.verifyToken(LONG_TOKEN, { accessToken: answers.appToken.access_token }),
};

function errorOf(endpoint: Endpoint, call: Call, reply: RawResponse) {
  const { dispatcher } = upstream({ [endpoint]: reply });
  return rejection(call(new ThreadsClient({ ...app, dispatcher })));
}

const refused = (endpoint: 'token' | 'exchange' | 'refresh' | 'me', status: number, body: object) =>
  errorOf(endpoint, PERSON[endpoint] ?? CODE_EXCHANGE, { status, body });

type Row = [
  status: number,
  code: number,
  subcode: number | undefined,
  reason: string,
  requiresLogin: boolean,
  isTransient: boolean,
];

const [LOGIN, AGAIN] = [true, true];
const REASONS: Row[] = [
  ...[1, 2].map((code): Row => [400, code, undefined, 'temporary', !LOGIN, AGAIN]),
  ...[4, 17, 32, 341, 613].map((code): Row => [400, code, undefined, 'rate_limited', !LOGIN, AGAIN]),
  ...[80000, 80001, 80005, 80014].map((code): Row => [400, code, undefined, 'rate_limited', !LOGIN, AGAIN]),
  ...[3, 10, 200, 201, 250, 299].map((code): Row => [400, code, undefined, 'permission', !LOGIN, !AGAIN]),
  ...[102, 190].flatMap((code): Row[] => [
    [400, code, 458, 'not_authorized', LOGIN, !AGAIN],
    [400, code, 459, 'checkpoint', LOGIN, !AGAIN],
    [400, code, 460, 'logged_out', LOGIN, !AGAIN],
    [400, code, 463, 'expired', LOGIN, !AGAIN],
    [400, code, 464, 'unconfirmed_user', LOGIN, !AGAIN],
    [400, code, 467, 'invalid_token', LOGIN, !AGAIN],
    [400, code, 492, 'invalid_session', LOGIN, !AGAIN],
    [400, code, 1, 'invalid_token', LOGIN, !AGAIN],
    [400, code, undefined, 'invalid_token', LOGIN, !AGAIN],
  ]),
  [400, 100, 10, 'not_tester', !LOGIN, !AGAIN],
  ...[36007, 36008, 36009, 4279030].map((subcode): Row => [400, 100, subcode, 'invalid_code', LOGIN, !AGAIN]),
  [400, 100, 33, 'unknown', !LOGIN, !AGAIN],
  [400, 10, 4279067, 'permission', !LOGIN, !AGAIN],
  ...[100, 101, 199, 300, 2500, 79999, 80015].map(
    (code): Row => [400, code, undefined, 'unknown', !LOGIN, !AGAIN],
  ),
  [400, 100, 463, 'unknown', !LOGIN, !AGAIN],
  // What the code says outweighs the status; where it says nothing, every 5xx passes with time.
  [500, 10, undefined, 'permission', !LOGIN, !AGAIN],
  [500, 10, 4279067, 'permission', !LOGIN, !AGAIN],
  [500, 190, 463, 'expired', LOGIN, !AGAIN],
  [503, 190, undefined, 'invalid_token', LOGIN, !AGAIN],
  [500, 100, 10, 'not_tester', !LOGIN, !AGAIN],
  [500, 100, 33, 'unknown', !LOGIN, !AGAIN],
  [500, 4, undefined, 'rate_limited', !LOGIN, AGAIN],
  ...[500, 502, 503, 504, 520].map((status): Row => [status, 100, undefined, 'temporary', !LOGIN, AGAIN]),
  ...[100, 190].map((code): Row => [429, code, undefined, 'rate_limited', !LOGIN, AGAIN]),
];

/** Codes that speak of a person's token, of which there is none yet at the code exchange. */
const speaksOfToken = (code: number) => [24, 102, 190, 452].includes(code);

const titled = (status: number, code: number, subcode: number | undefined) =>
  `${code}${subcode === undefined ? '' : ` with subcode ${subcode}`} at HTTP ${status}`;

describe('reason of a refusal: code', () => {
  for (const [status, code, subcode, reason, requiresLogin, isTransient] of REASONS) {
    it(`${titled(status, code, subcode)} is ${reason}`, async () => {
      for (const [endpoint, call] of Object.entries(PERSON)) {
        const reply = { status, body: graphError(code, subcode) };
        const error = await errorOf(endpoint as Endpoint, call, reply);
        expect(error).to.include({ code, subcode, reason, requiresLogin, isTransient, httpStatus: status });
      }
    });

    it(`${titled(status, code, subcode)} at the code exchange ${speaksOfToken(code) ? 'speaks of no token of a person' : 'means the same'}`, async () => {
      const error = await errorOf('token', CODE_EXCHANGE, { status, body: graphError(code, subcode) });
      expect(error).to.include({ code, subcode, httpStatus: status });
      if (!speaksOfToken(code)) expect(error).to.include({ reason, requiresLogin, isTransient });
      else if (status < 429) {
        expect(error).to.include({ reason: 'unknown', requiresLogin: false, isTransient: false });
        expect(error.message).to.match(/^Refused\. Check `clientSecret` first/);
      } else expect(error).to.include({ requiresLogin: false, isTransient: true });
    });

    it(`${titled(status, code, subcode)} asks nobody to sign in where no person's token was refused`, async () => {
      for (const [endpoint, call] of Object.entries(APP)) {
        const reply = { status, body: graphError(code, subcode) };
        const error = await errorOf(endpoint as Endpoint, call, reply);
        expect(error).to.include({ code, subcode, reason, requiresLogin: false, isTransient });
        expect(error.message).not.to.match(/sign in again|start again/);
      }
    });
  }

  it('none, and no subcode, at HTTP 500 is temporary', async () => {
    expect(await refused('me', 500, { error: { message: 'Oops' } })).to.include({ reason: 'temporary' });
  });

  it('none, with a subcode that says why a token died, is that reason', async () => {
    const error = await refused('me', 400, { error: { error_subcode: 460 } });
    expect(error).to.include({ reason: 'logged_out', requiresLogin: true });
  });

  it('and subcode as strings of digits mean the same', async () => {
    const error = await refused('me', 400, { error: { message: 'No', code: '100', error_subcode: '10' } });
    expect(error).to.include({ code: 100, subcode: 10, reason: 'not_tester' });
  });
});

describe('a token that is dead, or a limit that is reached, in every shape that was observed', () => {
  it('24, at the profile and at the refresh, is a dead token, and anywhere else says nothing', async () => {
    const body = graphError(24, undefined, 'The requested resource does not exist');
    for (const endpoint of ['me', 'refresh'] as const) {
      const error = await refused(endpoint, 400, body);
      expect(error).to.include({ reason: 'invalid_token', requiresLogin: true, isTransient: false });
      expect(error.message).to.match(/not valid: the person must sign in again/);
    }
    for (const endpoint of ['token', 'exchange'] as const) {
      expect(await refused(endpoint, 400, body)).to.include({ reason: 'unknown', requiresLogin: false });
    }
    for (const [endpoint, call] of Object.entries(APP)) {
      const error = await errorOf(endpoint as Endpoint, call, { status: 400, body });
      expect(error).to.include({ reason: 'unknown', requiresLogin: false });
    }
  });

  it('100 without a subcode says too little', async () => {
    for (const endpoint of ['me', 'refresh', 'exchange'] as const) {
      const error = await refused(
        endpoint,
        400,
        graphError(100, undefined, 'The requested resource does not exist'),
      );
      expect(error).to.include({ reason: 'unknown', requiresLogin: false });
    }
  });

  for (const subcode of [4279019, undefined]) {
    it(`${titled(400, 452, subcode)} is a session that is gone`, async () => {
      for (const endpoint of ['me', 'refresh'] as const) {
        const error = await refused(endpoint, 400, graphError(452, subcode, 'Session key invalid'));
        expect(error).to.include({ code: 452, subcode, reason: 'invalid_session', requiresLogin: true });
        expect(error.message).to.match(/^Session key invalid\..*session.*sign in again/);
      }
    });

    it(`${titled(400, 452, subcode)} at the exchange is a token that is long-lived already`, async () => {
      const error = await refused('exchange', 400, graphError(452, subcode, 'Session key invalid'));
      expect(error).to.include({ reason: 'invalid_session', requiresLogin: false, isTransient: false });
      expect(error.message).to.match(
        /^this token is long-lived already: use it as it is\..*Session key invalid/,
      );
      expect(error.message).not.to.include('sign in again');
    });
  }

  for (const code of [100, 190, 2500, undefined]) {
    it(`"is_transient": true, beside the code ${code}, passes with time, and ends no session`, async () => {
      for (const endpoint of ['me', 'refresh', 'exchange', 'token'] as const) {
        const reply = { status: 400, body: { error: { message: 'No', code, is_transient: true } } };
        const call = PERSON[endpoint] ?? CODE_EXCHANGE;
        const error = await errorOf(endpoint, call, { ...reply, headers: { 'retry-after': '9' } });
        expect(error).to.include({
          reason: 'temporary',
          isTransient: true,
          requiresLogin: false,
          retryAfter: 9,
        });
      }
    });
  }

  it('"is_transient" that is no true says nothing', async () => {
    for (const is_transient of [false, null, 'false', 1]) {
      const body = { error: { message: 'No', code: 190, is_transient } };
      expect(await refused('me', 400, body)).to.include({ reason: 'invalid_token', isTransient: false });
    }
  });

  const limits: [code: number, rateLimitOf: string | undefined][] = [
    [4, 'app'],
    [341, 'app'],
    [17, 'person'],
    [32, undefined],
    [613, undefined],
    [80001, undefined],
    [190, undefined],
  ];
  for (const [code, rateLimitOf] of limits) {
    it(`${code} is the limit of ${rateLimitOf ?? 'nobody that Threads names'}`, async () => {
      for (const status of [400, 429]) {
        for (const [endpoint, call] of Object.entries({ ...PERSON, ...APP, token: CODE_EXCHANGE })) {
          const error = await errorOf(endpoint as Endpoint, call, { status, body: graphError(code) });
          expect(error).to.include({ rateLimitOf });
        }
      }
    });
  }
});

describe('reason of a refused code', () => {
  for (const text of [
    'Matching code was not found or was already used',
    'This authorization code has been used',
    'This authorization code has been used.',
    'This authorization code has expired',
    'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
  ]) {
    for (const [shape, body] of [
      [
        'the flat shape, whose code repeats the HTTP status',
        { error_type: 'OAuthException', code: 400, error_message: text },
      ],
      ['the flat shape without a code', { error_type: 'OAuthException', error_message: text }],
      ['the shape of the Graph API with 100', graphError(100, undefined, text)],
      ['the shape of the Graph API without a code', { error: { message: text, type: 'OAuthException' } }],
    ] as const) {
      it(`is invalid_code for "${text}" in ${shape}`, async () => {
        const error = await refused('token', 400, body);
        expect(error).to.include({ reason: 'invalid_code', requiresLogin: true, isTransient: false });
        expect(error.message).to.match(/used before.*redirect URI.*start again/);
      });
    }
  }

  it('is what the code says, whatever the text is, where the code means something', async () => {
    const text = 'This authorization code has expired';
    expect(await refused('token', 400, graphError(4, undefined, text))).to.include({
      reason: 'rate_limited',
    });
    expect(await refused('token', 400, graphError(10, undefined, text))).to.include({ reason: 'permission' });
  });

  it('is invalid_code in the shape of 2026, without a message', async () => {
    const error_user_msg = 'Le code a déjà été utilisé: used_authorization_code.';
    const body = {
      error: { code: 100, error_subcode: 4279030, error_user_title: 'Désolé', error_user_msg },
    };
    const error = await refused('token', 400, body);
    expect(error).to.include({ reason: 'invalid_code', userTitle: 'Désolé', userMessage: error_user_msg });
    expect(error.message).to.match(/used before.*redirect URI.*start again/);
  });

  it('is unknown in that documented shape with any other sentence', async () => {
    const error_message = 'Invalid platform app';
    const error = await refused('token', 400, { error_type: 'OAuthException', code: 400, error_message });
    expect(error).to.include({ reason: 'unknown', requiresLogin: false });
  });
});

describe('advice about a refusal', () => {
  it('leads with the app secret where Threads says "Error validating application."', async () => {
    const message = 'Error validating application. Cannot get application info due to a system error.';
    for (const endpoint of ['token', 'exchange'] as const) {
      for (const body of [
        { error_type: 'OAuthException', error_message: message },
        graphError(101, undefined, message),
      ]) {
        const error = await refused(endpoint, 400, body);
        expect(error.message).to.match(/^Error validating application\..*\. Check `clientSecret` first/);
      }
    }
    for (const code of [1, 101, 190]) {
      const error = await refused('token', 400, graphError(code, undefined, message));
      expect(error.message).to.match(/^Error validating application\..*\. Check `clientSecret` first/);
      expect(error).to.include({ requiresLogin: false });
    }
  });

  it('names both remedies for a person who is no tester', async () => {
    const message =
      'This action requires the threads_basic permission. You must submit for app review, or your user must be in the list of Threads testers.';
    for (const endpoint of ['exchange', 'me'] as const) {
      const error = await refused(endpoint, 400, graphError(100, 10, message));
      expect(error.message).to.match(/Threads tester.*accept the invite.*App Review/);
    }
  });

  it('says what "Session key invalid" may mean for a token that lives', async () => {
    const error = await refused('exchange', 400, graphError(190, undefined, 'Session key invalid'));
    expect(error.message).to.include('Only a short-lived token').and.include('sign in again');
  });

  const words: [code: number, subcode: number | undefined, words: RegExp][] = [
    [190, 458, /not allowed this app.*sign in again/],
    [190, 459, /security check.*sign in again/],
    [190, 460, /logged out or changed the password.*sign in again/],
    [190, 463, /expired.*sign in again/],
    [190, 464, /confirm.*sign in again/],
    [190, 467, /not valid.*sign in again/],
    [190, 492, /session.*sign in again/],
    [4, undefined, /back off/],
    [2, undefined, /try again later/],
    [10, undefined, /permission.*`scope`/],
    [10, 4279067, /access tier.*App Review/],
    [100, 33, /keep ids as strings/],
  ];
  for (const [code, subcode, expected] of words) {
    it(`fits ${titled(400, code, subcode)}`, async () => {
      expect((await refused('me', 400, graphError(code, subcode))).message).to.match(expected);
    });
  }
});
