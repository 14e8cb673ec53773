import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from '../../../gen/grpc/health/v1/health_pb.js';
import { createRouter } from '../../../server/http/router.js';
import { rpcRoutes } from '../../../server/http/rpcRoutes.js';
import { http1 } from './support/clients.js';
import { RawClient } from './support/rawClient.js';
import { serving, signal, TLS } from './support/serving.js';

const nodeOptions = { rejectUnauthorized: false };
const transports: [string, (baseUrl: string) => Transport][] = [
  ['gRPC over HTTP/2', (baseUrl) => createGrpcTransport({ baseUrl, nodeOptions })],
  [
    'gRPC-Web over HTTP/1.1',
    (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1', nodeOptions }),
  ],
  ['gRPC-Web over HTTP/2', (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: '2', nodeOptions })],
  [
    'Connect over HTTP/1.1',
    (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '1.1', nodeOptions }),
  ],
  ['Connect over HTTP/2', (baseUrl) => createConnectTransport({ baseUrl, httpVersion: '2', nodeOptions })],
];

function service() {
  const left = signal();
  const rpc = connectNodeAdapter({
    routes(router) {
      router.service(Health, {
        check({ service }) {
          if (service === 'unknown') throw new ConnectError('no such service', Code.NotFound);
          return { status: Status.SERVING };
        },
        async *watch(_request, { signal: aborted }) {
          yield { status: Status.NOT_SERVING };
          yield { status: Status.SERVING };
          await new Promise((resolve) => aborted.addEventListener('abort', resolve));
          left.happen();
        },
      });
    },
  });
  return { handler: createRouter(rpcRoutes([Health.typeName], rpc)), left: left.happened };
}

describe.each([
  ['clear text', undefined],
  ['TLS', TLS],
])('remote calls in %s', (_name, tls) => {
  it.each(transports)('go through by %s', async (_transport, create) => {
    const { handler, left } = service();
    const { port } = await serving(handler, {}, { tls });
    const client = createClient(Health, create(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`));
    expect((await client.check({})).status).toBe(Status.SERVING);
    await expect(client.check({ service: 'unknown' })).rejects.toMatchObject({ code: Code.NotFound });
    const seen: Status[] = [];
    const caller = new AbortController();
    const watching = async () => {
      for await (const { status } of client.watch({}, { signal: caller.signal })) {
        seen.push(status);
        if (status === Status.SERVING) caller.abort();
      }
    };
    await expect(watching()).rejects.toMatchObject({ code: Code.Canceled });
    expect(seen).toEqual([Status.NOT_SERVING, Status.SERVING]);
    // The handler of the stream learns that its caller has left.
    await left;
  });
});

describe('remote calls', () => {
  it('to an unknown service are unimplemented for a gRPC client', async () => {
    const { port } = await serving(createRouter([]));
    const client = createClient(Health, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
    await expect(client.check({})).rejects.toMatchObject({ code: Code.Unimplemented });
  });

  it.each(['host: a b', 'host: [', 'host: a:b:c'])('with the header %j are refused', async (host) => {
    const { port } = await serving(service().handler);
    const client = new RawClient(port);
    await client.send(
      `POST /grpc.health.v1.Health/Check HTTP/1.1\r\n${host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
    );
    const text = await client.closed;
    expect(text).toMatch(/^HTTP\/1\.1 400 .*"INVALID_REQUEST"/s);
  });

  it('without Host, which HTTP/1.0 may leave out, are refused', async () => {
    const { port } = await serving(service().handler);
    const client = new RawClient(port);
    await client.send(
      'POST /grpc.health.v1.Health/Check HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
    );
    expect(await client.closed).toMatch(/^HTTP\/1\.1 400 .*"INVALID_REQUEST"/s);
  });

  it('respond to a browser of another origin', async () => {
    const { port } = await serving(service().handler);
    const response = await http1(port, '/grpc.health.v1.Health/Check', {
      method: 'POST',
      headers: { origin: 'https://shop.example', 'content-type': 'application/json' },
      body: '{}',
    });
    expect([response.status, response.headers['access-control-allow-origin']]).toEqual([
      200,
      'https://shop.example',
    ]);
  });
});
