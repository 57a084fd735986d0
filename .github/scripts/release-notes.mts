/**
 * Prints what CHANGELOG.md says of the version that a tag names, and fails where tag, package.json and
 * CHANGELOG.md do not agree.
 *
 *     tsx .github/scripts/release-notes.mts v1.0.0
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * Cuts the section of a version out of a changelog.
 *
 * @param tag - the tag of the release: `v` and the version
 * @param version - the version in package.json
 * @param changelog - the text of CHANGELOG.md
 * @returns the section, without its heading
 * @throws Error when the tag is not that of the version, or the section is absent, empty or without a date
 */
export function releaseNotes(tag: string, version: string, changelog: string): string {
  if (tag !== `v${version}`) {
    throw new Error(`The tag is ${tag}, but package.json has version ${version}: its tag is v${version}`);
  }
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version} - <date>"`);
  const [heading = '', ...lines] = section.split('\n');
  if (!/^\S+ - \d{4}-\d{2}-\d{2}$/.test(heading)) {
    throw new Error(
      `CHANGELOG.md says "${heading}": put the date of the release there, as in "${version} - 2026-01-31"`,
    );
  }
  const notes = lines.join('\n').trim();
  if (notes === '') throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return notes;
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  try {
    console.log(releaseNotes(String(process.argv[2]), version, readFileSync('CHANGELOG.md', 'utf8')));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
