import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { anchors, links, PAGES, ROOT, read } from './markdown.js';

const FILES = [
  ...PAGES,
  'SECURITY.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'example/express/README.md',
  'example/recipes/README.md',
  'example/reference/README.md',
  'example/nestjs/README.md',
  'example/plain/README.md',
  'example/serverless/README.md',
  'example/tenants/README.md',
  'example/testing/README.md',
  'example/token-keeper/README.md',
  'bench/README.md',
];

describe('documentation', () => {
  for (const file of FILES) {
    it(`${file} links to files and headings that exist`, () => {
      const text = read(file);
      const broken = links(text).filter((link) => {
        if (/^(https?|mailto):/.test(link)) return false;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !anchors(read(target)).includes(anchor);
      });
      expect(broken).to.deep.equal([]);
    });
  }

  it('README.md has at most 250 lines and 1,600 words, and its first app at most 45 lines and 350 words', () => {
    const text = read('README.md');
    const words = (part: string) => part.split(/\s+/).filter(Boolean).length;
    expect(text.trimEnd().split('\n').length).to.be.at.most(250);
    expect(words(text)).to.be.at.most(1600);
    const first = /## First sign-in\n([\s\S]*?)\nIn TypeScript/.exec(text)?.[1] ?? '';
    expect(words(first)).to.be.within(100, 350);
    expect(/```js\n([\s\S]*?)\n```/.exec(first)?.[1]?.split('\n').length).to.be.within(20, 45);
  });

  it('each page of docs/ has at most 200 lines, and the README links to it', () => {
    const linked = links(read('README.md'));
    for (const page of PAGES.slice(1)) {
      expect(read(page).trimEnd().split('\n').length, page).to.be.at.most(200);
      expect(linked, page).to.include(page);
    }
  });

  it('README.md links to what the tarball has, or to an absolute address', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const inTarball = (link: string) => files.some((file) => link === file || link.startsWith(`${file}/`));
    const relative = links(read('README.md')).filter((link) => !/^(https?:|#)/.test(link));
    expect(relative.filter((link) => !inTarball(link.split('#')[0]!))).to.deep.equal([]);
  });

  it('quotes code from the files that it names, to the letter', () => {
    const quotes = PAGES.flatMap((page) => [
      ...read(page).matchAll(/<!-- quoted: (\S+) -->\n\n```\w+\n([\s\S]*?)```/g),
    ]);
    expect(quotes).not.to.be.empty;
    for (const [, file = '', code = ''] of quotes) expect(read(file), file).to.include(code);
  });
});
