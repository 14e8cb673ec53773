import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be broken and mended. */
export interface TcpProxy {
  readonly port: number;
  /** Ends every connection and every new one at once, as a server does that went away. */
  cut(): void;
  /** Keeps connections open and lets nothing through, as a network does that loses packets. */
  stall(): void;
  mend(): void;
  close(): Promise<void>;
}

type Mode = 'open' | 'cut' | 'stalled';

export async function startTcpProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  let mode: Mode = 'open';
  const pairs = new Set<readonly [Socket, Socket]>();

  const server = createServer((client) => {
    client.on('error', () => {});
    if (mode === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(target).on('error', () => {});
    const pair = [client, upstream] as const;
    pairs.add(pair);
    join(client, upstream);
    join(upstream, client);
    const end = () => {
      client.destroy();
      upstream.destroy();
      pairs.delete(pair);
    };
    client.once('close', end);
    upstream.once('close', end);
  });

  /** What arrives while stalled is lost with its connection: mending does not deliver it late. */
  function join(from: Socket, to: Socket): void {
    let lost = false;
    from.on('data', (data) => {
      lost ||= mode === 'stalled';
      if (!lost) to.write(data);
    });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = () => {
    for (const [client] of pairs) client.destroy();
  };
  return {
    port: (server.address() as { readonly port: number }).port,
    cut() {
      mode = 'cut';
      end();
    },
    stall() {
      mode = 'stalled';
    },
    mend() {
      mode = 'open';
    },
    async close() {
      end();
      server.close();
      await once(server, 'close');
    },
  };
}
