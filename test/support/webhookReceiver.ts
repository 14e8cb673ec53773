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
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever is sent.
  readonly event: any;
  /** The status it was answered with. */
  readonly status: number;
}

/** A backend of this machine that is told of events, and keeps what it is told. */
export interface WebhookReceiver {
  readonly url: string;
  /** Everything that came, oldest first, whatever it was answered. */
  readonly received: readonly Received[];
  /** What it took: ids and types. */
  taken(): readonly Received[];
  /** From now on answers so; `path` alone, or every path. */
  answer(status: number, path?: string): void;
  /** From now on does this with each event before it answers. */
  before(task: () => Promise<void>): void;
  /** Listens no longer: whoever calls finds nobody. */
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
    // Whoever forgets to close it is not kept waiting at the end of a run.
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
    answer(status, path = '') {
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
