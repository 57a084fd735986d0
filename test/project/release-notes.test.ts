import { expect } from 'chai';
import { releaseNotes } from '../../.github/scripts/release-notes.mjs';
import { read } from '../readme/markdown.js';

const CHANGELOG = `# Changelog

## 1.2.0 - 2026-03-02

### Added

- A thing.

## 1.2.0-rc.1 - 2026-03-01

### Fixed

- Another.

## 1.1.0 - unreleased

### Added

- An older thing.

## 1.0.0 - 2026-01-31
`;

describe('release notes', () => {
  it('are the section of the version, without its heading and its neighbours', () => {
    expect(releaseNotes('v1.2.0', '1.2.0', CHANGELOG)).to.equal('### Added\n\n- A thing.');
    expect(releaseNotes('v1.2.0-rc.1', '1.2.0-rc.1', CHANGELOG)).to.equal('### Fixed\n\n- Another.');
  });

  it('are refused for a tag that is not that of package.json', () => {
    expect(() => releaseNotes('v1.2.1', '1.2.0', CHANGELOG)).to.throw('its tag is v1.2.0');
    expect(() => releaseNotes('1.2.0', '1.2.0', CHANGELOG)).to.throw('its tag is v1.2.0');
  });

  it('are refused for a version that the changelog does not know, and for the beginning of one', () => {
    expect(() => releaseNotes('v2.0.0', '2.0.0', CHANGELOG)).to.throw('no section "## 2.0.0 - <date>"');
    expect(() => releaseNotes('v1.2', '1.2', CHANGELOG)).to.throw('no section');
  });

  it('are refused for a version without a date', () => {
    expect(() => releaseNotes('v1.1.0', '1.1.0', CHANGELOG)).to.throw('put the date of the release there');
  });

  it('are refused for a version of which nothing is said', () => {
    expect(() => releaseNotes('v1.0.0', '1.0.0', CHANGELOG)).to.throw('says nothing of 1.0.0');
  });

  it('can be cut from the changelog of this repository, once a date is set', () => {
    const { version } = JSON.parse(read('package.json'));
    const dated = read('CHANGELOG.md').replace(`${version} - unreleased`, `${version} - 2026-01-31`);
    expect(releaseNotes(`v${version}`, version, dated)).to.match(/^### /);
  });
});
