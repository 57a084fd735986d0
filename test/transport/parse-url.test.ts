import { expect } from 'chai';
import { parseURL } from '../../lib/transport/request.js';

describe('parseURL', () => {
  it('knows a URL with a letter of Latin-1 the ten thousandth time too, which URL.canParse of Node.js 20 does not', () => {
    for (let i = 0; i < 10_000; i += 1) {
      if (!parseURL('https://bücher.example/callback')) throw new Error(`Not the ${i}th time`);
    }
  });

  it('is undefined for what is none', () => {
    for (const text of ['', '/callback', 'https://', 'app.example'])
      expect(parseURL(text)).to.equal(undefined);
  });
});
