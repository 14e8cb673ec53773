import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../../support/service.js';
import { RawClient } from '../http/support/rawClient.js';

const TOKEN = 'sixteen-letters!';

/** GET /metrics with exactly these header lines. */
async function ask(service: TestService, ...headers: string[]): Promise<string> {
  const client = new RawClient(service.port);
  await client.send(['GET /metrics HTTP/1.1', ...headers, 'connection: close', '', ''].join('\r\n'));
  return client.closed;
}
const statusOf = (response: string): number => Number(response.split(' ')[1]);

describe('/metrics without a token', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  it.each(['127.0.0.1', 'localhost', 'localhost:50051', '[::1]:80'])(
    'responds to this machine, called %s',
    async (host) => {
      const response = await ask(service, `host: ${host}`);
      expect(statusOf(response)).toBe(200);
      expect(response).toContain('content-type: text/plain; version=0.0.4; charset=utf-8');
      expect(response).toContain('countersign_build_info{');
    },
  );

  it.each([
    ['that come through a proxy', ['host: localhost', 'x-forwarded-for: 127.0.0.1']],
    ['that come through a newer proxy', ['host: localhost', 'forwarded: for=127.0.0.1']],
    ['that come by a proxy of another kind', ['host: localhost', 'x-real-ip: 203.0.113.1']],
    ['that come by a proxy that names itself', ['host: localhost', 'via: 1.1 proxy']],
    ['that come by a content delivery network', ['host: localhost', 'cf-connecting-ip: 203.0.113.1']],
    ['that come with the protocol of a proxy', ['host: localhost', 'x-forwarded-proto: https']],
    ['that a page sends which points its name here', ['host: example.com']],
    ['with a credential of the service', ['host: example.com', 'authorization: Bearer KEY']],
  ])('does not exist for requests %s', async (_who, headers) => {
    const response = await ask(service, ...headers.map((line) => line.replace('KEY', service.liveKey)));
    expect(statusOf(response)).toBe(404);
    expect(response).toContain('ROUTE_NOT_FOUND');
    expect(response).not.toContain('countersign_');
  });

  it.each(['/metrics'])('HTTP/1.0, as of a plain proxy_pass, gets nothing: %s', async (path) => {
    const client = new RawClient(service.port);
    await client.send(`GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${service.port}\r\n\r\n`);
    expect(statusOf(await client.closed)).toBe(404);
  });

  it('responds over HTTP/2, too, by the same rule', async () => {
    const session = connectHttp2(service.baseUrl);
    const status = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/metrics', ...headers });
        stream.on('response', (fields) => resolve(fields[':status'])).on('error', reject);
        stream.resume();
      });
    expect(await status({})).toBe(200);
    expect(await status({ ':authority': 'example.com' })).toBe(404);
    session.close();
  });
});

describe('/metrics with a token', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService({ env: { OTP_METRICS_TOKEN: TOKEN } });
  });
  afterAll(() => service.stop());

  it('responds to every caller that presents it, from any IP address', async () => {
    for (const host of ['localhost', 'example.com']) {
      const response = await ask(
        service,
        `host: ${host}`,
        `authorization: Bearer ${TOKEN}`,
        'forwarded: for=x',
      );
      expect(statusOf(response)).toBe(200);
      expect(response).toContain('countersign_build_info{');
    }
  });

  it.each([
    [[]],
    [['authorization: Bearer sixteen-letters?']],
    [['authorization: Bearer']],
    [[`authorization: Basic ${TOKEN}`]],
    [[`x-api-key: ${TOKEN}`]],
    [['authorization: Bearer KEY']],
  ])('refuses %j, this machine included', async (headers) => {
    const lines = headers.map((line: string) => line.replace('KEY', service.liveKey));
    const response = await ask(service, 'host: localhost', ...lines);
    expect(statusOf(response)).toBe(401);
    expect(response.toLowerCase()).toContain('www-authenticate: bearer realm="metrics"');
    expect(response).not.toContain('countersign_');
  });

  it('takes no token that is too short', async () => {
    await expect(startService({ env: { OTP_METRICS_TOKEN: TOKEN.slice(1) } })).rejects.toThrow(
      'OTP_METRICS_TOKEN: must have at least 16 characters',
    );
  });
});
