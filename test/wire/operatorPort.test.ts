import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { describe, expect, it } from 'vitest';
import { ServerReflection } from '../../gen/grpc/reflection/v1/reflection_pb.js';
import { readConfig } from '../../server/config/config.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { RawClient } from '../unit/http/support/rawClient.js';

const KEY = 'the-operators-key-of-this-test-suite';
const MASTER = `1:${Buffer.alloc(32, 7).toString('base64')}`;
const PRODUCTION = { OTP_ENV: 'production', OTP_MASTER_KEYS: MASTER, OTP_BOOTSTRAP_API_KEY: KEY };
const ADMIN = 'otp.admin.v1.WorkspaceService/ListWorkspaces';
const OTP = 'otp.v1.OtpService/ListSessions';

async function servicesOf(baseUrl: string): Promise<string[]> {
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl }));
  const asked = (async function* () {
    yield { host: '', messageRequest: { case: 'listServices' as const, value: '' } };
  })();
  for await (const { messageResponse } of client.serverReflectionInfo(asked))
    if (messageResponse.case === 'listServicesResponse')
      return messageResponse.value.service.map(({ name }) => name);
  return [];
}

describe('in production with an operators’ port', () => {
  const service = serviceForSuite({ env: { ...PRODUCTION, OTP_OPERATOR_PORT: '0' } });

  it('the public port serves nothing of the operators', async () => {
    const call = connectJson(service.baseUrl, KEY);
    expect((await call(OTP, {})).status).toBe(200);
    expect((await call(ADMIN, {})).status).toBe(404);
    for (const path of ['/metrics', '/console', '/otp.admin.v1.ApiKeyService/CreateApiKey'])
      expect(
        (await fetch(service.baseUrl + path, { headers: { authorization: `Bearer ${KEY}` } })).status,
      ).toBe(404);
  });

  it('the reflection of the public port lists otp.v1, health and reflection only', async () => {
    const names = await servicesOf(service.baseUrl);
    expect(names).toContain('otp.v1.OtpService');
    for (const name of names)
      expect(name).toMatch(/^(otp\.v1|grpc\.health\.v1|grpc\.reflection\.v1(alpha)?)\.\w+$/);
  });

  it('the operators’ port serves both contracts, tokens, reflection of all and the metrics', async () => {
    const url = service.operatorUrl!;
    const call = connectJson(url, KEY);
    expect((await call(ADMIN, {})).status).toBe(200);
    expect((await call(OTP, {})).status).toBe(200);
    expect(await servicesOf(url)).toEqual(
      expect.arrayContaining(['otp.v1.OtpService', 'otp.admin.v1.ApiKeyService']),
    );
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('countersign_build_info{');
    const token = await fetch(`${url}/v1/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    });
    expect(token.status).toBe(401);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    // The REST APIs of applications are not there.
    expect((await fetch(`${url}/api/v1/otp/send`, { method: 'POST' })).status).toBe(404);
  });
});

describe('in production without one', () => {
  const service = serviceForSuite({ env: PRODUCTION });

  it('the metrics are for no one without a token, this machine included', async () => {
    expect((await fetch(`${service.baseUrl}/metrics`)).status).toBe(404);
    expect((await connectJson(service.baseUrl, KEY)(ADMIN, {})).status).toBe(200);
  });
});

describe('a setup that exposes more than it should', () => {
  const service = serviceForSuite();
  const ask = async (...headers: string[]) => {
    const client = new RawClient(service.port);
    await client.send(['GET /readyz HTTP/1.1', ...headers, 'connection: close', '', ''].join('\r\n'));
    return client.closed;
  };
  const warnings = (word: string) =>
    service
      .logged()
      .split('\n')
      .filter((line) => line.includes('"level":40') && line.includes(word)).length;

  it('is said once: a proxy in a private network that is not trusted', async () => {
    expect(await ask('host: localhost')).not.toContain('OTP_TRUSTED_PROXIES');
    for (const field of ['x-forwarded-for: 203.0.113.9', 'forwarded: for=203.0.113.9']) {
      const response = await ask('host: localhost', field);
      expect(response).toMatch(/^HTTP\/1\.1 200/);
      expect(response).toContain('OTP_TRUSTED_PROXIES');
    }
    await eventually(() => warnings('OTP_TRUSTED_PROXIES') === 1);
  });

  it('is said once: a foreign Host in development mode', async () => {
    expect(warnings('development mode')).toBe(0);
    await ask('host: otp.example.com');
    await ask('host: other.example.com');
    await eventually(() => warnings('development mode') === 1);
  });
});

it.each([
  [{ OTP_OPERATOR_HOST: '127.0.0.1' }, /OTP_OPERATOR_HOST/],
  [{ OTP_OPERATOR_PORT: '8080' }, /OTP_OPERATOR_PORT and PORT/],
  [{ OTP_OPERATOR_PORT: '99999' }, /OTP_OPERATOR_PORT/],
])('settings that cannot work are refused: %j', (env, message) => {
  expect(() => readConfig(env, [])).toThrow(message);
});
