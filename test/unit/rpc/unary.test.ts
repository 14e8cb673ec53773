import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import { GetSessionRequestSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';

const service = serviceForSuite();
let sessionId: string;

beforeAll(async () => {
  const { body } = await plain('Send', {
    recipients: { sms: '+573001234567' },
    metadata: { a: 1 },
    sandbox: true,
  });
  sessionId = JSON.parse(body).session.id;
});

interface Received {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function post(method: string, message: Uint8Array, headers: Record<string, string>): Promise<Received> {
  const response = await fetch(`${service.baseUrl}/otp.v1.OtpService/${method}`, {
    method: 'POST',
    body: Buffer.from(message),
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${service.liveKey}`,
      'x-request-id': 'the-same',
      'accept-encoding': 'identity',
      ...headers,
    },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: bytes.toString('latin1'),
  };
}

/** A plain request, which the service handles itself. */
const plain = (method: string, message: object, headers: Record<string, string> = {}) =>
  post(method, Buffer.from(JSON.stringify(message)), headers);

/** The same request, compressed: Connect's own handler handles it. */
const throughConnect = (method: string, message: Uint8Array, headers: Record<string, string> = {}) =>
  post(method, gzipSync(message), { ...headers, 'content-encoding': 'gzip' });

describe('a plain unary request gets the same response as from Connect', () => {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  const binary = { 'content-type': 'application/proto' };
  const getSession = () => toBinary(GetSessionRequestSchema, create(GetSessionRequestSchema, { sessionId }));

  it.each<[string, string, () => Uint8Array, Record<string, string>]>([
    ['a read', 'GetSession', () => json({ sessionId }), {}],
    [
      'a read with the character set',
      'GetSession',
      () => json({ sessionId }),
      { 'content-type': 'application/json; charset=utf-8' },
    ],
    ['a binary read', 'GetSession', getSession, binary],
    ['a deadline', 'GetSession', () => json({ sessionId }), { 'connect-timeout-ms': '5000' }],
    ['a deadline that has passed', 'ListSessions', () => json({}), { 'connect-timeout-ms': '0' }],
    ['an unknown field', 'GetSession', () => json({ sessionId, aFieldOfTheFuture: [1] }), {}],
    [
      'an unknown session',
      'GetSession',
      () => json({ sessionId: '0194a000-0000-7000-8000-000000000000' }),
      {},
    ],
    ['an unknown session, binary', 'GetSession', () => new Uint8Array(), binary],
    ['a value of the wrong type', 'GetSession', () => json({ sessionId: 7 }), {}],
    ['text that is not JSON', 'GetSession', () => Buffer.from('{"sessionId": '), {}],
    ['bytes that are not a message', 'GetSession', () => Buffer.from([0x0a, 0x20, 0x41]), binary],
    ['text that is not UTF-8', 'GetSession', () => Buffer.from([0x0a, 0x01, 0xff]), binary],
    ['an unknown name of an enum', 'ListSessions', () => json({ channel: 'CHANNEL_FAX' }), {}],
    ['a rule of the contract', 'ListSessions', () => json({ pageSize: 101 }), {}],
    [
      'a wrong credential',
      'GetSession',
      () => json({ sessionId }),
      { authorization: 'Bearer sk_otp_live_nothing' },
    ],
    ['another scheme', 'GetSession', () => json({ sessionId }), { authorization: 'Basic c2s6' }],
    [
      'the key in its own header',
      'GetSession',
      () => json({ sessionId }),
      { authorization: '', 'x-api-key': 'no' },
    ],
    ['a wrong code', 'Verify', () => json({ sessionId, code: '0' }), {}],
    ['an origin', 'GetSession', () => json({ sessionId }), { origin: 'https://app.example' }],
  ])('%s', async (_what, method, message, headers) => {
    const [direct, connects] = [
      await post(method, message(), headers),
      await throughConnect(method, message(), headers),
    ];
    const comparable = ({ status, headers: { date: _now, ...rest }, body }: Received) => ({
      status,
      headers: rest,
      // Each of the two wrong codes is one attempt.
      body: body.replace(/"attempts_remaining":"\d"/, '').replace(/"value":"[^"]*"/, ''),
    });
    expect(comparable(direct)).toEqual(comparable(connects));
  });
});

it('a plain unary request is logged like any other Connect call', async () => {
  await plain('GetSession', { sessionId }, { 'x-request-id': 'in-the-log' });
  const lines = service
    .logged()
    .split('\n')
    .filter((line) => line.includes('"in-the-log"'));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      method: 'GetSession',
      transport: 'connect',
      session: sessionId,
      peer: '127.0.0.1',
      reason: 'OK',
    }),
  ]);
});

it('a deadline that is not a number is left to Connect, which refuses it', async () => {
  const { status } = await plain('GetSession', { sessionId }, { 'connect-timeout-ms': 'soon' });
  expect(status).toBe(400);
});

it('a long response is compressed for clients that accept it, a short one is not', async () => {
  const accepting = { 'accept-encoding': 'br, gzip' };
  for (let i = 10; i < 30; i++) await plain('Send', { recipients: { sms: `+5730022200${i}` } });
  const raw = async (method: string, message: object) => {
    const body = JSON.stringify(message);
    const socket = connect(service.port, '127.0.0.1');
    const head = [
      `POST /otp.v1.OtpService/${method} HTTP/1.1`,
      'host: x',
      'connection: close',
      `authorization: Bearer ${service.liveKey}`,
      'content-type: application/json',
      `accept-encoding: ${accepting['accept-encoding']}`,
      `content-length: ${body.length}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    return { head: all.toString('latin1', 0, end), body: all.subarray(end + 4) };
  };
  const long = await raw('ListSessions', { pageSize: 100 });
  expect(long.head).toMatch(/^content-encoding: gzip$/m);
  expect(JSON.parse(gunzipSync(long.body).toString()).sessions.length).toBeGreaterThan(20);
  const short = await raw('GetSession', { sessionId });
  expect(short.head).not.toMatch(/content-encoding/);
  expect(JSON.parse(short.body.toString()).session.id).toBe(sessionId);
});
