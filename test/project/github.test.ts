import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ROOT, read } from '../readme/markdown.js';

// From GitHub's "Syntax for GitHub's form schema".
const ELEMENTS = ['markdown', 'input', 'textarea', 'dropdown', 'checkboxes'];

interface Element {
  type: string;
  id?: string;
  attributes: { label?: string; value?: string; options?: unknown[] };
}

describe('the issue forms', () => {
  const folder = '.github/ISSUE_TEMPLATE';
  const forms = readdirSync(`${ROOT}/${folder}`).filter((name) => name !== 'config.yml');

  for (const name of forms) {
    it(`${name} is one that GitHub can show`, () => {
      const { name: title, description, body } = parse(read(`${folder}/${name}`));
      expect(title).to.be.a('string').that.is.not.empty;
      expect(description).to.be.a('string').that.is.not.empty;
      const questions = (body as Element[]).filter(({ type }) => type !== 'markdown');
      expect(questions).to.not.be.empty;
      for (const { type, attributes } of body as Element[]) {
        expect(type).to.be.oneOf(ELEMENTS);
        expect(type === 'markdown' ? attributes.value : attributes.label).to.be.a('string').that.is.not.empty;
        if (type === 'dropdown' || type === 'checkboxes') expect(attributes.options).to.not.be.empty;
      }
      const ids = questions.map(({ id }) => id);
      expect(ids.every((id) => id !== undefined && /^[\w-]+$/.test(id))).to.equal(true);
      expect(new Set(ids)).to.have.property('size', ids.length);
    });
  }

  it('ask whoever reports something to leave secrets out', () => {
    for (const name of ['1-bug.yml', '2-threads.yml']) {
      const body: Element[] = parse(read(`${folder}/${name}`)).body;
      expect(
        body.find(({ id }) => id === 'secrets'),
        name,
      ).to.have.property('type', 'checkboxes');
    }
  });
});

describe('the dependency updates', () => {
  it('cover every lock file and the workflows', () => {
    const { updates } = parse(read('.github/dependabot.yml'));
    const [npm, actions] = updates;
    expect(npm['package-ecosystem']).to.equal('npm');
    expect(actions['package-ecosystem']).to.equal('github-actions');
    const locked = execFileSync('git', ['ls-files', '*package-lock.json'], { cwd: ROOT, encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((path) => `/${path.replace(/\/?package-lock\.json$/, '')}`);
    expect(npm.directories).to.have.members(locked);
  });
});
