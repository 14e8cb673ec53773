import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { DescMethod } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { beforeAll, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { multichannelApi, opened } from '../promises/support/multichannelApi.js';
import { hammer } from '../support/hammer.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { contractServices } from '../support/services.js';
import { newKey } from '../support/tenant.js';
import { type Chooser, chooser } from './support/chooser.js';
import { floodOfCalls } from './support/flood.js';
import { corrupted } from './support/junk.js';
import { encodedRequest } from './support/messages.js';
import type { Known } from './support/shaped.js';

const SEED = 'fuzz gRPC';
const REQUESTS = 3_000;
const AT_ONCE = 24;
const HANG_MS = 20_000;

const service = serviceForSuite();
let methods: DescMethod[];
beforeAll(async () => {
  methods = (await contractServices())
    .flatMap((one) => one.methods)
    .filter(({ methodKind }) => methodKind === 'unary');
});

it(`${REQUESTS} random calls over gRPC get a status that says what is wrong`, async () => {
  const { known, credentials } = await floodOfCalls(service);
  const next = callMaker(known, credentials);
  const session = connect(service.baseUrl);
  session.on('error', () => {});
  const codes = new Map<string, number>();
  const wrong = await hammer(REQUESTS, AT_ONCE, async (index) => {
    const call = next();
    try {
      const response = await responseTo(session, call);
      const code = response.headers.get('grpc-status') ?? 'none';
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const fault = faultOf(response);
      const said = [...response.headers].map((field) => field.join(': ')).join('; ');
      return fault && `#${index} ${fault}\n${shown(call)}\n→ ${response.status} ${said.slice(0, 600)}`;
    } catch (error) {
      return `#${index} ${error}\n${shown(call)}`;
    }
  });
  session.close();
  const counts = [...codes]
    .map(([code, count]) => `${code === '0' ? 'OK' : (Code[Number(code)] ?? code)} ${count}`)
    .join(', ');
  process.stdout.write(`gRPC, ${methods.length} methods, ${REQUESTS} calls, seed "${SEED}": ${counts}\n`);
  expect(wrong).toEqual([]);
  expect(codes.get('0')).toBeGreaterThan(REQUESTS / 50);
  expect((await fetch(`${service.baseUrl}/readyz`)).status).toBe(200);
  const after = multichannelApi(service.baseUrl, await newKey(service, 'after'));
  const { token, codes: sent } = await opened(service, after);
  expect((await after.verify({ token, otps: sent })).body.session_verified).toBe(true);
  const faults = service
    .logged()
    .split('\n')
    .filter((line) => /"level":(50|60)/.test(line));
  expect(faults).toEqual([]);
}, 120_000);

interface RawCall {
  /** A stream of responses, which would go on: the first is enough. */
  readonly streams: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface RawResponse {
  readonly status: number;
  /** Header and trailer. */
  readonly headers: Headers;
  /** Hung up on after the first message. */
  readonly cut: boolean;
}

function responseTo(session: ClientHttp2Session, { streams, headers, body }: RawCall): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    stream.setTimeout(HANG_MS, () => stream.destroy(new Error('no response arrived')));
    const received = new Headers();
    let status = 0;
    const note = (fields: IncomingHttpHeaders) => {
      status ||= Number(fields[':status']);
      for (const [name, value] of Object.entries(fields))
        if (!name.startsWith(':')) received.set(name, String(value));
    };
    let cut = false;
    stream.on('response', note).on('trailers', note).on('error', reject);
    stream.on('data', () => {
      if (!streams) return;
      cut = true;
      stream.close();
    });
    stream.on('close', () => resolve({ status, headers: received, cut }));
    stream.end(body);
  });
}

function callMaker(known: Known, credentials: readonly string[]): () => RawCall {
  const choose = chooser(SEED);
  return () => {
    const method = choose.pick(methods);
    const path = `/${method.parent.typeName}/${method.name}`;
    const credential = choose.chance(95) ? choose.pick(credentials) : choose.pick(['x', 'eyJ', 'é']);
    return {
      streams: method.methodKind !== 'unary',
      headers: {
        ':method': 'POST',
        ':path': choose.chance(97) ? path : choose.pick([`${path}x`, `/${path}`, '/otp.v1.Nope/Send', '/']),
        'content-type': choose.chance(96) ? 'application/grpc' : choose.pick(TYPES),
        te: 'trailers',
        ...(choose.chance(97) && { authorization: `Bearer ${credential}` }),
        ...(choose.chance(15) && choose.pick(METADATA)),
      },
      body: framed(encodedRequest(method, known, choose), choose),
    };
  };
}

/** A message in its frame, either of which may be broken. */
function framed(message: Buffer, choose: Chooser): Buffer {
  const frame = (content: Buffer, flags = 0, length = content.length) => {
    const head = Buffer.alloc(5);
    head[0] = flags;
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, content]);
  };
  return choose.weighted<Buffer>([
    [8, () => frame(message)],
    [8, () => frame(corrupted(message, choose))],
    [4, () => frame(choose.bytes(choose.int(60)))],
    [1, () => frame(message, 1)],
    [1, () => frame(message, choose.int(256))],
    [1, () => frame(message, 0, message.length + 1)],
    [1, () => frame(message, 0, Math.max(0, message.length - 1))],
    [1, () => frame(message, 0, 0xffff_ffff)],
    [1, () => Buffer.concat([frame(message), frame(message)])],
    [1, () => frame(message).subarray(0, 3)],
    [1, () => Buffer.alloc(0)],
    // A field of 70,000 bytes that no message has, and groups nested deep.
    [1, () => frame(Buffer.concat([Buffer.from([0xfa, 0x3f, 0xf0, 0xa2, 0x04]), Buffer.alloc(70_000)]))],
    [1, () => frame(Buffer.alloc(2_000, 0x0b))],
  ]);
}

const TYPES = [
  'application/grpc+proto',
  'application/grpc+json',
  'application/grpc+xml',
  'application/json',
  'x',
];

const METADATA: readonly Record<string, string>[] = [
  { 'grpc-timeout': '1n' },
  { 'grpc-timeout': '2H' },
  { 'grpc-timeout': '999999999S' },
  { 'grpc-timeout': 'soon' },
  { 'grpc-encoding': 'gzip' },
  { 'grpc-encoding': 'snappy' },
  { 'grpc-accept-encoding': 'nothing' },
  { 'x-bin': '%%%' },
  { 'grpc-trace-bin': '!' },
  { 'x-request-id': 'x'.repeat(200) },
  { 'user-agent': 'x'.repeat(2_000) },
];

/** Statuses that blame the service. */
const FAULTS: ReadonlySet<Code> = new Set([Code.Unknown, Code.Internal, Code.Unavailable, Code.DataLoss]);

function faultOf({ status, headers, cut }: RawResponse): string | undefined {
  if (cut) return undefined;
  // No gRPC: refused by the router, for its media type, or as the JSON that it said it was.
  if (status === 404 || status === 415) return undefined;
  if (headers.get('content-type') === 'application/json') return status < 500 ? undefined : 'a fault';
  if (status !== 200 || !headers.has('grpc-status')) return 'no status of gRPC';
  const error = findTrailerError(headers);
  if (!error) return undefined;
  // INTERNAL is what gRPC itself wants said of this (doc/compression.md, "Compressed-Flag").
  if (error.rawMessage.startsWith('received compressed envelope')) return undefined;
  if (FAULTS.has(error.code)) return 'a fault';
  if (/\bat .+\.[jt]s:\d+|node_modules|TypeError|RangeError/.test(error.rawMessage)) return 'internal text';
  const { reason } = readError(error);
  // What gRPC itself says: a deadline, an encoding that is not known, a method that is not there.
  const ofGrpc = [Code.DeadlineExceeded, Code.Unimplemented, Code.ResourceExhausted].includes(error.code);
  return reason || ofGrpc ? undefined : 'without a reason';
}

const shown = ({ headers, body }: RawCall): string =>
  `${JSON.stringify(headers).slice(0, 400)}\n${body.subarray(0, 200).toString('hex')} (${body.length})`;
