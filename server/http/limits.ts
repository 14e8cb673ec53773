import { MINUTE_MS } from '../platform/durations.js';

interface Limit {
  readonly default: number;
  readonly unit: 'ms' | 'bytes' | 'count';
  readonly why: string;
}

const ms = (value: number, why: string): Limit => ({ default: value, unit: 'ms', why });
const bytes = (value: number, why: string): Limit => ({ default: value, unit: 'bytes', why });
const count = (value: number, why: string): Limit => ({ default: value, unit: 'count', why });

/** Every bound on what a peer may take from the listener: its default, its unit and the reason for it. */
export const LIMITS = {
  firstBytesMs: ms(
    10_000,
    'Time to the first byte of a connection, TLS handshake included. An idle connection costs a file descriptor.',
  ),
  headersMs: ms(
    15_000,
    'Time to a complete request header. On HTTP/2: time to SETTINGS and the acknowledgement of ours.',
  ),
  requestMs: ms(
    30_000,
    'Time to a complete request, from its first byte. Bounds slow and unfinished bodies.',
  ),
  keepAliveMs: ms(
    72_000,
    'HTTP/1.1 keep-alive between requests. Longer than the 60 s of common load balancers, so that they close first.',
  ),
  sessionIdleMs: ms(300_000, 'HTTP/2 connection without a stream. PING does not count as use.'),
  stallMs: ms(MINUTE_MS, 'A peer reads none of a response that is ready and occupies memory here.'),
  lingerMs: ms(2_000, 'Time a peer has to read the last response and close the connection.'),
  sweepMs: ms(1_000, 'How often the time limits are checked, so each can be late by this much.'),
  tcpKeepAliveMs: ms(30_000, 'Silence before TCP keep-alive probes the peer. Finds dead streams.'),
  readinessMs: ms(1_000, 'How long /readyz waits for the store before it returns 503.'),
  headerBytes: bytes(16_384, 'One request header, names and values. Enough for a token and tracing.'),
  headerCount: count(100, 'Header fields of one request; each occupies far more memory than its bytes.'),
  bodyBytes: bytes(65_536, 'The body of a plain HTTP request; the largest legitimate one is a few KiB.'),
  batchBytes: bytes(
    3_145_728,
    'The body of a WhatsApp delivery receipt: a batch has up to 3 MB. Accepted on that route only.',
  ),
  bodyDepth: count(
    100,
    'Nesting of a JSON body. Deeper recursion exhausts the stack; Connect has the same limit.',
  ),
  requestsAtOnce: count(
    100,
    'Requests in flight on one connection: HTTP/2 streams, or pipelined HTTP/1.1 requests.',
  ),
  connections: count(
    10_000,
    'Open connections. Beyond it the longest silent or idle one is closed; busy ones are kept.',
  ),
  connectionsPerPeer: count(
    1_000,
    'Open connections of one IPv4 address or IPv6 /64. Trusted proxies are exempt, because they carry many clients.',
  ),
  resets: count(200, 'Streams one HTTP/2 connection may open and reset within the reset window.'),
  resetWindowMs: ms(10_000, 'Window of resets. A reset stream costs work and frees its slot at once.'),
  invalidFrames: count(100, 'Invalid HTTP/2 frames before the connection is closed.'),
} as const satisfies Record<string, Limit>;

/** The limits in force, in the units of the table. */
export type HttpLimits = { readonly [Name in keyof typeof LIMITS]: number };

/** The defaults, with some replaced. */
export function httpLimits(changes: Partial<HttpLimits> = {}): HttpLimits {
  const defaults = Object.fromEntries(Object.entries(LIMITS).map(([name, limit]) => [name, limit.default]));
  return { ...(defaults as HttpLimits), ...changes };
}

/** The limits of one of `processes` that have a port together: connections reach each in turn. */
export const shareLimits = (limits: HttpLimits, processes: number): HttpLimits => ({
  ...limits,
  connections: Math.ceil(limits.connections / processes),
  connectionsPerPeer: Math.ceil(limits.connectionsPerPeer / processes),
});
