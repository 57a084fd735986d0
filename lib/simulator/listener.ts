import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of the simulator's own, which can be started again once it was closed. */
export class Listener {
  #server: Server | undefined;
  #origin: string | undefined;

  /** Such as `http://127.0.0.1:49152`, while it listens. */
  get origin(): string | undefined {
    return this.#origin;
  }

  listen(handler: RequestListener, port: number, host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#server) return reject(new Error('The simulator already listens'));
      const server = createServer(handler);
      this.#server = server;
      server.once('error', (error) => {
        this.#server = undefined;
        reject(error);
      });
      server.listen(port, host, () => {
        const origin = `http://${urlHost(host)}:${(server.address() as AddressInfo).port}`;
        this.#origin = origin;
        resolve(origin);
      });
    });
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#origin = undefined;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
