import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { cert, key } from '../faults/certificate.js';
import { closeAll, listen, serve } from '../faults/serve.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../mocks/profile.cjs', import.meta.url));
const PROFILE = JSON.stringify({ id: '1', username: 'the network' });

/** What a process with these environment variables prints: who answered, or why nobody did. */
async function ask(origin: string, env: NodeJS.ProcessEnv): Promise<string> {
  const options = { env: { ...process.env, ...env } };
  const { stdout } = await run(process.execPath, [PROGRAM, origin, 'none'], options).catch((error) => error);
  return stdout.trim();
}

describe('A variable of the environment', () => {
  afterEach(closeAll);

  it('NODE_EXTRA_CA_CERTS makes requests trust a certificate', async () => {
    const server = createTLSServer({ key, cert }, (_req, res) => res.end(PROFILE));
    const { port } = await listen(server);
    const origin = `https://localhost:${port}`;
    const folder = await mkdtemp(join(tmpdir(), 'ca-'));
    await writeFile(join(folder, 'ca.pem'), cert);
    expect(await ask(origin, {})).to.match(/DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS/);
    expect(await ask(origin, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') })).to.equal('the network');
    await rm(folder, { recursive: true });
  });

  describe('that names a proxy', () => {
    async function proxied(env: NodeJS.ProcessEnv) {
      const tunnels: unknown[] = [];
      const proxy = createServer((req, res) => {
        tunnels.push(req.url);
        res.end(JSON.stringify({ id: '1', username: 'the proxy' }));
      }).on('connect', (req, client) => {
        tunnels.push(req.url);
        const [host, port] = String(req.url).split(':');
        const target = connect(Number(port), host, () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          target.pipe(client).pipe(target);
        });
        for (const socket of [client, target]) socket.on('error', () => {});
      });
      const { origin: address } = await listen(proxy);
      const { origin } = await serve((_req, res) => res.end(PROFILE));
      await ask(origin, { HTTP_PROXY: address, http_proxy: address, NO_PROXY: '', no_proxy: '', ...env });
      return tunnels.length;
    }

    it('HTTP_PROXY alone changes nothing', async () => {
      expect(await proxied({ NODE_USE_ENV_PROXY: '' })).to.equal(0);
    });

    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const knowsProxies = major >= 24 || (major === 22 && minor >= 21);
    if (knowsProxies) {
      it('is heard with NODE_USE_ENV_PROXY, by which Node.js sets the global dispatcher', async () => {
        expect(await proxied({ NODE_USE_ENV_PROXY: '1' })).to.equal(1);
      });
    }
  });
});
