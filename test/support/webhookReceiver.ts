import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';

/** An event as it came in. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field that is sent.
  readonly event: any;
  /** The status of the response. */
  readonly status: number;
}

/** A backend of this machine that receives events and keeps them. */
export interface WebhookReceiver {
  readonly url: string;
  /** Everything received, oldest first, with any response. */
  readonly received: readonly Received[];
  /** What it took: ids and types. */
  taken(): readonly Received[];
  /** Responds with this status from now on; on `path` alone, or on every path. */
  respond(status: number, path?: string): void;
  /** From now on does this with each event before it responds. */
  before(task: () => Promise<void>): void;
  /** Stops listening: connections are refused. */
  goDown(): Promise<void>;
  /** Listens again where it did. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const statuses = new Map<string, number>();
  let before = async () => {};
  let server: Server;

  async function listen(port: number): Promise<number> {
    server = createServer(async (req, res) => {
      const body = await text(req);
      const path = req.url ?? '';
      const status = statuses.get(path) ?? statuses.get('') ?? 204;
      const headers = req.headers as Record<string, string>;
      const id = headers['webhook-id'] ?? '';
      received.push({ path, headers, body, id, event: JSON.parse(body), status });
      await before();
      res.writeHead(status).end();
    });
    // A test that forgets to close it does not delay the end of a run.
    server.unref();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    taken: () => received.filter(({ status }) => status < 300),
    respond(status, path = '') {
      if (path === '') statuses.clear();
      statuses.set(path, status);
    },
    before(task) {
      before = task;
    },
    goDown: close,
    async comeBack() {
      await listen(port);
    },
    close,
  };
}

/** What the published library makes of it, at the time that the sender says it is. Throws where it is not signed with the secret. */
export function verified(secret: string, { headers, body }: Pick<Received, 'headers' | 'body'>): unknown {
  // The library reads the machine's clock.
  vi.useFakeTimers({ toFake: ['Date'], now: Number(headers['webhook-timestamp']) * 1_000 });
  try {
    return new Webhook(secret).verify(body, { ...headers });
  } finally {
    vi.useRealTimers();
  }
}
