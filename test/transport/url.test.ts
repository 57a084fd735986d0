import { expect } from 'chai';
import { parsedURL } from '../../lib/transport/url.js';

describe('parsedURL', () => {
  it('knows a URL with a letter of Latin-1 the ten thousandth time too, which URL.canParse of Node.js 20 does not', () => {
    for (let i = 0; i < 10_000; i += 1) {
      if (!parsedURL('https://bücher.example/callback')) throw new Error(`Not the ${i}th time`);
    }
  });

  it('is undefined for what is none', () => {
    for (const text of ['', '/callback', 'https://', 'app.example'])
      expect(parsedURL(text)).to.equal(undefined);
  });
});
