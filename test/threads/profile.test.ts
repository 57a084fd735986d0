import { expect } from 'chai';
import { ThreadsClient, ThreadsNetworkError } from '../../lib/index.js';
import { answers, app, USER_ID } from '../support/fixtures.js';
import { rejection } from '../support/login.js';
import { upstream } from '../support/upstream.js';

function profileOf(body: unknown) {
  const { dispatcher } = upstream({ me: { body } });
  return new ThreadsClient({ ...app, dispatcher }).getProfile('TOKEN');
}

describe('profile', () => {
  for (const [title, body] of [
    ['no id', { username: 'ada' }],
    ['the id null', { id: null }],
    ['an empty id', { id: '' }],
    ['an id of letters', { id: 'ada' }],
    ['a fraction', { id: 1.5 }],
    ['a negative id', { id: -5 }],
    ['an exponent', '{"id":1.784e16}'],
    ['an id of 21 digits', `{"id":${'9'.repeat(21)}}`],
    ['an object as id', { id: { value: '1' } }],
    ['an array as id', { id: ['1'] }],
    ['a `data` wrapper, which only debug_token has', { data: { id: '1' } }],
  ]) {
    it(`is refused with ${title}`, async () => {
      const error = await rejection(profileOf(body));
      expect(error).to.be.instanceOf(ThreadsNetworkError).and.include({ code: 'INVALID_RESPONSE' });
      expect(error.message).to.match(/no id.*graphURL/);
    });
  }

  it('has every documented field', async () => {
    expect(await profileOf(answers.me)).to.deep.equal({
      provider: 'threads',
      id: USER_ID,
      username: 'ada.okafor',
      displayName: 'Ada Okafor',
      profileUrl: 'https://www.threads.com/@ada.okafor',
      photos: [{ value: 'https://scontent.example/ada.jpg' }],
      biography: 'Bridges 📷',
      isVerified: true,
      _raw: JSON.stringify(answers.me),
      _json: answers.me,
    });
  });

  it('leaves out what Threads left out, emptied or sent in another type', async () => {
    const odd = [undefined, null, '', 7, {}, []];
    for (const value of odd) {
      const profile = await profileOf({
        id: '1',
        username: value,
        name: value,
        threads_profile_picture_url: value,
        threads_biography: value,
        is_verified: value === 7 ? 'true' : value,
      });
      expect(profile).to.have.all.keys('provider', 'id', '_raw', '_json');
    }
  });

  it('keeps a false is_verified', async () => {
    expect(await profileOf({ id: '1', is_verified: false })).to.have.property('isVerified', false);
  });

  it('keeps fields that it does not know, in _json', async () => {
    const profile = await profileOf({ id: '1', is_eligible_for_geo_gating: true });
    expect(profile._json).to.have.property('is_eligible_for_geo_gating', true);
  });

  for (const id of [USER_ID, '9223372036854775807', '9007199254740993', '1']) {
    for (const body of [
      `{"id":${id}}`,
      `{"id":"${id}"}`,
      `{"name":"Ada","id" : ${id}\n}`,
      `{"name":"\\"id\\":5","id":${id},"nested":{"id":7}}`,
    ]) {
      it(`has the exact id of ${JSON.stringify(body)}`, async () => {
        expect((await profileOf(body)).id).to.equal(id);
      });
    }
  }

  it('writes a username that no person should have so that the link stays one', async () => {
    const { profileUrl, username } = await profileOf({ id: '1', username: '../x?a=b"><i>' });
    expect(username).to.equal('../x?a=b"><i>');
    expect(profileUrl).to.equal('https://www.threads.com/@..%2Fx%3Fa%3Db%22%3E%3Ci%3E');
  });

  it('makes a link of a username that was cut in the middle of a character', async () => {
    const { profileUrl } = await profileOf('{"id":"1","username":"ada\\ud83d"}');
    expect(profileUrl).to.equal('https://www.threads.com/@ada%EF%BF%BD');
  });

  it('cannot touch the prototype of anything', async () => {
    const profile = await profileOf('{"id":"1","__proto__":{"isVerified":true,"polluted":true}}');
    expect(profile.isVerified).to.equal(undefined);
    expect({}).not.to.have.property('polluted');
  });
});
