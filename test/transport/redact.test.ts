import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { redactURL } from '../../lib/index.js';
import { createRedactor } from '../../lib/transport/redact.js';

const SECRET = 'app+secret/0123?=';
const bytes = Buffer.from(SECRET);

const everyByte = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '%$&');
const capitalsAndSmall = (text: string) =>
  [...text].map((letter, i) => (i % 2 ? letter.toUpperCase() : letter.toLowerCase())).join('');

const SPELLINGS: Record<string, string> = {
  'as it is': SECRET,
  'in capital letters': SECRET.toUpperCase(),
  'in capital and small letters': capitalsAndSmall(SECRET),
  'percent-encoded': encodeURIComponent(SECRET),
  'percent-encoded in small letters': encodeURIComponent(SECRET).toLowerCase(),
  'percent-encoded, every byte': everyByte(SECRET),
  'percent-encoded twice': encodeURIComponent(encodeURIComponent(SECRET)),
  'percent-encoded twice, every byte': everyByte(everyByte(SECRET)),
  'in hex': bytes.toString('hex'),
  'in hex with capital letters': bytes.toString('hex').toUpperCase(),
  'in base64': bytes.toString('base64'),
  'in base64url': bytes.toString('base64url'),
  'in base64, percent-encoded': encodeURIComponent(bytes.toString('base64')),
  'in the base64 of a Basic header': Buffer.from(`1234567890123456:${SECRET}`).toString('base64'),
  'in the base64 of more, two bytes in': Buffer.from(`ab${SECRET}cd`).toString('base64'),
  'in the base64url of more, one byte in': Buffer.from(`a${SECRET}bcd`).toString('base64url'),
};

/** Tells whether somebody who reads the text could get so many characters of the secret out of it. */
function holds(text: string, secret = SECRET): boolean {
  const decoded = [text];
  for (let times = 0; times < 3; times += 1) {
    decoded.push(
      String(decoded.at(-1)).replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
    );
  }
  const readings = decoded.flatMap((one) => [
    one,
    ...one
      .split(/[^\w+/-]+/)
      .flatMap((run) => (['hex', 'base64'] as const).map((coding) => Buffer.from(run, coding).toString())),
  ]);
  return readings.some((one) => one.toLowerCase().includes(secret));
}

/** How many characters are read in the search for secrets. */
function charactersRead(work: () => void): number {
  const { charCodeAt, indexOf } = String.prototype;
  let count = 0;
  String.prototype.charCodeAt = function (this: string, at) {
    count += 1;
    return charCodeAt.call(this, at);
  };
  String.prototype.indexOf = function (this: string, ...wanted) {
    count += this.length;
    return indexOf.apply(this, wanted);
  };
  try {
    work();
  } finally {
    Object.assign(String.prototype, { charCodeAt, indexOf });
  }
  return count;
}

describe('a text that is quoted', () => {
  const quote = createRedactor(['', SECRET]);

  for (const [spelling, text] of Object.entries(SPELLINGS)) {
    it(`holds no secret ${spelling}, at any place`, () => {
      for (const given of [text, `Bad ${text}.`, `"${text}" and ${text}`, `${'x'.repeat(490)} ${text}`]) {
        const quoted = quote(given) ?? '';
        expect(holds(given), 'the test would see it').to.equal(true);
        expect(holds(quoted), quoted).to.equal(false);
      }
      expect(quote(`Bad ${text}`)).to.match(/^Bad .*\[redacted\]/);
    });

    it(`holds no part of a secret ${spelling} where it is cut`, () => {
      for (let length = 0; length < 1100; length += 7) {
        const quoted = quote(`${'x'.repeat(length)} ${text}${' y'.repeat(1000)}`) ?? '';
        expect(holds(quoted, SECRET.slice(0, 6)), quoted).to.equal(false);
        expect(quoted.length).to.be.at.most(501);
      }
    });
  }

  it('holds nothing of the app secret that an app access token spells out, and keeps the app id', () => {
    expect(
      createRedactor(['TH|1234567890123456|the-app-secret'])('No the-app-secret for 1234567890123456'),
    ).to.equal('No [redacted] for 1234567890123456');
  });

  it('holds nothing of a secret that is longer than a page', () => {
    const long = 'AQBx'.repeat(25_000);
    expect(createRedactor([long])(`Bad ${long}`)).to.equal(undefined);
    const few = 'AQBx'.repeat(100);
    expect(createRedactor([few])(`Bad ${few}`)).to.equal('Bad [redacted]');
  });

  for (const length of [12, 13, 40, 150]) {
    it(`attack: an upstream that cuts a secret to ${length} characters, wherever, gets none of them into an error`, () => {
      const secret = randomBytes(200).toString('hex').slice(0, 200);
      const redact = createRedactor([secret]);
      for (const from of [0, 1, 37, secret.length - length]) {
        const part = secret.slice(from, from + length);
        const bytes = Buffer.from(part);
        for (const text of [
          part,
          part.toUpperCase(),
          encodeURIComponent(part),
          everyByte(part),
          bytes.toString('hex'),
        ]) {
          expect(redact(`Invalid token "${text}…" given`)).to.equal('Invalid token "[redacted]…" given');
        }
        const base64 = redact(`Basic ${bytes.toString('base64')}`) ?? '';
        if (length > 16) expect(holds(base64, part.slice(3, 15)), base64).to.equal(false);
      }
    });
  }

  it('keeps eleven characters that are also in a secret, since words have as many', () => {
    expect(createRedactor(['app.example/authorization-page'])('authorizati on')).to.equal('authorizati on');
  });

  it('attack: what an upstream and a form send makes no error cost more than a bound', () => {
    const letters = (kilobytes: number) => 'a'.repeat(1024 * kilobytes);
    const cost = (secret: string, text: string) => charactersRead(() => createRedactor([secret])(text));
    const bound = cost(`b${letters(8)}`, letters(8));
    expect(bound).to.be.above(1000).and.below(200_000);
    expect(cost(`b${letters(99)}`, letters(99))).to.equal(bound);
    expect(cost(`b${letters(99)}`, '%2525'.repeat(20_000))).to.be.below(3 * bound);
  });

  it('keeps its words where a parameter is too short to be a secret', () => {
    const quoted = createRedactor(['a', 'e', 'code', 'state'])('The code and the state are wrong');
    expect(quoted).to.equal('The code and the state are wrong');
  });

  it('keeps what is percent-encoded and no secret', () => {
    expect(quote('100%25 of https%3A%2F%2Fa.example')).to.equal('100%25 of https%3A%2F%2Fa.example');
  });

  it('has no control characters, and at most 500 others', () => {
    expect(quote('a\r\nb\u0000\u001b[31mc')).to.equal('a b [31mc');
    for (const length of [500, 501, 1000, 1076, 1077, 99_000]) {
      expect(quote('d'.repeat(length))).to.equal(length === 500 ? 'd'.repeat(500) : `${'d'.repeat(500)}…`);
    }
  });

  it('is undefined where there is nothing to quote', () => {
    for (const value of [undefined, null, 7, {}, [SECRET], '', ' ', '\u0000'])
      expect(quote(value)).to.equal(undefined);
  });
});

describe('redactURL', () => {
  const redacted: [title: string, url: string, expected: string][] = [
    [
      'access and input tokens',
      'https://graph.threads.net/v1.0/debug_token?access_token=TH%7C1%7Cs&input_token=THQ',
      'https://graph.threads.net/v1.0/debug_token?access_token=[redacted]&input_token=[redacted]',
    ],
    [
      'the app secret and its proof',
      'https://graph.threads.net/access_token?grant_type=th_exchange_token&client_secret=s&appsecret_proof=p',
      'https://graph.threads.net/access_token?grant_type=th_exchange_token&client_secret=[redacted]&appsecret_proof=[redacted]',
    ],
    [
      'code and state of a callback',
      '/callback?code=AQBx&state=s#_',
      '/callback?code=[redacted]&state=[redacted]#_',
    ],
    ['a signed request', '?signed_request=a.b', '?signed_request=[redacted]'],
    ['a query without its question mark', 'fields=id&access_token=T', 'fields=id&access_token=[redacted]'],
    [
      'a fragment',
      'https://app.example/#access_token=T&x=1',
      'https://app.example/#access_token=[redacted]&x=1',
    ],
    ['every repetition', '/?code=1&code=2', '/?code=[redacted]&code=[redacted]'],
    ['a name in other letters', '/?Access_Token=T', '/?Access_Token=[redacted]'],
    ['a name that is percent-encoded', '/?access%5Ftoken=T', '/?access%5Ftoken=[redacted]'],
    ['names as arrays', '/?code[]=1&code%5B0%5D=2', '/?code[]=[redacted]&code%5B0%5D=[redacted]'],
    ['a value with a question mark', '/cb?state=a?b&x=1', '/cb?state=[redacted]&x=1'],
    ['what a semicolon separates', '/cb?x=1;code=AQBx;y=2', '/cb?x=1;code=[redacted];y=2'],
    [
      'the rest of a value behind a semicolon that separates nothing',
      '/?code=AQBx;rest&y',
      '/?code=[redacted]&y',
    ],
    ['the value up to a fragment', '/?code=AQBx#part?x', '/?code=[redacted]#part?x'],
    ['a fragment with a path and a query', '/#/route?code=AQBx&x=1', '/#/route?code=[redacted]&x=1'],
    ['a fragment with a second one', '/#a#code=AQBx', '/#a#code=[redacted]'],
    [
      'a query without its question mark, whose value has one',
      'a=1&state=x?y&code=z',
      'a=1&state=[redacted]&code=[redacted]',
    ],
    [
      'a URL within a URL that is not encoded',
      '/login?next=/cb?code=AQBx&x=1',
      '/login?next=/cb?code=[redacted]&x=1',
    ],
    ['what follows an ampersand of HTML', '/cb?x=1&amp;code=AQBx', '/cb?x=1&amp;code=[redacted]'],
    ['a value with an equals sign', '/?access_token=a==&b=c=d', '/?access_token=[redacted]&b=c=d'],
    [
      'a URL within a URL',
      'https://www.threads.com/login?next=%2Foauth%2Fauthorize%3Fclient_id%3D1%26state%3Ds&x=1',
      'https://www.threads.com/login?next=%2Foauth%2Fauthorize%3Fclient_id%3D1%26state%3D%5Bredacted%5D&x=1',
    ],
  ];
  for (const [title, url, expected] of redacted) {
    it(`redacts ${title}`, () => {
      expect(redactURL(url)).to.equal(expected);
    });
  }

  it('keeps everything else to the letter', () => {
    for (const url of [
      'https://graph.threads.net/v1.0/me?fields=id,username&error_code=1&a=%zz&b=%2f&&=x&c',
      'https://user:password@host.example:8080/a;b?c=d#e',
      '/a?b=c?d=e;f&g=%3F#h?i=j',
      '/code=1/state',
      '',
    ]) {
      expect(redactURL(url)).to.equal(url);
    }
  });

  it('attack: a URL of 200 KB with 50,000 URLs within one another, is no reason to fail, and still redacted', () => {
    // Each reading undoes one character's percent-encoding, and finds one parameter more within.
    const nested = `${'a='.repeat(50_000)}${'%'.repeat(50_000)}${'3'.repeat(49_999)}41`;
    expect(redactURL(`/?${nested}&code=AQBx`)).to.match(/&code=\[redacted\]$/);
    expect(redactURL(`/?${nested}`)).to.match(/redacted/);
  });

  it('takes a URL object', () => {
    expect(redactURL(new URL('https://a.example/?code=1'))).to.equal('https://a.example/?code=[redacted]');
  });

  describe('for any URL', () => {
    // A sentinel that nothing else makes, with everything around it that ends a value somewhere.
    const SENTINEL = 'S3NT1NEL';
    const junk = fc.string({ unit: fc.constantFrom(...'ab=?/%2:.[]+ '), maxLength: 6 });
    const spelt = fc.constantFrom(
      ...['code', 'state', 'Access_Token', 'client%5Fsecret', 'code[0]', 'input_token', ' signed_request'],
    );
    const name = fc.constantFrom('a', 'next', 'codes', 'x/y', 'statement', '');
    const secret = fc.tuple(spelt, junk, junk).map(([key, a, b]) => `${key}=${a}${SENTINEL}${b}`);
    const harmless = fc
      .tuple(name, fc.string({ unit: fc.constantFrom(...'xyz019-_.~') }))
      .map(([key, value]) => `${key}=${value}`);
    const parameters = fc
      .array(fc.tuple(fc.oneof(secret, harmless), fc.constantFrom('&', ';')), { maxLength: 6 })
      .map((parts) => parts.map(([part, separator]) => part + separator).join(''));
    const plain = fc
      .tuple(fc.constantFrom('', '/', 'https://a.example/b', '/a;b', 'x=1&'), parameters, parameters)
      .map(([path, query, fragment]) => `${path}?${query}#${fragment}`);
    const nested = fc
      .tuple(plain, fc.constantFrom(0, 1, 2, 3))
      .map(([url, times]) =>
        Array.from({ length: times }).reduce<string>((one) => `/l?next=${encodeURIComponent(one)}`, url),
      );

    it('holds no value of a secret parameter, in no reading', () => {
      const property = fc.property(nested, (url) => {
        let reading = redactURL(url);
        for (let times = 0; times < 5; times += 1) {
          expect(reading).to.not.include(SENTINEL);
          reading = reading.replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
        }
      });
      fc.assert(property, { numRuns: 2000, seed: 21 });
    });

    it('changes nothing more the second time', () => {
      const property = fc.property(
        fc.oneof(nested, fc.webUrl({ withQueryParameters: true, withFragments: true })),
        (url) => {
          const once = redactURL(url);
          expect(redactURL(once)).to.equal(once);
        },
      );
      fc.assert(property, { numRuns: 2000, seed: 22 });
    });

    it('keeps harmless parameters to the letter', () => {
      const property = fc.property(fc.array(harmless), fc.array(harmless), (query, fragment) => {
        const url = `https://a.example/b?${query.join('&')}#${fragment.join(';')}`;
        expect(redactURL(url)).to.equal(url);
      });
      fc.assert(property, { numRuns: 1000, seed: 23 });
    });
  });
});
