import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SendRequestSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Provider } from '../../../server/delivery/provider.js';
import { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import { startService, type TestService } from '../../support/service.js';
import { WITH_BODY } from '../../wire/support/protocols.js';
import { POSTS } from '../gateway/support/restApis.js';
import { RawClient } from '../http/support/rawClient.js';
import { scrape } from './support/busyDay.js';

const broken: Provider = {
  name: 'broken',
  channels: ['email'],
  timeoutMs: 1_000,
  send: () => Promise.reject(new Error('no such thing')),
  close: async () => {},
};

let service: TestService;
beforeAll(async () => {
  service = await startService({ overrides: { providers: { email: broken } } });
});
afterAll(() => service.stop());

const lines = (): Record<string, unknown>[] =>
  service
    .logged()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** The one line that says how the request of that id ended. */
async function ending(id: string | null): Promise<Record<string, unknown>> {
  expect(id).toMatch(/^[\w.:-]{1,64}$/);
  const found = await eventually(() => {
    const mine = lines().filter(({ requestId, reason }) => requestId === id && reason !== undefined);
    return mine.length > 0 && mine;
  });
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe.each(WITH_BODY)('over $name', ({ name, json, call }) => {
  const email = `${name.replaceAll(/\W+/g, '-')}@example.com`;
  const request = create(SendRequestSchema, { recipients: { email } });
  const message = json
    ? Buffer.from(toJsonString(SendRequestSchema, request))
    : toBinary(SendRequestSchema, request);
  const ask = (bytes: Uint8Array, key: string) =>
    call({
      baseUrl: service.baseUrl,
      path: '/otp.v1.OtpService/Send',
      message: bytes,
      headers: { authorization: `Bearer ${key}` },
    });

  it('what was done, refused or could not be read has an id, and one line with it', async () => {
    const done = await ask(message, service.testKey);
    expect(done.error).toBeUndefined();
    expect(await ending(done.headers.get('x-request-id'))).toMatchObject({ method: 'Send', reason: 'OK' });

    const refused = await ask(message, 'sk_live_nobody');
    const line = await ending(refused.headers.get('x-request-id'));
    expect(line).toMatchObject({ method: 'Send', reason: 'UNAUTHENTICATED' });

    const unreadable = await ask(Buffer.from('{"recipients":'), service.testKey);
    expect(unreadable.error).toBeDefined();
    expect(await ending(unreadable.headers.get('x-request-id'))).toMatchObject({ reason: 'INVALID_REQUEST' });
  });
});

it.each(POSTS)(
  'POST $path refuses strangers and bodies that are none with an id',
  async ({ path, restApi }) => {
    const post = (headers: Readonly<Record<string, string>>) =>
      fetch(service.baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{',
      });
    for (const headers of [{}, restApi.credential(service.testKey)]) {
      const response = await post(headers);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect((await ending(response.headers.get('x-request-id'))).reason).not.toBe('OK');
    }
  },
);

it.each([
  ['GET', '/nothing', {}, 'ROUTE_NOT_FOUND'],
  ['GET', '/otp.v1.OtpService/Nothing', {}, 'ROUTE_NOT_FOUND'],
  ['PUT', '/healthz', {}, 'METHOD_NOT_ALLOWED'],
  ['GET', '/metrics', { 'x-forwarded-for': '198.51.100.1' }, 'ROUTE_NOT_FOUND'],
  ['GET', '/v1/otp/nothing', {}, 'ROUTE_NOT_FOUND'],
] as const)('%s %s %j is refused with an id', async (method, path, headers, reason) => {
  const response = await fetch(service.baseUrl + path, { method, headers });
  expect(await ending(response.headers.get('x-request-id'))).toMatchObject({ reason, msg: 'refused' });
});

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', 'INVALID_REQUEST'],
  [
    'a header without end',
    `GET / HTTP/1.1\r\nhost: x\r\na: ${'a'.repeat(40_000)}\r\n\r\n`,
    'HEADER_TOO_LARGE',
  ],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n', 'METHOD_NOT_ALLOWED'],
])('%s is refused with an id, logged and counted', async (_what, bytes, reason) => {
  const counted = async () =>
    (await scrape(service))
      .get('countersign_refused_requests_total')
      ?.series.find(({ labels }) => labels.reason === reason)?.value ?? 0;
  const before = await counted();
  const client = new RawClient(service.port);
  await client.send(bytes);
  const response = await client.closed;
  const id = /^x-request-id: (\S+)\r$/m.exec(response)?.[1];
  expect(await ending(id ?? null)).toMatchObject({ reason, msg: 'refused', peer: '127.0.0.1' });
  expect(await counted()).toBe(before + 1);
});

it('an id of the caller’s own is kept where it is fit for a log', async () => {
  const mine = await fetch(`${service.baseUrl}/nothing`, { headers: { 'x-request-id': 'mine:1' } });
  expect(mine.headers.get('x-request-id')).toBe('mine:1');
  const foul = await fetch(`${service.baseUrl}/nothing`, { headers: { 'x-request-id': '{"a": 1}' } });
  expect(foul.headers.get('x-request-id')).not.toContain('{');
});

it('what a worker says of a message names its session', async () => {
  const { body } = await connectJson(service.baseUrl, service.liveKey)('otp.v1.OtpService/Send', {
    recipients: { email: 'broken@example.com' },
  });
  const id: string = body.session.id;
  const logged = await eventually(() => lines().find(({ msg }) => msg === 'provider threw'));
  expect(String(logged.session)).toContain(id);
  expect(JSON.stringify(logged)).not.toContain('broken@');
});
