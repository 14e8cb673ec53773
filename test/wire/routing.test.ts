import type { DescService } from '@bufbuild/protobuf';
import { createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, createConnectTransport as createNodeTransport } from '@connectrpc/connect-node';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { Client, credentials } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { Code, readError } from '../../clients/errors/index.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { BY_GET, overHttp2, WITH_BODY } from './support/protocols.js';

const service = serviceForSuite();
const bearer = () => ({ authorization: `Bearer ${service.liveKey}` });

/** The contract with a method, or a whole service, that the server has not. */
const missing = (typeName: string, name: string): DescService => {
  const parent = { ...OtpService, typeName };
  const method = { ...OtpService.method.getSession, parent, name };
  return { ...parent, methods: [method], method: { getSession: method } } as unknown as DescService;
};

describe.each([
  ['a method', 'otp.v1.OtpService', 'Teleport'],
  ['a service', 'otp.v1.TeleportService', 'Teleport'],
])('%s that does not exist', (_what, typeName, name) => {
  it.each<[string, (baseUrl: string) => Transport]>([
    ['Connect for Node, gRPC', (baseUrl) => createGrpcTransport({ baseUrl })],
    ['Connect for Node', (baseUrl) => createNodeTransport({ baseUrl, httpVersion: '1.1' })],
    ['Connect-Web, Connect', (baseUrl) => createConnectTransport({ baseUrl })],
    ['Connect-Web, gRPC-Web', (baseUrl) => createGrpcWebTransport({ baseUrl })],
  ])('is UNIMPLEMENTED for %s', async (_client, transport) => {
    const client = createClient(missing(typeName, name), transport(service.baseUrl)) as unknown as {
      getSession(request: object): Promise<unknown>;
    };
    const { code } = await client.getSession({}).then(() => expect.unreachable(), readError);
    expect(code).toBe(Code.Unimplemented);
  });

  it('is UNIMPLEMENTED for grpc-js', async () => {
    const client = new Client(`127.0.0.1:${service.port}`, credentials.createInsecure());
    const error = await new Promise((resolve) => {
      const same = (bytes: Buffer) => bytes;
      client.makeUnaryRequest(`/${typeName}/${name}`, same, same, Buffer.alloc(0), resolve);
    });
    client.close();
    expect(readError(error).code).toBe(Code.Unimplemented);
  });
});

describe('a content type that is not served', () => {
  const path = '/otp.v1.OtpService/GetSession';

  it.each(['text/plain', 'application/xml', 'application/jsonp'])(
    '%j is refused over HTTP/1.1',
    async (type) => {
      const headers = { 'content-type': type };
      const response = await fetch(service.baseUrl + path, {
        method: 'POST',
        headers,
        body: Buffer.from('{}'),
      });
      expect(response.status).toBe(415);
      expect(await response.json()).toEqual({ code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.any(String) });
    },
  );

  it('is refused over HTTP/2', async () => {
    const head = { ':method': 'POST', ':path': path, 'content-type': 'text/plain', ...bearer() };
    expect(await overHttp2(service.baseUrl, head, Buffer.from('{}'))).toMatchObject({ status: 415 });
  });

  it('is accepted with a charset', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect(await fetch(service.baseUrl + path, { method: 'POST', headers, body: '{}' })).toMatchObject({
      status: 401,
    });
  });
});

describe('an HTTP method that is not served', () => {
  it.each(['PUT', 'DELETE', 'PATCH'])('%s is refused', async (method) => {
    const response = await fetch(`${service.baseUrl}/otp.v1.OtpService/GetSession`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toMatch(/POST/);
  });

  it('GET is refused for methods with side effects, so that a link cannot call them', async () => {
    const response = await BY_GET[0]!.call({
      baseUrl: service.baseUrl,
      path: '/otp.v1.OtpService/CancelSession',
      message: Buffer.from('{}'),
      headers: bearer(),
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
  });
});

describe.each([...WITH_BODY, ...BY_GET])('x-request-id over $name', (protocol) => {
  const call = (requestId: string, message = protocol.json ? '{}' : '') =>
    protocol.call({
      baseUrl: service.baseUrl,
      path: '/otp.v1.OtpService/ListSessions',
      message: Buffer.from(message),
      headers: { ...bearer(), ...(requestId && { 'x-request-id': requestId }) },
    });

  it('is returned and logged', async () => {
    const requestId = `wanted:${protocol.name.replace(/\W+/g, '-')}`;
    const { error, headers } = await call(requestId);
    expect(error).toBeUndefined();
    expect(headers.get('x-request-id')).toBe(requestId);
    expect(service.logged()).toContain(`"requestId":"${requestId}"`);
  });

  it('is returned with an error, also of an undecodable request', async () => {
    const { error, headers } = await call('refused-1', protocol.json ? '{"pageSize": "many"}' : '\x08');
    expect(readError(error).reason).toBe('INVALID_REQUEST');
    expect(headers.get('x-request-id')).toBe('refused-1');
  });

  it.each(['', 'two words', '<script>', 'x'.repeat(65)])('%j is replaced by a new one', async (requestId) => {
    const { headers } = await call(requestId);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });
});
