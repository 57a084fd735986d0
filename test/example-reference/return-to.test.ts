import { expect } from 'chai';
import { localPath, withFragment } from '../../example/reference/src/return-to.js';

describe('example/reference: the page to return to', () => {
  for (const [what, value] of [
    ['another site', 'https://evil.example/'],
    ['a script', 'javascript:alert(1)'],
    ['a host without a scheme', '//evil.example'],
    ['a host without a scheme, behind a dot', '/.//evil.example'],
    ['a host without a scheme, behind two dots', '/x/..//evil.example'],
    ['a backslash, which browsers read as a slash', '/\\evil.example'],
    ['a backslash further on', '/x\\..\\..//evil.example'],
    ['a tab, which browsers drop', '/\t/evil.example'],
    ['a line break, which would end the header', '/x\r\nSet-Cookie: a=b'],
    ['a NUL', '/x\0'],
    ['a leading space, which browsers drop', ' //evil.example'],
    ['a relative path', 'profile'],
    ['the sign-in itself, which would not end', '/auth/threads'],
    ['the sign-in itself, in capitals', '/AUTH/threads?x=1'],
    ['the sign-in itself, by a detour', '/x/../auth/threads'],
    ['sign-out', '/sign-out'],
    ['nothing', ''],
    ['a list', ['/profile', '/x']],
    ['an object', { toString: () => '/profile' }],
    ['a missing value', undefined],
    ['a path longer than a cookie should be', `/${'x'.repeat(1024)}`],
    ['a path that grows too long when it is percent-encoded', `/${'ễ'.repeat(200)}`],
  ] as const) {
    it(`is not ${what}`, () => {
      expect(localPath(value)).to.equal(undefined);
    });
  }

  it('is a path on this host, with its query and fragment', () => {
    expect(localPath('/profile?tab=1&next=//x#part')).to.equal('/profile?tab=1&next=//x#part');
  });

  it('comes out percent-encoded, whatever the alphabet', () => {
    expect(localPath('/Zoë')).to.equal('/Zo%C3%AB');
  });

  it('gets a fragment of its own, so that it does not inherit the #_ of Threads', () => {
    expect(withFragment('/profile')).to.equal('/profile#top');
    expect(withFragment('/profile#')).to.equal('/profile#top');
    expect(withFragment('/profile#_')).to.equal('/profile#top');
  });

  it('keeps a fragment that it has', () => {
    expect(withFragment('/profile#access')).to.equal('/profile#access');
  });
});
