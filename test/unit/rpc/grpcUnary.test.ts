import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { gunzipSync, gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  GetSessionRequestSchema,
  ListSessionsRequestSchema,
  ListSessionsResponseSchema,
  OtpService,
  SendRequestSchema,
  SendResponseSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import { readMaxOf } from '../../../server/rpc/sizes.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const service = serviceForSuite();
let client: ClientHttp2Session;
let sessionId: string;

beforeAll(async () => {
  client = connect(service.baseUrl);
  const recipients = { sms: '+573001234567' };
  const sent = await plain(
    'Send',
    toBinary(SendRequestSchema, create(SendRequestSchema, { recipients, sandbox: true })),
  );
  sessionId = fromBinary(SendResponseSchema, sent.body.subarray(5)).session!.id;
});
afterAll(() => client.close());

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Headers = Readonly<Record<string, string>>;

function post(method: string, body: Uint8Array, headers: Headers): Promise<Received> {
  return new Promise((resolve, reject) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': `/otp.v1.OtpService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${service.liveKey}`,
      'x-request-id': 'the-same',
      // Without it Connect compresses as the request is compressed.
      'grpc-accept-encoding': 'identity',
      ...headers,
    });
    const chunks: Buffer[] = [];
    let received: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', ({ date: _date, ...rest }) => {
      received = rest;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      resolve({ headers: { ...received }, trailers: { ...trailers }, body: Buffer.concat(chunks) }),
    );
    stream.on('error', reject);
    stream.end(body);
  });
}

function withPrefix(flags: number, message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** A plain request, which the service handles itself. */
const plain = (method: string, message: Uint8Array, headers: Headers = {}) =>
  post(method, withPrefix(0, message), headers);

/** The same request, compressed: Connect's own handler handles it. */
const throughConnect = (method: string, message: Uint8Array, headers: Headers = {}) =>
  post(method, withPrefix(1, gzipSync(message)), { 'grpc-encoding': 'gzip', ...headers });

const getSession = (id: string) =>
  toBinary(GetSessionRequestSchema, create(GetSessionRequestSchema, { sessionId: id }));
const UNKNOWN = '0194a000-0000-7000-8000-000000000000';

describe('a plain gRPC request gets the same response as from Connect', () => {
  it.each<[string, string, () => Uint8Array, Headers]>([
    ['a read', 'GetSession', () => getSession(sessionId), {}],
    [
      'a read with the name of the encoding',
      'GetSession',
      () => getSession(sessionId),
      { 'content-type': 'application/grpc+proto' },
    ],
    ['a deadline', 'GetSession', () => getSession(sessionId), { 'grpc-timeout': '5S' }],
    ['a deadline that has passed', 'ListSessions', () => new Uint8Array(), { 'grpc-timeout': '0n' }],
    ['a deadline that cannot be read', 'GetSession', () => getSession(sessionId), { 'grpc-timeout': 'soon' }],
    [
      'a deadline that is too far',
      'GetSession',
      () => getSession(sessionId),
      { 'grpc-timeout': '99999999H' },
    ],
    ['an unknown session', 'GetSession', () => getSession(UNKNOWN), {}],
    ['an empty message', 'GetSession', () => new Uint8Array(), {}],
    ['a message that cannot be decoded', 'GetSession', () => Buffer.from([0x0a, 0x7f, 0x01]), {}],
    ['an invalid field', 'GetSession', () => getSession('a, b: "ü"'), {}],
    ['no credential', 'GetSession', () => getSession(sessionId), { authorization: '' }],
    [
      'a wrong credential',
      'GetSession',
      () => getSession(sessionId),
      { authorization: 'Bearer sk_otp_live_wrong' },
    ],
    [
      'an id that is not safe to log',
      'GetSession',
      () => getSession(sessionId),
      { 'x-request-id': 'the-same' },
    ],
  ])('%s', async (_title, method, message, headers) => {
    const received = await plain(method, message(), headers);
    expect(received).toEqual(await throughConnect(method, message(), headers));
    expect(received.trailers['grpc-status']).toMatch(/^\d+$/);
    expect(received.headers['x-request-id']).toBe('the-same');
  });

  it.each<[string, () => Buffer]>([
    ['no message', () => Buffer.alloc(0)],
    ['half a message', () => withPrefix(0, getSession(sessionId)).subarray(0, 20)],
    [
      'two messages',
      () => Buffer.concat([withPrefix(0, getSession(sessionId)), withPrefix(0, getSession(sessionId))]),
    ],
    ['unknown flags', () => withPrefix(0x40, getSession(sessionId))],
  ])('%s', async (_title, body) => {
    const received = await post('GetSession', body(), {});
    expect(received).toEqual(await post('GetSession', body(), { 'grpc-encoding': 'gzip' }));
    expect(received.trailers['grpc-status']).toMatch(/^\d+$/);
  });
});

describe('a plain gRPC request', () => {
  it('whose message is compressed without a word about it is refused', async () => {
    const received = await post('GetSession', withPrefix(1, gzipSync(getSession(sessionId))), {});
    expect(received.trailers['grpc-status']).toBe('13');
  });

  it('of the largest size is read, and one byte more is refused', async () => {
    const most = readMaxOf(OtpService.method.getSession);
    // A field that the contract does not have, so that the message is as long as wanted.
    const ofLength = (length: number) => {
      const head = getSession(sessionId);
      const tag = Buffer.from([0xfa, 0x07]);
      const filler = length - head.length - tag.length;
      for (let digits = 1; ; digits++) {
        const size = filler - digits;
        const varint: number[] = [];
        for (let rest = size; varint.push(rest > 127 ? (rest & 127) | 128 : rest) && rest > 127; )
          rest >>>= 7;
        if (varint.length === digits)
          return Buffer.concat([head, tag, Buffer.from(varint), Buffer.alloc(size)]);
      }
    };
    expect(ofLength(most)).toHaveLength(most);
    expect((await plain('GetSession', ofLength(most))).trailers['grpc-status']).toBe('0');
    const refused = await plain('GetSession', ofLength(most + 1));
    expect(refused.trailers['grpc-status']).toBe('8');
    expect(refused).toEqual(await throughConnect('GetSession', ofLength(most + 1)));
  });

  it('gets a large response compressed, where its caller accepts that', async () => {
    for (let n = 0; n < 60; n++) {
      const recipients = { sms: `+5730055500${String(n).padStart(2, '0')}` };
      await plain(
        'Send',
        toBinary(SendRequestSchema, create(SendRequestSchema, { recipients, sandbox: true })),
      );
    }
    const list = toBinary(ListSessionsRequestSchema, create(ListSessionsRequestSchema, { pageSize: 60 }));
    const whole = await plain('ListSessions', list);
    expect(whole.headers['grpc-encoding']).toBeUndefined();
    const packed = await plain('ListSessions', list, { 'grpc-accept-encoding': 'identity,deflate,gzip' });
    expect(packed.headers['grpc-encoding']).toBe('gzip');
    expect(packed.body[0]).toBe(1);
    expect(packed.body.readUInt32BE(1)).toBe(packed.body.length - 5);
    expect(packed.body.length).toBeLessThan(whole.body.length);
    const read = (bytes: Uint8Array) =>
      fromBinary(ListSessionsResponseSchema, bytes).sessions.map(({ id }) => id);
    expect(read(gunzipSync(packed.body.subarray(5)))).toEqual(read(whole.body.subarray(5)));
  });
});
