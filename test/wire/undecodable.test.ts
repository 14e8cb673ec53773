import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type OtpError, readError } from '../../clients/errors/index.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { BY_GET, type RawResponse, WITH_BODY, type WireProtocol } from './support/protocols.js';

const service = serviceForSuite();

const GET_SESSION = '/otp.v1.OtpService/GetSession';
const LARGEST = 65_536;

const call = (protocol: WireProtocol, message: Uint8Array | string, headers: Record<string, string> = {}) =>
  protocol.call({
    baseUrl: service.baseUrl,
    path: GET_SESSION,
    message: Buffer.from(message),
    headers: { authorization: `Bearer ${service.liveKey}`, ...headers },
  });
const refusal = (response: RawResponse): OtpError => readError(response.error);

/** Nowhere in the response: neither in clear nor in percent or base64 encoding. */
function expectNotQuoted(response: RawResponse, value: string): void {
  const headers = [...response.headers]
    .map(([name, text]) => `${name}: ${decodeURIComponent(text)}`)
    .join('\n');
  expect(
    `${headers}\n${decodeURIComponent(response.body.toString().replace(/%(?![0-9a-f]{2})/gi, ''))}`,
  ).not.toContain(value);
  expect(JSON.stringify([response.error?.rawMessage, refusal(response)])).not.toContain(value);
  for (const detail of response.error?.details ?? []) {
    expect(Buffer.from('value' in detail ? (detail.value as Uint8Array) : []).toString()).not.toContain(
      value,
    );
  }
}

/** Field 1, the session id, of which only part arrived. */
const cutOff = Buffer.concat([Buffer.from([0x0a, 0x20]), Buffer.from('secret-918273')]);
/** Field 1 with bytes that are not UTF-8. */
const notUtf8 = Buffer.concat([Buffer.from([0x0a, 14]), Buffer.from('secret-918273'), Buffer.from([0xff])]);

describe.each([...WITH_BODY, ...BY_GET])('$name', (protocol) => {
  const bad: [string, Uint8Array | string][] = protocol.json
    ? [
        ['a value of the wrong type', '{"sessionId": {"secret-918273": 1}}'],
        ['a text that breaks off', '{"sessionId": "secret-918273'],
        ['a list', '["secret-918273"]'],
        ['bare words', 'secret-918273'],
      ]
    : [
        ['a message that breaks off', cutOff],
        ['text that is not UTF-8', notUtf8],
      ];

  it.each(bad)('refuses %s as invalid, and does not quote it', async (_what, message) => {
    const response = await call(protocol, message);
    expect(refusal(response)).toMatchObject({ reason: 'INVALID_REQUEST', code: 3 });
    expectNotQuoted(response, '918273');
  });

  it('refuses a deadline that is not a number', async () => {
    const response = await call(protocol, protocol.json ? '{}' : '', {
      'connect-timeout-ms': 'soon',
      'grpc-timeout': 'soon',
    });
    expect(refusal(response)).toMatchObject({ reason: 'INVALID_REQUEST', code: 3 });
  });
});

describe.each([...WITH_BODY, ...BY_GET].filter(({ json, connect }) => json && connect))(
  '$name',
  (protocol) => {
    it('names the field', async () => {
      const { violations } = refusal(await call(protocol, '{"sessionId": 918273}'));
      expect(violations).toEqual([{ field: 'session_id', description: 'must be a string' }]);
    });
  },
);

describe.each(WITH_BODY.filter(({ connect }) => connect))('$name', (protocol) => {
  const packed = gzipSync('{"sessionId": "secret-918273"}');

  it.each([
    ['nothing of the kind', '0'],
    ['words', 'secret-918273'],
    ['half of it', packed.subarray(0, packed.length / 2)],
    ['it with a byte changed', Buffer.from(packed).fill(0xff, 12, 13)],
  ])('refuses %s where gzip was announced', async (_what, message) => {
    const response = await call(protocol, message, { 'content-encoding': 'gzip' });
    expect(refusal(response)).toMatchObject({ reason: 'INVALID_REQUEST', code: 3 });
    expectNotQuoted(response, '918273');
  });
});

describe.each(WITH_BODY)('$name', (protocol) => {
  /** A request for no session at all, made longer by what every decoder skips. */
  const padded = (size: number): Uint8Array => {
    if (protocol.json) return Buffer.from(`{}${' '.repeat(size - 2)}`);
    const head = Buffer.from([0xa2, 0x06, 0x80, 0x80, 0x04]);
    const rest = size - head.length;
    head.set([(rest & 0x7f) | 0x80, ((rest >> 7) & 0x7f) | 0x80, rest >> 14], 2);
    return Buffer.concat([head, Buffer.alloc(rest)]);
  };

  it('accepts a message of 64 KiB', async () => {
    expect(refusal(await call(protocol, padded(LARGEST))).violations).toEqual([
      { field: 'session_id', description: 'is required' },
    ]);
  });

  it('refuses one byte more', async () => {
    expect(refusal(await call(protocol, padded(LARGEST + 1)))).toMatchObject({
      reason: 'BODY_TOO_LARGE',
      code: 8,
    });
  });

  it('is read to its end when it is far too large, so that the connection can be reused', async () => {
    expect(refusal(await call(protocol, padded(20 * LARGEST)))).toMatchObject({ reason: 'BODY_TOO_LARGE' });
  });

  it('refuses a compression it does not know', async () => {
    const headers = { 'content-encoding': 'zstd', 'grpc-encoding': 'zstd' };
    const { error } = await call(protocol, protocol.json ? '{}' : '', headers);
    expect(error?.code).toBe(12);
  });
});

describe('a name that no enum of the contract has', () => {
  const send = (request: object) =>
    WITH_BODY[0]!.call({
      baseUrl: service.baseUrl,
      path: '/otp.v1.OtpService/Send',
      message: Buffer.from(JSON.stringify(request)),
      headers: { authorization: `Bearer ${service.liveKey}` },
    });

  it.each([
    ['channels[1]', { channels: ['CHANNEL_EMAIL', 'CHANNEL_FAX'] }],
    ['policy.strategy', { policy: { strategy: 'STRATEGY_MOST' } }],
    ['policy.channels[0]', { policy: { channels: ['email'] } }],
  ])('is refused at %s, not ignored', async (field, part) => {
    const { reason, violations } = refusal(await send({ recipients: { email: 'a@example.com' }, ...part }));
    expect(reason).toBe('INVALID_REQUEST');
    expect(violations).toEqual([{ field, description: expect.stringMatching(/^must be one of [A-Z_, ]+$/) }]);
  });

  it("is allowed in metadata, which is the caller's own", async () => {
    const { status } = await send({
      recipients: { email: 'a@example.com' },
      metadata: { channels: ['CHANNEL_FAX'] },
    });
    expect(status).toBe(200);
  });
});

describe('a field of a newer client', () => {
  it('is ignored', async () => {
    const request = { recipients: { email: 'b@example.com' }, aFieldOfTheFuture: { any: ['thing'] } };
    const { status } = await WITH_BODY[0]!.call({
      baseUrl: service.baseUrl,
      path: '/otp.v1.OtpService/Send',
      message: Buffer.from(JSON.stringify(request)),
      // Generated clients send it.
      headers: { authorization: `Bearer ${service.liveKey}`, 'connect-protocol-version': '1' },
    });
    expect(status).toBe(200);
  });
});
