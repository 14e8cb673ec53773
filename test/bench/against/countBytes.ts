import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';

/** A way to MongoDB that counts what passes. */
export interface ByteCounter {
  readonly uri: string;
  counts(): { readonly up: number; readonly down: number };
  close(): Promise<void>;
}

/** Takes a connection string with one host. */
export async function countBytes(uri: string): Promise<ByteCounter> {
  const target = new URL(uri);
  let up = 0;
  let down = 0;
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 27_017), noDelay: true });
    client.setNoDelay(true);
    client.on('data', (bytes) => {
      up += bytes.length;
    });
    upstream.on('data', (bytes) => {
      down += bytes.length;
    });
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(uri);
  own.hostname = '127.0.0.1';
  own.port = `${(server.address() as AddressInfo).port}`;
  own.searchParams.set('directConnection', 'true');
  return {
    uri: own.href,
    counts: () => ({ up, down }),
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}
