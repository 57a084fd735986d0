import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';

/** A server of one test. */
export interface Serving {
  origin: string;
  port: number;
  /** The sockets that were opened, the first one first. */
  sockets: Socket[];
  close(): Promise<void>;
}

const running: Serving[] = [];

/** Starts an HTTP server on a port of its own; {@link closeAll} stops it. */
export function serve(listener: RequestListener, options: ServerOptions = {}): Promise<Serving> {
  return listen(createServer(options, listener));
}

/** Starts a server of any kind on a port of its own; {@link closeAll} stops it. */
export async function listen(server: NetServer, protocol = 'http'): Promise<Serving> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const serving: Serving = {
    origin: `${protocol}://127.0.0.1:${port}`,
    port,
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  running.push(serving);
  return serving;
}

/** Stops every server that was started here. */
export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((serving) => serving.close()));
}
