import { expect } from 'chai';
import { ThreadsClient } from '../../lib/index.js';
import { answers, app, SHORT_TOKEN } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { upstream } from '../support/upstream.js';

const profileWith = (status: number, body: unknown = answers.me) => {
  const { dispatcher } = upstream({ me: { status, body } });
  return new ThreadsClient({ ...app, dispatcher }).getProfile(SHORT_TOKEN);
};

describe('The status of an answer', () => {
  for (const status of [200, 201, 299]) {
    it(`is one of success: ${status}`, async () => {
      expect(await profileWith(status)).to.have.property('id', answers.me.id);
    });
  }

  for (const status of [400, 404, 500, 599]) {
    it(`is none of success, whatever the body looks like: ${status}`, async () => {
      expect(await rejection(profileWith(status))).to.include({
        name: 'ThreadsNetworkError',
        code: 'INVALID_RESPONSE',
        httpStatus: status,
      });
    });
  }
});
