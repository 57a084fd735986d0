import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { links, ROOT, read } from '../readme/markdown.js';

const text = read('CONTRIBUTING.md');
const tracked = execFileSync('git', ['ls-files', 'lib', 'example'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');

/** The folders that hold files of the repository, down to a depth. */
function folders(root: string, depth: number): string[] {
  const names = tracked
    .map((path) => path.split('/'))
    .filter((parts) => parts[0] === root && parts.length > 2)
    .map((parts) => parts.slice(0, Math.min(depth, parts.length - 1)).join('/'));
  return [...new Set(names)];
}

describe('CONTRIBUTING.md', () => {
  it('has every room of lib and every example on its map', () => {
    const rooms = [...folders('lib', 3), ...folders('example', 2)];
    expect(rooms).to.include.members(['lib/passport', 'lib/threads/bulk', 'example/reference']);
    expect(links(text)).to.include.members(rooms);
  });

  it('says of every npm script what it does, and of no other', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const own = Object.keys(scripts).filter((name) => !/^pre(pack|start|test)$/.test(name));
    const table = text.slice(text.indexOf('## The npm scripts'), text.indexOf('## Conventions'));
    const told = [...table.matchAll(/^\| `([\w:]+)`/gm)].map(([, name]) => name);
    expect(told).to.have.members(own);
  });
});
