import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/**
 * As much of nginx as the tests need, for machines without it: each request goes to the next upstream, and to the
 * one after that when nobody answers there. `X-Upstream` lists those that were tried, as `$upstream_addr` does.
 *
 * @param upstreams - such as `127.0.0.1:3001`
 * @returns a function that stops it
 */
export async function startRoundRobin(
  port: number,
  upstreams: readonly string[],
): Promise<() => Promise<void>> {
  let turn = 0;
  const server = createServer(async (req, res) => {
    const body = await buffer(req);
    const tried: string[] = [];
    while (tried.length < upstreams.length) {
      const upstream = upstreams[turn++ % upstreams.length]!;
      tried.push(upstream);
      try {
        return forward(await ask(upstream, req, body), res, tried);
      } catch {
        // The next one may do better.
      }
    }
    res.writeHead(502, { 'x-upstream': tried.join(', ') }).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

function ask(upstream: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const forwarded = { ...headers, 'x-forwarded-proto': 'http' };
    request(`http://${upstream}${url}`, { method, headers: forwarded, agent: false }, resolve)
      .once('error', reject)
      .end(body);
  });
}

function forward(answer: IncomingMessage, res: ServerResponse, tried: string[]): void {
  res.writeHead(answer.statusCode!, [...answer.rawHeaders, 'X-Upstream', tried.join(', ')]);
  answer.once('error', () => res.destroy()).pipe(res);
}
