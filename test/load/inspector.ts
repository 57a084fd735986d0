import { WebSocket } from 'undici';

/** Looks into the heap of a process that runs with `--inspect`. */
export interface Inspector {
  /** The bytes in use after a full garbage collection. */
  liveHeap(): Promise<number>;
  close(): void;
}

/**
 * @param url - what Node.js says that its debugger listens on: `ws://…`
 *
 * Source: Chrome DevTools Protocol, `HeapProfiler.collectGarbage`, `Runtime.getHeapUsage`.
 */
export async function inspect(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  const pending = new Map<number, Pending>();
  const failed = () => new Error('The inspector of the example does not answer');
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(failed());
  });
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
    pending.get(id)?.resolve(result);
    pending.delete(id);
  };
  socket.onclose = () => {
    for (const { reject } of pending.values()) reject(failed());
  };

  let lastId = 0;
  const call = (method: string) =>
    new Promise<unknown>((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) return reject(failed());
      pending.set(++lastId, { resolve, reject });
      socket.send(JSON.stringify({ id: lastId, method }));
    });
  return {
    async liveHeap() {
      await call('HeapProfiler.collectGarbage');
      return ((await call('Runtime.getHeapUsage')) as { usedSize: number }).usedSize;
    },
    close: () => socket.close(),
  };
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}
