import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Code, readError } from '../../clients/errors/index.js';
import { createOtpClient as createGrpcJsClient } from '../../clients/grpc-js/index.js';
import { createOtpClient } from '../../clients/node/index.js';
import { startService } from '../support/service.js';
import { type FakeService, startFakeService } from './support/fakeService.js';

let fake: FakeService | undefined;
afterEach(async () => {
  await fake?.stop();
  fake = undefined;
});

/** A server whose `here` resolves when a call has arrived and which responds when `respond` is called. */
async function holding(http: 1 | 2) {
  let come = () => {};
  let respond = () => {};
  const here = new Promise<void>((resolve) => {
    come = resolve;
  });
  const response = new Promise<object>((resolve) => {
    respond = () => resolve({});
  });
  fake = await startFakeService(http, () => {
    come();
    return response;
  });
  return { baseUrl: fake.baseUrl, here, respond };
}

describe('close', () => {
  it.each([
    ['grpc', 2],
    ['connect', 2],
    ['connect-http1', 1],
  ] as const)('ends a call that is under way: node, %s', async (protocol, http) => {
    const { baseUrl, here, respond } = await holding(http);
    const client = createOtpClient({ baseUrl, apiKey: 'k', protocol });
    const call = client.otp.verify({}).then(() => expect.unreachable(), readError);
    await here;
    client.close();
    expect([Code.Canceled, Code.Aborted, Code.Unavailable]).toContain((await call).code);
    respond();
  });

  it('lets a call in progress finish: grpc-js', async () => {
    const { baseUrl, here, respond } = await holding(2);
    const client = createGrpcJsClient({ baseUrl, apiKey: 'k' });
    const call = client.otp.verify({});
    await here;
    client.close();
    respond();
    await expect(call).resolves.toBeDefined();
  });
});

describe('a credential', () => {
  it.each([
    ['node', createOtpClient],
    ['grpc-js', createGrpcJsClient],
  ])('may be a function that is called before each call: %s', async (_name, createClient) => {
    const service = await startService();
    const keys = ['wrong', service.liveKey];
    const client = createClient({ baseUrl: service.baseUrl, apiKey: async () => keys.shift()! });
    expect(await client.otp.listSessions({}).catch(readError)).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect((await client.otp.listSessions({})).sessions).toEqual([]);
    client.close();
    await service.stop();
  });
});

describe('TLS with a certificate of a private authority', () => {
  const file = (name: string) =>
    fileURLToPath(new URL(`../unit/http/support/tls/${name}.pem`, import.meta.url));
  type Connect = (
    baseUrl: string,
    ca: Buffer,
  ) => ReturnType<typeof createOtpClient | typeof createGrpcJsClient>;
  const CLIENTS: readonly (readonly [string, Connect])[] = [
    ['node, gRPC', (baseUrl, ca) => createOtpClient({ baseUrl, apiKey: 'unknown', ca })],
    [
      'node, Connect over HTTP/1.1',
      (baseUrl, ca) => createOtpClient({ baseUrl, apiKey: 'unknown', ca, protocol: 'connect-http1' }),
    ],
    ['grpc-js', (baseUrl, ca) => createGrpcJsClient({ baseUrl, apiKey: 'unknown', ca })],
  ];

  /** The error of a client with an unknown key, from a service that listens on `address`. */
  async function errorAt(address: string, connect: Connect, name = address) {
    const service = await startService({
      env: { HOST: address, OTP_TLS_CERT: file('certificate'), OTP_TLS_KEY: file('key') },
    });
    const { port } = new URL(service.baseUrl);
    const client = connect(`https://${name}:${port}`, await readFile(file('certificate')));
    try {
      return await client.otp
        .listSessions({}, { timeoutMs: 3_000 })
        .then(() => expect.unreachable(), readError);
    } finally {
      client.close();
      await service.stop();
    }
  }

  it.each(CLIENTS)('is accepted for its name and its IP address: %s', async (_name, connect) => {
    expect(await errorAt('127.0.0.1', connect)).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(await errorAt('127.0.0.1', connect, 'localhost')).toMatchObject({ reason: 'UNAUTHENTICATED' });
  });

  // Elsewhere 127.0.0.1 is the only address of its kind.
  it.skipIf(process.platform !== 'linux').each(CLIENTS)(
    'is refused for another IP address: %s',
    async (_name, connect) => {
      const { reason, code } = await errorAt('127.0.0.2', connect);
      expect({
        reason,
        reached: ![Code.Unavailable, Code.DeadlineExceeded, Code.Internal].includes(code),
      }).toEqual({
        reason: 'UNKNOWN',
        reached: false,
      });
    },
  );
});
