import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

interface Times {
  /** How long the provider takes for a message, milliseconds. */
  readonly providerMs: number;
  /** How long a slow endpoint takes for an event, milliseconds. */
  readonly endpointMs: number;
}

/** A delivery provider and webhook endpoints that take their time, in this process. */
export interface Backends {
  /** `/provider`, `/slow/…` and `/quick`. */
  readonly url: string;
  /** When the next request for this recipient, or path, arrives: on the clock of performance.now(). */
  arrival(of: string): Promise<number>;
  close(): Promise<void>;
}

export async function startBackends({ providerMs, endpointMs }: Times): Promise<Backends> {
  const awaited = new Map<string, (at: number) => void>();
  const server = createServer(async (req, res) => {
    const at = performance.now();
    const path = req.url ?? '';
    const body = await text(req);
    const of = path === '/provider' ? (JSON.parse(body) as { to: string }).to : path;
    awaited.get(of)?.(at);
    awaited.delete(of);
    if (path === '/provider') await pause(providerMs);
    else if (path.startsWith('/slow/')) await pause(endpointMs);
    res.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrival: (of) => new Promise((resolve) => awaited.set(of, resolve)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
