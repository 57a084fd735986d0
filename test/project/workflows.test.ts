import { expect } from 'chai';
import { parse } from 'yaml';
import { problemsIn } from '../../.github/scripts/check-workflows.mjs';
import { read } from '../readme/markdown.js';

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

  for (const [form, step] of Object.entries({
    'a quoted key': '"uses": o/action@v6',
    'a quoted value': `uses: 'o/action@v6'`,
    'a map on one line': '{ name: It, uses: o/action@v6 }',
    'a folded text': `uses: >-\n          o/action@v6`,
    'a tag of YAML': 'uses: !!str o/action@v6',
    'an explicit key': `? uses\n        : o/action@v6`,
    'an alias': `name: &it o/action@v6\n        uses: *it`,
    'no step but its last line': `run: echo\n        uses :   o/action@v6`,
    'an image': 'uses: docker://node:24',
    'a commit in the comment alone': `uses: o/action@v6 # @${COMMIT} # v1.2.3`,
  })) {
    it(`refuses an action that is pinned by a tag in ${form}`, async () => {
      const problems = await problemsIn('ci.yml', workflow(step));
      expect(problems.join('\n')).to.match(/^ci\.yml:\d+: pin .* by its (commit|digest)/m);
    });
  }

  for (const [what, job] of Object.entries({
    'a reusable workflow': 'uses: o/repository/.github/workflows/test.yml@main',
    'the container of a job': 'container: node:24\n    runs-on: x\n    steps: [run: npm ci]',
    'the container of a job, in its long form':
      'container: { image: "node:24" }\n    runs-on: x\n    steps: [run: npm ci]',
    'a container that an expression names':
      'container: $' + "{{ 'node:24' }}\n    runs-on: x\n    steps: [run: npm ci]",
    'a service': 'services: { redis: { image: redis } }\n    runs-on: x\n    steps: [run: npm ci]',
  })) {
    it(`refuses ${what} that is not pinned, and takes it pinned`, async () => {
      const text = `on: push\njobs:\n  test:\n    ${job}\n`;
      const pins = (problems: string[]) => problems.filter((problem) => problem.includes(': pin '));
      expect(pins(await problemsIn('ci.yml', text))).to.have.lengthOf(1);
      const pinned = text
        .replace('@main', `@${COMMIT} # v1.2.3`)
        .replace(/redis \}/, `"redis@sha256:${'b'.repeat(64)}" }`)
        .replace(/node:24|\$\{\{ 'node:24' \}\}/, `node@sha256:${'b'.repeat(64)}`);
      if (!text.includes('$')) expect(pins(await problemsIn('ci.yml', pinned))).to.deep.equal([]);
    });
  }

  it('takes local actions and workflows', async () => {
    const text = 'on: push\njobs:\n  test:\n    uses: ./.github/workflows/ci.yml\n';
    expect(await problemsIn('ci.yml', text)).to.deep.equal([]);
  });
});

describe('the release', () => {
  const { jobs, permissions } = parse(read('.github/workflows/release.yml'));
  interface Job {
    permissions?: Record<string, string>;
    needs?: string;
    steps?: { uses?: string; run?: string }[];
  }
  const all = Object.entries(jobs as Record<string, Job>);

  it('gives the right to publish to one job, which runs nothing but npm publish, without scripts, on what another built', () => {
    expect(permissions).to.deep.equal({ contents: 'read' });
    const trusted = all.filter(([, job]) => job.permissions?.['id-token']);
    expect(trusted.map(([name]) => name)).to.deep.equal(['publish']);
    const { steps = [], needs } = trusted[0]![1];
    expect(needs).to.equal('build');
    expect(steps.map(({ uses }) => uses?.split('@')[0])).to.deep.equal([
      'actions/download-artifact',
      'actions/setup-node',
      undefined,
    ]);
    expect(steps.at(-1)!.run).to.match(/^npm publish \.\/\*\.tgz --ignore-scripts --provenance [^;&|]*$/);
  });

  it('builds and packs without a right to write', () => {
    const builders = all.filter(([, { steps = [] }]) =>
      steps.some(({ run }) => /npm (ci|pack|run|exec)|npx/.test(run ?? '')),
    );
    expect(builders.map(([name]) => name)).to.deep.equal(['build']);
    for (const [, job] of builders) expect(job).not.to.have.property('permissions');
  });
});
