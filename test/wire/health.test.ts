import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import {
  type ClientReadableStream,
  credentials,
  type Client as GrpcJsClient,
  makeGenericClientConstructor,
} from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { toServiceDefinition } from '../../clients/grpc-js/index.js';
import {
  Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
} from '../../gen/grpc/health/v1/health_pb.js';
import { eventually } from '../support/eventually.js';
import { startService, type TestService } from '../support/service.js';

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = Status;

describe('a running service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());
  const client = () =>
    createClient(Health, createConnectTransport({ baseUrl: service.baseUrl, httpVersion: '1.1' }));

  it.each(['', 'otp.v1.OtpService', 'otp.v1.VerificationTokenService', 'grpc.health.v1.Health'])(
    'is SERVING as %j, without a credential',
    async (name) => {
      expect((await client().check({ service: name })).status).toBe(SERVING);
    },
  );

  it('does not know other names', async () => {
    const { code } = await client()
      .check({ service: 'otp.v1.Nope' })
      .then(() => expect.unreachable(), readError);
    expect(code).toBe(Code.NotFound);
  });

  it('reports SERVICE_UNKNOWN to a watcher of an unknown name, and keeps its stream open', async () => {
    const leave = new AbortController();
    const seen: Status[] = [];
    const watching = (async () => {
      for await (const { status } of client().watch({ service: 'otp.v1.Nope' }, { signal: leave.signal }))
        seen.push(status);
    })().catch(readError);
    await eventually(() => seen.length > 0);
    leave.abort();
    expect(await watching).toMatchObject({ code: Code.Canceled });
    expect(seen).toEqual([SERVICE_UNKNOWN]);
  });
});

describe('a service that stops', () => {
  it('reports NOT_SERVING to its watchers and ends their streams: grpc-js', async () => {
    const service = await startService();
    const HealthClient = makeGenericClientConstructor(toServiceDefinition(Health), Health.typeName);
    const client = new HealthClient(
      `127.0.0.1:${service.port}`,
      credentials.createInsecure(),
    ) as unknown as GrpcJsClient & {
      watch(request: object): ClientReadableStream<HealthCheckResponse>;
    };
    const seen: Status[] = [];
    const stream = client.watch({ service: '' }).on('data', ({ status }) => seen.push(status));
    const ended = new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
    await eventually(() => seen.length > 0);
    const stopped = service.stop();
    await ended;
    expect(seen).toEqual([SERVING, NOT_SERVING]);
    client.close();
    await stopped;
  });

  it.each(['grpc', 'connect'] as const)(
    'reports NOT_SERVING to its watchers and ends their streams: Connect, %s',
    async (protocol) => {
      const service = await startService();
      const sessionManager = new Http2SessionManager(service.baseUrl);
      const common = { baseUrl: service.baseUrl, sessionManager };
      const transport =
        protocol === 'grpc'
          ? createGrpcTransport(common)
          : createConnectTransport({ ...common, httpVersion: '2' });
      const seen: Status[] = [];
      let stopped: Promise<void> | undefined;
      for await (const { status } of createClient(Health, transport).watch({
        service: 'otp.v1.OtpService',
      })) {
        seen.push(status);
        stopped ??= service.stop();
      }
      expect(seen).toEqual([SERVING, NOT_SERVING]);
      await stopped;
    },
  );
});
