import { expect } from 'chai';
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

/** How many characters are looked through for secrets. */
function lookedThrough(work: () => void): number {
  const { indexOf } = String.prototype;
  let count = 0;
  String.prototype.indexOf = function (this: string, ...wanted) {
    count += this.length;
    return indexOf.apply(this, wanted);
  };
  try {
    work();
  } finally {
    String.prototype.indexOf = indexOf;
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

  it('holds nothing of the app secret that an app access token spells out', () => {
    expect(createRedactor(['TH|1|the-app-secret'])('No the-app-secret, no TH|1|the-app-secret')).to.equal(
      'No [redacted], no [redacted]',
    );
  });

  it('holds nothing of a secret that is longer than a page', () => {
    const long = 'AQBx'.repeat(25_000);
    expect(createRedactor([long])(`Bad ${long}`)).to.equal(undefined);
    const few = 'AQBx'.repeat(100);
    expect(createRedactor([few])(`Bad ${few}, and ${few}`)).to.equal('Bad [redacted], and [redacted]');
  });

  it('attack: 99 KB of form, half of them a state to be looked for in the other, cost what 4 KB do', () => {
    const cost = (kilobytes: number) => {
      const half = 'a'.repeat(512 * kilobytes);
      return lookedThrough(() => createRedactor([`b${half}`])(half));
    };
    expect(cost(99)).to.equal(cost(4)).and.to.be.above(1000);
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
});
