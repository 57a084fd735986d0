import { expect } from 'chai';
import { ThreadsClient } from '../../lib/index.js';
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
