import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it came over the wire. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface StubReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a vendor took to send. */
export interface Taken {
  readonly to: string;
  readonly code: string;
  /** The words; undefined where the vendor has its own. */
  readonly text?: string;
  /** By which the vendor, or the receiver of its reports, knows a repeat. */
  readonly repeatId?: string;
}

/** One vendor's documented side of the wire. */
export interface VendorWire {
  /** Checks a request field by field; throws what is not as documented. */
  read(request: Seen): Taken;
  /** The documented response to the n-th accepted message, and the id that it gives. */
  accepted(n: number, taken: Taken): StubReply & { readonly vendorId: string };
  /** The documented response to a rejected one: an error of theirs, in words that quote the message. */
  refused(status: number, code: string, quoting: Taken): StubReply;
}

/** Everything that a server may do instead of responding as documented. */
export const MISBEHAVIOURS = [
  'silence',
  'silence after the head',
  'cut',
  'half a response',
  'half a document',
  'another document',
  'a page',
  'nothing',
  'too long a response',
  'elsewhere',
  'elsewhere for good',
  '429 with a wait',
  '429 with a date',
  '500',
  '503 with a wait',
] as const;
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

/** The wait that a stub asks for, and the same as a date. */
export const WAIT_SECONDS = 7;

/** A vendor's API on this machine. */
export interface VendorStub {
  readonly url: string;
  /** Every request, oldest first. */
  readonly seen: readonly Seen[];
  /** What it accepted and responded to as documented, or would have. */
  readonly taken: readonly Taken[];
  /** Ids it gave, oldest first. */
  readonly ids: readonly string[];
  /** What was wrong about requests. */
  readonly complaints: readonly string[];
  /** Requests so far. */
  requests(): number;
  /** Requests that are under way. */
  open(): number;
  /** From now on responds like that; undefined: as documented again. */
  misbehave(how: Misbehaviour | undefined): void;
  /** Responds, as documented and late, to the requests that were met with silence. */
  release(): void;
  /** From now on refuses with an error of the vendor; undefined: no longer. */
  refuse(error: { readonly status: number; readonly code: string } | undefined): void;
  close(): Promise<void>;
}

interface Options {
  readonly wire: VendorWire;
  /** What time it is there, milliseconds. */
  readonly now: () => number;
  /** How the n-th request is misbehaved to, counted from 0, where nothing else is said. */
  readonly script?: (n: number) => Misbehaviour | undefined;
}

export async function startVendorStub({ wire, now, script }: Options): Promise<VendorStub> {
  const taken: Taken[] = [];
  const ids: string[] = [];
  const complaints: string[] = [];
  const silenced: (() => void)[] = [];
  let open = 0;
  const requests: Seen[] = [];
  let standing: Misbehaviour | undefined;
  let refusing: { readonly status: number; readonly code: string } | undefined;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    open++;
    response.once('close', () => open--);
    const seen: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: await text(request),
    };
    const n = requests.push(seen) - 1;
    let message: Taken;
    try {
      message = wire.read(seen);
    } catch (error) {
      complaints.push(error instanceof Error ? error.message : String(error));
      give(response, { status: 400, body: 'not as documented' });
      return;
    }
    if (refusing) return give(response, wire.refused(refusing.status, refusing.code, message));
    taken.push(message);
    const reply = wire.accepted(n, message);
    const how = standing ?? script?.(n);
    const take = () => {
      ids.push(reply.vendorId);
      give(response, reply);
    };
    if (how === 'silence') silenced.push(take);
    else if (how) misbehave(how, response, reply, now());
    else take();
  }

  const server: Server = createServer((request, response) => {
    // A client that went away in the middle of its request.
    serve(request, response).catch(() => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: requests,
    taken,
    ids,
    complaints,
    requests: () => requests.length,
    open: () => open,
    misbehave(how) {
      standing = how;
    },
    release() {
      for (const take of silenced.splice(0)) take();
    },
    refuse(error) {
      refusing = error;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function give(response: ServerResponse, { status, headers, body }: StubReply): void {
  response.writeHead(status, headers).end(body);
}

/** Does something else with a request than responding as documented. */
function misbehave(
  how: Exclude<Misbehaviour, 'silence'>,
  response: ServerResponse,
  reply: StubReply,
  now: number,
): void {
  const { status, headers, body } = reply;
  const instead = (given: Partial<StubReply>) => give(response, { status, body: '', ...given });
  /** The head of the whole response, and then something else. */
  const begin = () => response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  const half = body.slice(0, body.length / 2);
  const date = new Date(now + WAIT_SECONDS * 1000).toUTCString();
  const ways: Readonly<Record<Exclude<Misbehaviour, 'silence'>, () => void>> = {
    'silence after the head': () => begin().flushHeaders(),
    cut: () => response.destroy(),
    'half a response': () => void begin().write(half, () => response.destroy()),
    'half a document': () => instead({ ...reply, body: half }),
    'another document': () =>
      instead({ headers: { 'content-type': 'application/json' }, body: '[{"a": 1}]' }),
    'a page': () => instead({ headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' }),
    nothing: () => instead({ status: 200 }),
    // It would do, if it were read to its end.
    'too long a response': () =>
      instead({ ...reply, body: `${body.slice(0, -1)}${' '.repeat(100_000)}${body.slice(-1)}` }),
    elsewhere: () => instead({ status: 307, headers: { location: '/elsewhere' } }),
    'elsewhere for good': () => instead({ status: 301, headers: { location: '/elsewhere' } }),
    '429 with a wait': () => instead({ status: 429, headers: { 'retry-after': `${WAIT_SECONDS}` } }),
    '429 with a date': () => instead({ status: 429, headers: { 'retry-after': date } }),
    '500': () => instead({ status: 500, body: '<html>Internal Server Error</html>' }),
    '503 with a wait': () => instead({ status: 503, headers: { 'retry-after': `${WAIT_SECONDS}` } }),
  };
  ways[how]();
}
