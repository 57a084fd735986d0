import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { anchors, links, ROOT, read } from './markdown.js';

const FILES = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'example/express/README.md',
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

  it('README.md names all of its chapters at the beginning, in their order', () => {
    const text = read('README.md');
    const chapters = [...text.matchAll(/^## .*$/gm)].flatMap(([heading]) => anchors(heading));
    const contents = links(text.slice(0, text.indexOf('\n## '))).filter((link) => link.startsWith('#'));
    expect(contents).to.deep.equal(chapters.map((anchor) => `#${anchor}`));
  });
});
