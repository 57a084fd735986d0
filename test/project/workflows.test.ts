import { expect } from 'chai';
import { problemsIn } from '../../.github/scripts/check-workflows.mjs';

const workflow = (...steps: string[]) => `
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
${steps.map((step) => `      - ${step}\n`).join('')}`;

const COMMIT = 'a'.repeat(40);

describe('the check of the workflows', () => {
  it('finds nothing in one that is right', async () => {
    const right = workflow(
      'run: npm ci',
      'uses: ./.github/actions/local',
      `uses: o/action@${COMMIT} # v1.2.3`,
    );
    expect(await problemsIn('ci.yml', right)).to.deep.equal([]);
  });

  it('refuses a key that GitHub does not know, with its place', async () => {
    const problems = await problemsIn('ci.yml', workflow('rnu: npm ci'));
    expect(problems.join('\n')).to.match(/^ci\.yml:7:9: .*"rnu"/m);
  });

  it('refuses an expression that reads what is not there', async () => {
    const problems = await problemsIn('ci.yml', workflow('run: echo $' + '{{ matrix.nodes }}'));
    expect(problems.join('\n')).to.include('"nodes" is not defined');
  });

  it('refuses an action that is pinned by nothing but a tag, which can be moved', async () => {
    for (const pin of ['v6', `v6 # ${COMMIT}`, COMMIT, `${COMMIT} # latest`]) {
      const problems = await problemsIn('ci.yml', workflow(`uses: o/action@${pin}`));
      expect(problems, pin).to.have.lengthOf(1);
      expect(problems[0]).to.match(/^ci\.yml:7: pin o\/action@/);
    }
  });
});
