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
    'A connection says nothing, or does not finish its TLS handshake: it costs a descriptor.',
  ),
  headersMs: ms(15_000, 'A header sent drop by drop. On HTTP/2: SETTINGS, and taking note of ours.'),
  requestMs: ms(
    30_000,
    'A body sent drop by drop, or half sent. Counted from the first byte of the request.',
  ),
  keepAliveMs: ms(
    72_000,
    'HTTP/1.1 between requests. Longer than the 60 s after which common load balancers let go, so they close first.',
  ),
  sessionIdleMs: ms(300_000, 'HTTP/2 without a stream. PING does not count as use.'),
  stallMs: ms(MINUTE_MS, 'An answer is ready and the peer reads none of it, which holds its memory here.'),
  lingerMs: ms(2_000, 'After the last word a peer has this long to read it and hang up.'),
  sweepMs: ms(1_000, 'How often the time limits are looked at, so each may be late by this much.'),
  tcpKeepAliveMs: ms(30_000, 'Silence before TCP asks whether a peer still exists; finds dead watchers.'),
  readinessMs: ms(1_000, 'How long /readyz waits for the store before it answers 503.'),
  headerBytes: bytes(16_384, 'One request header, names and values. Enough for a token and tracing.'),
  headerCount: count(100, 'Header fields of one request; each costs far more memory than its bytes.'),
  bodyBytes: bytes(65_536, 'The body of a plain HTTP request; the largest legitimate one is a few KiB.'),
  batchBytes: bytes(
    3_145_728,
    'The body of a WhatsApp status callback: a batch of them has up to 3 MB. Taken only where one is expected.',
  ),
  bodyDepth: count(
    100,
    'Objects and lists inside each other in a JSON body. Whatever walks deeper runs out of stack; Connect stops here too.',
  ),
  requestsAtOnce: count(
    100,
    'Requests under way on one connection: HTTP/2 streams, or pipelined HTTP/1.1 requests.',
  ),
  connections: count(
    10_000,
    'Open connections. Past it the longest silent or idle one makes room; busy ones are never cut.',
  ),
  connectionsPerPeer: count(
    1_000,
    'Open connections of one IPv4 address or IPv6 /64. Trusted proxies are exempt: they speak for many.',
  ),
  resets: count(200, 'Streams one HTTP/2 connection may open and take back within resetWindowMs.'),
  resetWindowMs: ms(10_000, 'See resets. A reset stream costs work and frees its place at once.'),
  invalidFrames: count(100, 'HTTP/2 frames against the protocol before the connection ends.'),
} as const satisfies Record<string, Limit>;

/** The limits in force, in the units of the table. */
export type HttpLimits = { readonly [Name in keyof typeof LIMITS]: number };

/** The defaults, with some replaced. */
export function httpLimits(changes: Partial<HttpLimits> = {}): HttpLimits {
  const defaults = Object.fromEntries(Object.entries(LIMITS).map(([name, limit]) => [name, limit.default]));
  return { ...(defaults as HttpLimits), ...changes };
}
