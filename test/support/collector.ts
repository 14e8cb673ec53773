import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A span as it came over the wire. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Whether it ended in a fault, and in which. */
  readonly fault: string | undefined;
  /** Whose spans they are: service.name and the like. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** How a collector takes what it is sent: well, with a status of refusal, or not at all. */
export type Manner = 'well' | 'silence' | number;

/** A collector of this machine that takes traces by OTLP over HTTP in JSON (https://opentelemetry.io/docs/specs/otlp/). */
export interface Collector {
  readonly url: string;
  /** What was taken, in the order in which it came. */
  spans(): readonly CollectedSpan[];
  /** Every request with any outcome: its path, headers and raw body. */
  readonly requests: readonly {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }[];
  behave(manner: Manner): void;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  let manner: Manner = 'well';
  const server = createServer(async (req, res) => {
    const body = await text(req).catch(() => undefined);
    if (body === undefined) return;
    requests.push({ path: req.url ?? '', headers: req.headers, body });
    if (manner === 'silence') return;
    if (manner === 'well') spans.push(...spansIn(JSON.parse(body)));
    res.writeHead(manner === 'well' ? 200 : manner, { 'content-type': 'application/json' });
    res.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => spans,
    requests,
    behave(next) {
      manner = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Pairs = readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Pairs };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Pick<
        CollectedSpan,
        'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'kind'
      > & {
        readonly attributes: Pairs;
        readonly status: { readonly code: number; readonly message?: string };
      })[];
    }[];
  }[];
}

const spansIn = ({ resourceSpans }: Sent): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, kind, attributes, status }) => ({
        traceId,
        spanId,
        parentSpanId: parentSpanId || undefined,
        name,
        kind,
        attributes: valuesOf(attributes),
        fault: status.code === 2 ? (status.message ?? '') : undefined,
        resource: valuesOf(resource.attributes),
      })),
    ),
  );

/** A value stands under the name of its type. */
const valuesOf = (pairs: Pairs): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
