import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { parseSignedRequest, ThreadsSignedRequestError } from '../../lib/index.js';

const SECRET = 'app-secret-of-the-tests';
const ISSUED_AT = 1_790_000_000;
const now = () => (ISSUED_AT + 60) * 1000;

function sign(payload: string, secret = SECRET): string {
  const encoded = Buffer.from(payload).toString('base64url');
  return `${createHmac('sha256', secret).update(encoded).digest('base64url')}.${encoded}`;
}

const payload = (members: object = {}) =>
  JSON.stringify({
    algorithm: 'HMAC-SHA256',
    issued_at: ISSUED_AT,
    user_id: '17841405793187219',
    ...members,
  });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(ThreadsSignedRequestError);
    expect(String((error as Error).stack)).not.to.include(SECRET);
    return (error as ThreadsSignedRequestError).code;
  }
  throw new Error('accepted');
}

describe('parseSignedRequest', () => {
  for (const [what, value] of Object.entries({
    nothing: undefined,
    'an object': {},
    'an empty string': '',
    'no dot': 'abc',
    'two dots': 'a.b.c',
    'no payload': 'abc.',
    'no signature': '.abc',
    'characters outside base64url': 'a b.c d',
  })) {
    it(`refuses ${what}`, () => {
      expect(codeOf(() => parseSignedRequest(value as string, SECRET))).to.equal('MALFORMED');
    });
  }

  it('refuses the signature of another app', () => {
    expect(codeOf(() => parseSignedRequest(sign(payload(), 'another secret'), SECRET))).to.equal('SIGNATURE');
  });

  it('refuses a signature that is cut short', () => {
    expect(codeOf(() => parseSignedRequest(sign(payload()).slice(5), SECRET))).to.equal('SIGNATURE');
  });

  it('refuses a payload that was changed after signing', () => {
    const [signature] = sign(payload()).split('.');
    const forged = Buffer.from(payload({ user_id: '1' })).toString('base64url');
    expect(codeOf(() => parseSignedRequest(`${signature}.${forged}`, SECRET))).to.equal('SIGNATURE');
  });

  it('refuses every algorithm but HMAC-SHA256, even with a good signature', () => {
    for (const algorithm of ['none', 'HMAC-SHA1', '', null, undefined]) {
      expect(codeOf(() => parseSignedRequest(sign(payload({ algorithm })), SECRET))).to.equal('ALGORITHM');
    }
  });

  it('refuses a signed payload that is not a JSON object', () => {
    for (const text of ['null', '[]', '"x"', '{', '']) {
      expect(codeOf(() => parseSignedRequest(sign(text), SECRET))).to.be.oneOf(['ALGORITHM', 'MALFORMED']);
    }
  });

  it('refuses a payload without a well-formed user_id or issued_at', () => {
    for (const members of [
      { user_id: {} },
      { user_id: 'x' },
      { user_id: undefined },
      { issued_at: 'soon' },
      { issued_at: 1e300 },
    ]) {
      expect(codeOf(() => parseSignedRequest(sign(payload(members)), SECRET))).to.equal('MALFORMED');
    }
  });

  it('refuses a request that is older than maxAge, or from the future', () => {
    const request = sign(payload());
    expect(codeOf(() => parseSignedRequest(request, SECRET, { maxAge: 59_999, now }))).to.equal('EXPIRED');
    const early = () => (ISSUED_AT - 3600) * 1000;
    expect(codeOf(() => parseSignedRequest(request, SECRET, { maxAge: 60_000, now: early }))).to.equal(
      'EXPIRED',
    );
  });

  it('accepts an age from five minutes before it was signed, for clocks that differ, to maxAge: to the millisecond', () => {
    const request = sign(payload());
    const at = (age: number) => () =>
      parseSignedRequest(request, SECRET, { maxAge: 60_000, now: () => ISSUED_AT * 1000 + age }).userId;
    for (const age of [-5 * 60_000, 0, 60_000]) expect(at(age)()).to.equal('17841405793187219');
    for (const age of [-5 * 60_000 - 1, 60_001]) expect(codeOf(at(age))).to.equal('EXPIRED');
  });

  it('accepts with a maxAge of 0 what was signed this very moment', () => {
    const options = { maxAge: 0, now: () => ISSUED_AT * 1000 };
    expect(parseSignedRequest(sign(payload()), SECRET, options).userId).to.equal('17841405793187219');
  });

  it('takes a clock that is up to five minutes slow, to the millisecond, and no slower one', () => {
    const request = sign(payload());
    const slow = (milliseconds: number) => ({ maxAge: 60_000, now: () => ISSUED_AT * 1000 - milliseconds });
    expect(parseSignedRequest(request, SECRET, slow(300_000)).userId).to.equal('17841405793187219');
    expect(codeOf(() => parseSignedRequest(request, SECRET, slow(300_001)))).to.equal('EXPIRED');
  });

  it('needs the app secret', () => {
    expect(() => parseSignedRequest(sign(payload()), '')).to.throw(TypeError, 'app secret');
  });

  it('accepts no maxAge that would let every request pass, or none, without saying so', () => {
    for (const maxAge of [Number.NaN, -1, '3600000', null, {}]) {
      expect(() => parseSignedRequest(sign(payload()), SECRET, { maxAge: maxAge as never, now })).to.throw(
        TypeError,
        '`maxAge`',
      );
    }
  });

  it('reads a time that came as a string', () => {
    const { issuedAt } = parseSignedRequest(sign(payload({ issued_at: String(ISSUED_AT) })), SECRET);
    expect(issuedAt).to.deep.equal(new Date(ISSUED_AT * 1000));
  });

  it('tells whom the request is about and from when it is', () => {
    const request = parseSignedRequest(sign(payload()), SECRET, { maxAge: 60_000, now });
    expect(request.userId).to.equal('17841405793187219');
    expect(request.issuedAt).to.deep.equal(new Date(ISSUED_AT * 1000));
    expect(request.raw).to.include({ algorithm: 'HMAC-SHA256' });
  });

  it('keeps every digit of an id that is sent as a number', () => {
    const text = `{"algorithm":"HMAC-SHA256","issued_at":${ISSUED_AT},"user_id":17841405793187219}`;
    expect(parseSignedRequest(sign(text), SECRET).userId).to.equal('17841405793187219');
  });

  it('accepts padded base64', () => {
    const [signature, body] = sign(payload()).split('.');
    expect(parseSignedRequest(`${signature}=.${body}`, SECRET).userId).to.equal('17841405793187219');
  });
});
