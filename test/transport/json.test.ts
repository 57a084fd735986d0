import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'lossless-json';
import { parseJSONObject } from '../../lib/transport/json.js';

const USER_ID = '17841405793187219';

/** What lossless-json alone makes of a text: the slow way, which is taken wherever the quick one is not sure. */
function slowly(text: string): unknown {
  const exact = (digits: string) => {
    const number = Number(digits);
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? digits : number;
  };
  try {
    const value = parse(text, undefined, exact);
    return typeof value === 'object' && !Array.isArray(value) ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

const integers = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String);
const tricky = fc.constantFrom(
  '":',
  ',',
  '[',
  '{',
  '}',
  ']',
  '\\"',
  '\\',
  `:${USER_ID},`,
  `,"${USER_ID}"`,
  '__proto__',
);
const strings = fc.oneof(
  fc.string(),
  fc.array(fc.oneof(tricky, integers), { maxLength: 5 }).map((parts) => parts.join('')),
);

/** The text of a JSON object, with integers of any length where values are, and with the spaces of some writers. */
const documents = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(
      integers,
      strings.map((text) => JSON.stringify(text)),
      fc.constantFrom('null', 'true', '1.5', '1e300', '-0'),
    ),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    members(tie('value'), ''),
  ),
})).value;

function members(value: fc.Arbitrary<string>, space: string): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(strings, value), { maxLength: 4 })
    .map(
      (pairs) => `{${pairs.map(([key, one]) => `${JSON.stringify(key)}:${space}${one}`).join(`,${space}`)}}`,
    );
}

describe('parseJSONObject', () => {
  it('keeps every digit of an id, wherever it stands bare', () => {
    const parsed = parseJSONObject(
      `{"user_id":${USER_ID},"ids":[${USER_ID},-${USER_ID}],"n":{"id":${USER_ID}}}`,
    );
    expect(parsed).to.deep.equal({ user_id: USER_ID, ids: [USER_ID, `-${USER_ID}`], n: { id: USER_ID } });
  });

  it('leaves the digits in a text alone', () => {
    for (const text of [`a:${USER_ID},`, `[${USER_ID}]`, `",${USER_ID},"`, `\\":${USER_ID}}`]) {
      expect(parseJSONObject(JSON.stringify({ text, id: 1 }))).to.deep.equal({ text, id: 1 });
    }
  });

  it('makes no JSON of what is none', () => {
    for (const text of [
      `{"a":0${USER_ID}}`,
      `{"a":-0${USER_ID}}`,
      `{"a":${USER_ID}"b":1}`,
      `{"a":${USER_ID}x}`,
      `{${USER_ID}:1}`,
      `{"a":[,${USER_ID}]}`,
      `{"a":1,"a":2}`,
    ]) {
      expect(parseJSONObject(text), text).to.equal(undefined);
    }
  });

  it('reads any document quickly as it would read it slowly', () => {
    const property = fc.property(fc.oneof(members(documents, ''), members(documents, ' ')), (text) => {
      expect(parseJSONObject(text)).to.deep.equal(slowly(text));
    });
    fc.assert(property, { numRuns: 2000, seed: 18 });
  });

  it('reads any document with a character changed quickly as it would read it slowly', () => {
    const property = fc.property(
      members(documents, ''),
      fc.nat(),
      fc.constantFrom(...'{}[]",:0-9\\ '),
      (text, at, other) => {
        const place = at % text.length;
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        expect(parseJSONObject(changed)).to.deep.equal(slowly(changed));
      },
    );
    fc.assert(property, { numRuns: 2000, seed: 18 });
  });

  for (const [what, open, close] of [
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ] as const) {
    it(`refuses 5,000 nested ${what} on every Node.js, and takes 500`, () => {
      const nested = (depth: number) => `{"id":"1","deep":${open.repeat(depth)}1${close.repeat(depth)}}`;
      expect(parseJSONObject(nested(5000))).to.equal(undefined);
      expect(parseJSONObject(nested(500))).to.have.property('id', '1');
    });
  }
});
