import { expect } from 'chai';
import { ThreadsClient, ThreadsGraphAPIError } from '../../lib/index.js';
import { AppAccessToken } from '../../lib/threads/app-token.js';
import { answers, app, debugAnswer, graphError, SHORT_TOKEN } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { type RawResponse, type Replies, upstream } from '../support/upstream.js';

const APP_TOKEN = answers.appToken.access_token;
const dead = (code = 190) => ({ status: 400, body: graphError(code) });
const otherApp = {
  status: 400,
  body: graphError(100, undefined, '(#100) The App_id in the input_token did not match the Viewing App'),
};

/** Which token an error refuses, where `debug_token` answers thus about the token and about the inspector by itself. */
async function refused(about: { token: RawResponse; inspector?: RawResponse }, accessToken?: string) {
  const debug: Replies['debug'] = ({ access_token, input_token }) =>
    (input_token === access_token ? about.inspector : about.token) ?? {};
  const { dispatcher, calls } = upstream({ debug });
  const client = new ThreadsClient({ ...app, dispatcher });
  const error = await rejection(client.verifyToken(SHORT_TOKEN, { accessToken }));
  calls.length = 0;
  return { token: await client.refusedToken(error, { accessToken }), calls };
}

describe('which token an error of debug_token refuses', () => {
  for (const inspector of [undefined, 'THQVJtester']) {
    const by = inspector ? 'a tester’s token' : 'the app token';
    for (const code of [190, 102]) {
      it(`attack: a token that makes Threads call ${by} dead (${code}) is what is refused, since the inspector lives`, async () => {
        const { token, calls } = await refused({ token: dead(code) }, inspector);
        expect(token).to.equal('input');
        const itself = inspector ?? APP_TOKEN;
        expect(calls.map(({ params }) => params)).to.deep.equal([
          { access_token: itself, input_token: itself },
        ]);
      });

      it(`is ${by} where it is called dead (${code}) by itself too`, async () => {
        const answer = await refused({ token: dead(code), inspector: dead(190) }, inspector);
        expect(answer.token).to.equal('inspector');
        const invalid = { body: debugAnswer({ is_valid: false }) };
        expect((await refused({ token: dead(code), inspector: invalid }, inspector)).token).to.equal(
          'inspector',
        );
      });

      it(`is not known of ${by} (${code}) where it cannot be asked about`, async () => {
        for (const reply of [
          { status: 500, body: '<html>' },
          { status: 400, body: graphError(4) },
          { status: 400, body: graphError(10) },
        ]) {
          expect((await refused({ token: dead(code), inspector: reply }, inspector)).token).to.equal(
            undefined,
          );
        }
      });
    }

    it(`is ${by}, without another question, for every other code`, async () => {
      for (const code of [3, 10, 24, 100, 200, 299, 452, 2500]) {
        const { token, calls } = await refused({ token: { status: 400, body: graphError(code) } }, inspector);
        expect(token).to.equal('inspector');
        expect(calls).to.have.length(0);
      }
    });

    it(`is the input token of another app than that of ${by}`, async () => {
      const { token, calls } = await refused({ token: otherApp }, inspector);
      expect(token).to.equal('input');
      expect(calls).to.have.length(0);
    });

    it(`is not known with ${by} after a rate limit, a temporary problem, and no answer`, async () => {
      for (const reply of [
        { status: 400, body: graphError(4) },
        { status: 500, body: graphError(2) },
        { status: 200, body: '<html>' },
      ]) {
        const { token, calls } = await refused({ token: reply }, inspector);
        expect(token).to.equal(undefined);
        expect(calls).to.have.length(0);
      }
    });
  }
});

describe('the app token', () => {
  const deadError = new ThreadsGraphAPIError({ code: 190, message: 'Dead' });

  function fresh() {
    let issued = 0;
    const appToken = new AppAccessToken(async () => {
      issued += 1;
      return `TH|1|${issued}`;
    });
    return { appToken, issued: () => issued };
  }

  it('is replaced once, also where a question finds the old one dead after the new one is there', async () => {
    const { appToken, issued } = fresh();
    let failLate = () => {};
    const late = new Promise<never>((_resolve, reject) => {
      failLate = () => reject(deadError);
    });
    const asked: string[] = [];
    const slow = appToken.inspect(async (inspector) => {
      asked.push(inspector);
      return inspector === 'TH|1|1' ? late : inspector;
    });
    await appToken.get();
    const quick = appToken.inspect(async (inspector) => {
      if (inspector === 'TH|1|1') throw deadError;
      return inspector;
    });
    expect(await quick).to.equal('TH|1|2');
    failLate();
    expect(await slow).to.equal('TH|1|2');
    expect(asked).to.deep.equal(['TH|1|1', 'TH|1|2']);
    expect(issued()).to.equal(2);
  });

  it('is requested again after its request has failed, by the next question', async () => {
    let down = true;
    const appToken = new AppAccessToken(async () => {
      if (down) throw new Error('Down');
      return 'TH|1|1';
    });
    expect(await rejection(appToken.inspect(async () => 'never'))).to.include({ message: 'Down' });
    down = false;
    expect(await appToken.inspect(async (inspector) => inspector)).to.equal('TH|1|1');
  });

  it('is waited for no longer than a signal allows, and still comes for others', async () => {
    let hand = (_token: string) => {};
    const appToken = new AppAccessToken(
      () =>
        new Promise((resolve) => {
          hand = resolve;
        }),
    );
    const abort = new AbortController();
    const given = appToken.inspect(async () => 'never', abort.signal);
    const other = appToken.inspect(async (inspector) => inspector);
    abort.abort();
    expect(await rejection(given)).to.include({ name: 'ThreadsNetworkError', code: 'NETWORK' });
    hand('TH|1|1');
    expect(await other).to.equal('TH|1|1');
  });
});
