import { expect } from 'chai';
import { MockAgent } from 'undici';
import { ThreadsClient, ThreadsGraphAPIError, ThreadsNetworkError, verifyToken } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { answers, app, debugAnswer, graphError, USER_ID } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { useNock } from '../support/nock.js';
import { upstream } from '../support/upstream.js';

const INPUT = 'THQVJinputToken';
const INSPECTOR = 'THQVJinspectorToken';

function verify(body: unknown, status?: number) {
  const { dispatcher } = upstream({ debug: { body, ...(status && { status }) } });
  return verifyToken(INPUT, { accessToken: INSPECTOR, dispatcher });
}

describe('verifyToken: bad input', () => {
  for (const value of [undefined, null, '', 7, {}, [INPUT]]) {
    it(`rejects with a TypeError for the token ${JSON.stringify(value)}`, async () => {
      const error = await rejection(verifyToken(value as never, { accessToken: INSPECTOR }));
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('access token');
    });

    it(`rejects with a TypeError for the inspector ${JSON.stringify(value)}`, async () => {
      const error = await rejection(verifyToken(INPUT, { accessToken: value as never }));
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`accessToken`');
      expect(error.message).not.to.include(INPUT);
    });
  }

  it('rejects with a TypeError for a dispatcher that is none', async () => {
    const error = await rejection(verifyToken(INPUT, { accessToken: INSPECTOR, dispatcher: {} as never }));
    expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`dispatcher`');
  });

  it('rejects with a TypeError where enableProof lacks the secret', async () => {
    const error = await rejection(verifyToken(INPUT, { accessToken: INSPECTOR, enableProof: true }));
    expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`clientSecret`');
  });

  it('rejects with a TypeError without options', async () => {
    expect(await rejection(verifyToken(INPUT, undefined as never))).to.be.instanceOf(TypeError);
  });

  for (const graphURL of ['', 'graph.threads.net', 'ftp://graph.threads.net', 7, null]) {
    it(`rejects with a TypeError that names it for the graphURL ${JSON.stringify(graphURL)}`, async () => {
      const error = await rejection(
        verifyToken(INPUT, { accessToken: INSPECTOR, graphURL: graphURL as never }),
      );
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`graphURL`');
    });
  }

  for (const timeout of [0, -1, Number.NaN, '5', 2 ** 31]) {
    it(`rejects with a TypeError for the timeout ${timeout} (${typeof timeout})`, async () => {
      const error = await rejection(
        verifyToken(INPUT, { accessToken: INSPECTOR, timeout: timeout as never }),
      );
      expect(error).to.be.instanceOf(TypeError).with.property('message').that.includes('`timeout`');
    });
  }
});

describe('verifyToken: the question could not be asked', () => {
  /** An upstream that never answers, however long the test waits. */
  const silence = () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    dispatcher
      .get('https://graph.threads.net')
      .intercept({ path: () => true })
      .reply(200, answers.debug)
      .delay(2 ** 30);
    return dispatcher;
  };
  const ask = (options: Partial<Parameters<typeof verifyToken>[1]>) =>
    rejection(verifyToken(INPUT, { accessToken: INSPECTOR, dispatcher: silence(), ...options }));

  it('rejects with TIMEOUT and 504 when the time is up', async () => {
    const error = await ask({ timeout: 10 });
    expect(error).to.be.instanceOf(ThreadsNetworkError);
    expect(error).to.include({ code: 'TIMEOUT', status: 504, isTransient: true });
    expect(error.message).to.include('graph.threads.net').and.include('10 ms');
  });

  it('rejects with TIMEOUT when the signal says that the time is up', async () => {
    expect(await ask({ signal: AbortSignal.timeout(10) })).to.include({ code: 'TIMEOUT', status: 504 });
  });

  it('rejects with NETWORK when the signal aborts', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    expect(await ask({ signal: controller.signal })).to.include({ code: 'NETWORK', status: 502 });
  });

  it('asks nothing when the signal is aborted already', async () => {
    const { dispatcher, calls } = upstream();
    const error = await ask({ dispatcher, signal: AbortSignal.abort(new Error(INPUT)) });
    expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'NETWORK' });
    expect(error.message).not.to.include(INPUT);
    expect(calls).to.have.length(0);
  });

  it('rejects with the refusal of the inspector', async () => {
    const error = await rejection(verify(graphError(10, undefined, 'Not a tester'), 400));
    expect(error).to.be.instanceOf(ThreadsGraphAPIError);
    expect(error).to.include({ code: 10, status: 502, httpStatus: 400, reason: 'permission' });
    expect(error.message).to.include('Not a tester');
  });

  it('says that it is the inspector who was refused, and who may inspect', async () => {
    for (const [code, subcode] of [[100], [10], [190, 463], [190, 460], [102], [100, 10], [250]] as const) {
      const { message } = await rejection(verify(graphError(code, subcode), 400));
      expect(message).to.match(
        /^debug_token rejected the inspecting access token.*app access token.*Threads tester/,
      );
    }
  });

  it('sends nobody to sign in when the inspector is what has died', async () => {
    for (const subcode of [458, 459, 460, 463, 464, 467, 492, undefined]) {
      const error = await rejection(verify(graphError(190, subcode, 'Session has expired'), 401));
      expect(error).to.include({ code: 190, requiresLogin: false });
      expect(error.message).not.to.include('sign in');
    }
  });

  it('rejects where the token belongs to another app than the inspector', async () => {
    const said = '(#100) The App_id in the input_token did not match the Viewing App';
    const error = await rejection(verify(graphError(100, undefined, said), 400));
    expect(error).to.be.instanceOf(ThreadsGraphAPIError).and.include({ code: 100, requiresLogin: false });
    expect(error.message).to.include(said);
    expect(error.message.replace(said, '')).not.to.include('input_token');
  });

  const malformed: [key: string, changes: Record<string, unknown>][] = [
    ['data.is_valid', { is_valid: undefined }],
    ['data.is_valid', { is_valid: 'true' }],
    ['data.is_valid', { is_valid: 1 }],
    ['type', { type: 7 }],
    ['type', { type: ['USER'] }],
    ['type', { type: '' }],
    ['user_id', { user_id: 'ada' }],
    ['user_id', { user_id: {} }],
    ['app_id', { app_id: [] }],
    ['scopes', { scopes: 'threads_basic' }],
    ['scopes', { scopes: [null] }],
    ['expires_at', { expires_at: 'tomorrow' }],
    ['expires_at', { expires_at: 1e300 }],
    ['data_access_expires_at', { data_access_expires_at: {} }],
    ['issued_at', { issued_at: true }],
    ['granular_scopes', { granular_scopes: {} }],
    ['granular_scopes', { granular_scopes: [null] }],
    ['granular_scopes', { granular_scopes: [{ scope: '' }] }],
    ['granular_scopes', { granular_scopes: [{ scope: 'a', target_ids: '1' }] }],
  ];
  for (const [key, changes] of malformed) {
    it(`rejects an answer with ${JSON.stringify(changes)}, and names ${key}`, async () => {
      const error = await rejection(verify(debugAnswer(changes)));
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
      expect(error.message).to.include(`"${key}"`);
    });
  }

  for (const body of ['', 'null', '[]', '7', '"x"', '<html>', '{}', '{"data":[]}', '{"data":null}']) {
    it(`rejects the answer ${JSON.stringify(body)}`, async () => {
      const error = await rejection(verify(body));
      expect(error)
        .to.be.instanceOf(ThreadsNetworkError)
        .and.include({ code: 'INVALID_RESPONSE', status: 502 });
    });
  }

  it('rejects a valid token that comes with an HTTP error', async () => {
    expect(await rejection(verify(answers.debug, 500))).to.include({ code: 'INVALID_RESPONSE' });
  });
});

describe('verifyToken', () => {
  it('reads the documented answer of Threads', async () => {
    expect(await verify(answers.debug)).to.deep.equal({
      isValid: true,
      type: 'USER',
      userId: USER_ID,
      application: 'Threads API Test App',
      scopes: ['threads_basic', 'threads_content_publish'],
      issuedAt: new Date('2025-05-12T17:15:32Z'),
      expiresAt: new Date('2100-01-01T00:00:00Z'),
      dataAccessExpiresAt: new Date('2100-01-02T00:00:00Z'),
      raw: answers.debug,
    });
  });

  it('reads all that Facebook Graph adds', async () => {
    const info = await verify(
      `{"data":{"app_id":${app.clientID},"type":"PAGE","application":"Postcards","is_valid":true,"user_id":"1",
        "expires_at":0,"data_access_expires_at":0,"issued_at":0,"profile_id":17841405793187219,
        "metadata":{"sso":"iphone-safari","auth_type":"rerequest","auth_nonce":"n"},
        "scopes":["pages_show_list",7],
        "granular_scopes":[{"scope":"pages_show_list"},{"scope":"b","target_ids":["1",2,17841405793187219]},
          {"scope":"c","target_ids":null},{"scope":"d","target_ids":[]}]}}`,
    );
    expect(info).to.deep.include({
      appId: app.clientID,
      type: 'PAGE',
      profileId: USER_ID,
      metadata: { sso: 'iphone-safari', auth_type: 'rerequest', auth_nonce: 'n' },
      scopes: ['pages_show_list', '7'],
      granularScopes: [
        { scope: 'pages_show_list' },
        { scope: 'b', targetIds: ['1', '2', USER_ID] },
        { scope: 'c' },
        { scope: 'd', targetIds: [] },
      ],
      expiresAt: null,
      dataAccessExpiresAt: null,
    });
    expect(info).not.to.have.any.keys('issuedAt', 'error');
  });

  it('has nothing where the answer has nothing', async () => {
    const body = { data: { is_valid: true } };
    expect(await verify(body)).to.deep.equal({
      isValid: true,
      type: '',
      userId: '',
      application: '',
      scopes: [],
      expiresAt: null,
      dataAccessExpiresAt: null,
      raw: body,
    });
  });

  it('reads times and ids that came as strings, or as numbers, alike', async () => {
    const times = { expires_at: '1752254132', issued_at: '1747070132', data_access_expires_at: '0' };
    const info = await verify(debugAnswer({ ...times, app_id: 1234567890123456 }));
    expect(info).to.deep.include({
      expiresAt: new Date('2025-07-11T17:15:32Z'),
      issuedAt: new Date('2025-05-12T17:15:32Z'),
      dataAccessExpiresAt: null,
      appId: '1234567890123456',
    });
  });

  for (const id of [USER_ID, '9223372036854775807']) {
    for (const user_id of [id, `"${id}"`]) {
      it(`has the exact user id of ${user_id}`, async () => {
        const info = await verify(`{"data":{"user_id" :\n ${user_id} ,"is_valid":true}}`);
        expect(info.userId).to.equal(id);
      });
    }
  }

  const deaths: [subcode: number, reason: string][] = [
    [458, 'not_authorized'],
    [459, 'checkpoint'],
    [460, 'logged_out'],
    [463, 'expired'],
    [464, 'unconfirmed_user'],
    [467, 'invalid_token'],
    [492, 'invalid_session'],
    [999, 'invalid_token'],
  ];
  for (const [subcode, reason] of deaths) {
    it(`resolves for a dead token (${subcode}) and says why: ${reason}`, async () => {
      const info = await verify({
        data: { is_valid: false, scopes: [], error: { code: 190, message: 'It is dead', subcode } },
      });
      expect(info.isValid).to.equal(false);
      expect(info.error).to.deep.equal({ code: 190, message: 'It is dead', subcode, reason });
    });
  }

  it('keeps the tokens out of the error of a dead token', async () => {
    const info = await verify({
      data: { is_valid: false, error: { code: 190, message: `Bad ${INPUT}, asked with ${INSPECTOR}` } },
    });
    expect(info.error?.message).to.equal('Bad [redacted], asked with [redacted]');
  });

  it('sends no proof without the app secret', async () => {
    const { dispatcher, calls } = upstream();
    await verifyToken(INPUT, { accessToken: INSPECTOR, dispatcher });
    expect(calls[0]?.params).to.deep.equal({ access_token: INSPECTOR, input_token: INPUT });
  });

  it('does not mind a slash at the end of graphURL', async () => {
    const { dispatcher, calls } = upstream();
    const graphURL = 'https://graph.threads.net/v1.0/';
    await verifyToken(INPUT, { accessToken: INSPECTOR, graphURL, dispatcher });
    expect(calls[0]?.endpoint).to.equal('debug');
  });

  it('leaves nothing on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = ((...args: Parameters<typeof addEventListener>) => {
      listeners += 1;
      return addEventListener.apply(signal, args);
    }) as never;
    signal.removeEventListener = ((...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      return removeEventListener.apply(signal, args);
    }) as never;
    const { dispatcher } = upstream();
    await verifyToken(INPUT, { accessToken: INSPECTOR, dispatcher, signal });
    expect(listeners).to.equal(0);
  });
});

describe('verifyToken at the documented hosts', () => {
  const nock = useNock();

  it('asks Threads', async () => {
    nock('https://graph.threads.net')
      .get('/v1.0/debug_token')
      .query({ access_token: INSPECTOR, input_token: INPUT })
      .reply(200, answers.debug);
    expect(await verifyToken(INPUT, { accessToken: INSPECTOR })).to.include({ userId: USER_ID });
  });

  it('asks Facebook Graph', async () => {
    nock('https://graph.facebook.com')
      .get('/v23.0/debug_token')
      .query({ access_token: 'TH|1|secret', input_token: INPUT })
      .reply(200, debugAnswer({ app_id: '1' }));
    const graphURL = 'https://graph.facebook.com/v23.0';
    expect(await verifyToken(INPUT, { accessToken: 'TH|1|secret', graphURL })).to.include({ appId: '1' });
  });
});

describe('verifyToken in both dialects, over sockets', () => {
  const simulator = createThreadsSimulator();
  before(async () => {
    await simulator.listen();
  });
  after(() => simulator.close());

  const { clientID } = simulatedApp;

  for (const version of ['v1.0', 'v23.0']) {
    it(`${version}: says what a token is, and after each death why it is none`, async () => {
      const graphURL = simulator.endpoints.graphURL.replace('v1.0', version);
      const accessToken = simulator.issueToken({ clientID, userId: '17841472650918533' });
      const token = simulator.issueToken({
        clientID,
        scope: 'threads_basic,threads_delete',
        longLived: true,
      });
      const ask = () => verifyToken(token, { accessToken, graphURL });

      expect(await ask()).to.deep.include({
        isValid: true,
        type: 'USER',
        userId: '17841405793187219',
        scopes: ['threads_basic', 'threads_delete'],
      });
      simulator.expireToken(token);
      expect(await ask()).to.have.property('isValid', false);
      simulator.revoke({ clientID, userId: '17841405793187219' });
      const { isValid, error } = await ask();
      expect(isValid).to.equal(false);
      // The Threads dialect does not say why.
      expect(error?.reason).to.equal(version === 'v23.0' ? 'not_authorized' : undefined);
    });
  }

  it('takes an app token as the inspector of Facebook Graph', async () => {
    const client = new ThreadsClient({ ...simulatedApp, ...simulator.endpoints });
    const { accessToken } = await client.getAppAccessToken();
    const graphURL = simulator.endpoints.graphURL.replace('v1.0', 'v23.0');
    const info = await verifyToken(simulator.issueToken({ clientID }), { accessToken, graphURL });
    expect(info).to.include({ isValid: true, appId: clientID });
  });
});
