import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';

/**
 * Hands every request on over HTTP/2, as a proxy in front of the app does.
 *
 * @param origin - where the app listens
 * @param server - the server that takes the requests; the connection ends with it
 */
export function overHTTP2(origin: string, server: Server): RequestListener {
  const session = connect(origin);
  server.once('close', () => session.close());
  return (req, res) => forward(session, req, res);
}

function forward(session: ClientHttp2Session, req: IncomingMessage, res: ServerResponse): void {
  const { cookie = '', host = '' } = req.headers;
  const stream = session.request({ ':path': req.url, ':method': req.method, ':authority': host, cookie });
  stream.on('response', (headers) => {
    for (const [name, value] of Object.entries(headers)) {
      if (!name.startsWith(':') && value !== undefined) res.setHeader(name, value);
    }
    res.statusCode = Number(headers[':status']);
    stream.pipe(res);
  });
  stream.on('error', () => res.destroy());
  req.pipe(stream);
}
