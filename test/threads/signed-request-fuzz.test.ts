import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseSignedRequest, ThreadsSignedRequestError } from '../../lib/index.js';

const SEED = 20261127;
const SECRET = 'of the tests';
const NOW = Date.UTC(2026, 0, 15);

function signed(payload: string, secret = SECRET): string {
  const body = Buffer.from(payload).toString('base64url');
  return `${createHmac('sha256', secret).update(body).digest('base64url')}.${body}`;
}

/** What parseSignedRequest makes of a text: what it returns, or the code of its one class of error. */
function outcomeOf(text: unknown, options = {}) {
  try {
    return parseSignedRequest(text as string, SECRET, { now: () => NOW, ...options });
  } catch (error) {
    expect(error).to.be.instanceOf(ThreadsSignedRequestError);
    return (error as ThreadsSignedRequestError).code;
  }
}

const genuine = fc.record({
  userId: fc.bigInt({ min: 1n, max: 10n ** 19n }),
  age: fc.integer({ min: 0, max: 10_000 }),
});
const payloadOf = ({ userId, age }: { userId: bigint; age: number }) =>
  `{"algorithm":"HMAC-SHA256","issued_at":${NOW / 1000 - age},"user_id":${userId}}`;

describe('Whatever is posted as signed_request', () => {
  it('is refused by code where this app secret did not sign it', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.anything(),
      fc.tuple(fc.base64String(), fc.base64String()).map((parts) => parts.join('.')),
      genuine.map((values) => signed(payloadOf(values), 'another secret')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(outcomeOf(text)).to.be.oneOf(['MALFORMED', 'SIGNATURE']);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('is refused where a character of the payload is another one, missing, or one more', () => {
    fc.assert(
      fc.property(genuine, fc.nat(), fc.nat(1), fc.stringMatching(/^[\w-]{0,1}$/), (values, at, cut, put) => {
        const whole = signed(payloadOf(values));
        const start = whole.indexOf('.') + 1;
        const place = start + (at % (whole.length - start));
        const forged = whole.slice(0, place) + put + whole.slice(place + cut);
        if (forged !== whole) expect(outcomeOf(forged)).to.be.oneOf(['MALFORMED', 'SIGNATURE']);
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('says whom a genuine one is about to the last digit, until it is too old', () => {
    fc.assert(
      fc.property(genuine, fc.integer({ min: 0, max: 10_000 }), (values, seconds) => {
        const outcome = outcomeOf(signed(payloadOf(values)), { maxAge: seconds * 1000 });
        if (values.age > seconds) expect(outcome).to.equal('EXPIRED');
        else expect(outcome).to.have.property('userId', String(values.userId));
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('is refused by code where the secret signed any other payload, JSON or not', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (payload) => {
        expect(outcomeOf(signed(payload))).to.be.oneOf(['MALFORMED', 'ALGORITHM']);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
