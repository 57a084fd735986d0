import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { closeAll, serve } from '../faults/serve.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('one-client.cjs', import.meta.url));

/** What a process has done before its first request, and which way each of its 110 requests must go. */
const scenarios = {
  'nothing else': 'the network by undici',
  'a recording http.globalAgent': 'the network by undici',
  'a global dispatcher': 'the network by undici by dispatcher',
  'fetch, used before': 'the network by undici',
  'nock 15': 'nock',
  'a global MockAgent': 'MockAgent',
};

describe('110 requests of one process', () => {
  afterEach(closeAll);

  for (const [scenario, way] of Object.entries(scenarios)) {
    it(`all go the same way, the first and the last, with ${scenario}`, async () => {
      const { origin, sockets } = await serve((_req, res) =>
        res.end(JSON.stringify({ id: '1', username: 'the network' })),
      );
      const { stdout } = await run(process.execPath, [PROGRAM, origin, scenario]);
      expect(JSON.parse(stdout)).to.deep.equal([way]);
      if (!way.startsWith('the network')) expect(sockets).to.deep.equal([]);
    });
  }
});
