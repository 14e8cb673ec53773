import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The service of one subject that messages are delivered to. */
export interface Receiver {
  readonly url: string;
  /** Resolves once so many messages have come since the last call. */
  received(count: number): Promise<void>;
  close(): void;
}

/** Accepts every message at once. */
export async function startReceiver(): Promise<Receiver> {
  let seen = 0;
  let wanted = 0;
  let reached = () => {};
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"id":"m${seen}"}`);
      if (++seen >= wanted) reached();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`,
    async received(count) {
      wanted = count;
      if (seen < wanted) await new Promise<void>((resolve) => (reached = resolve));
      seen -= count;
      wanted = Number.POSITIVE_INFINITY;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
