import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { closeAll, serve } from '../faults/serve.js';
import { answers } from '../support/fixtures.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('first-requests.cjs', import.meta.url));

/** How a new process asked for profiles: by Node.js' own client, by undici that a tracer heard, by the app's dispatcher. */
async function ask(scenario: string) {
  const { origin, sockets } = await serve((_req, res) => res.end(JSON.stringify(answers.me)));
  const { stdout } = await run(process.execPath, [PROGRAM, origin, scenario]);
  return { ...JSON.parse(stdout), sockets: sockets.length };
}

describe('the first requests of a process', () => {
  afterEach(closeAll);

  it('do not wait for undici to load', async () => {
    expect(await ask('nothing else')).to.deep.include({ http: 1, isLoaded: false });
  });

  it('go to the global dispatcher that the app has set', async () => {
    expect(await ask('global dispatcher')).to.deep.include({ http: 0, app: 1 });
  });

  it('go to the one that the app sets after them, from then on', async () => {
    expect(await ask('later')).to.deep.include({ http: 1, app: 1 });
  });

  it('go to that of Node.js, once the app has used fetch', async () => {
    expect(await ask('fetch')).to.deep.include({ http: 0 });
  });

  it('are heard by a tracer that listens to undici', async () => {
    expect(await ask('subscriber')).to.deep.include({ http: 0, undici: 1 });
  });

  it('are a hundred on one connection; then undici, which costs less, takes over', async () => {
    expect(await ask('many')).to.deep.include({ http: 100, isLoaded: true, sockets: 2 });
  });
});
