import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Code, readError } from '../../clients/errors/index.js';
import { createOtpClient as createGrpcJsClient } from '../../clients/grpc-js/index.js';
import { createOtpClient } from '../../clients/node/index.js';
import { startService } from '../support/service.js';
import { type StandIn, startStandIn } from './support/standIn.js';

let standIn: StandIn | undefined;
afterEach(async () => {
  await standIn?.stop();
  standIn = undefined;
});

/** A server that says when a call has come and answers when it is told to. */
async function holding(http: 1 | 2) {
  let come = () => {};
  let answer = () => {};
  const here = new Promise<void>((resolve) => {
    come = resolve;
  });
  const told = new Promise<object>((resolve) => {
    answer = () => resolve({});
  });
  standIn = await startStandIn(http, () => {
    come();
    return told;
  });
  return { baseUrl: standIn.baseUrl, here, answer };
}

describe('close', () => {
  it.each([
    ['grpc', 2],
    ['connect', 2],
    ['connect-http1', 1],
  ] as const)('ends a call that is under way: node, %s', async (protocol, http) => {
    const { baseUrl, here, answer } = await holding(http);
    const client = createOtpClient({ baseUrl, apiKey: 'k', protocol });
    const call = client.otp.verify({}).then(() => expect.unreachable(), readError);
    await here;
    client.close();
    expect([Code.Canceled, Code.Aborted, Code.Unavailable]).toContain((await call).code);
    answer();
  });

  it('lets a call that is under way finish: grpc-js', async () => {
    const { baseUrl, here, answer } = await holding(2);
    const client = createGrpcJsClient({ baseUrl, apiKey: 'k' });
    const call = client.otp.verify({});
    await here;
    client.close();
    answer();
    await expect(call).resolves.toBeDefined();
  });
});

describe('a credential', () => {
  it.each([
    ['node', createOtpClient],
    ['grpc-js', createGrpcJsClient],
  ])('may be asked for before each call: %s', async (_name, createClient) => {
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

  /** What a client with a key nobody knows is told by a service that listens on `address`. */
  async function answerAt(address: string, connect: Connect, name = address) {
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

  it.each(CLIENTS)('is enough for the name and the address it is for: %s', async (_name, connect) => {
    expect(await answerAt('127.0.0.1', connect)).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(await answerAt('127.0.0.1', connect, 'localhost')).toMatchObject({ reason: 'UNAUTHENTICATED' });
  });

  // Elsewhere 127.0.0.1 is the only address of its kind.
  it.skipIf(process.platform !== 'linux').each(CLIENTS)(
    'is not enough for another address: %s',
    async (_name, connect) => {
      const { reason, code } = await answerAt('127.0.0.2', connect);
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
