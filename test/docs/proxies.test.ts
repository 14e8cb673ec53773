import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { createOtpClient, watchSession } from '../../clients/node/index.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { startService, type TestService } from '../support/service.js';
import {
  isInstalled,
  PAGE,
  type ProxyName,
  type RunningProxy,
  recipeOf,
  startProxy,
} from './support/proxies.js';
import { runnableOf } from './support/shellBlocks.js';

const TLS = new URL('../unit/http/support/tls/', import.meta.url);
const certificate = await readFile(new URL('certificate.pem', TLS), 'utf8');
const [setting] = runnableOf(await readFile(PAGE, 'utf8'));
/** Which proxies the service trusts, as the page sets it for all recipes. */
const [, trusted] = /^export OTP_TRUSTED_PROXIES=(\S+)$/m.exec(setting!)!;
const PROXIES: readonly ProxyName[] = ['nginx', 'haproxy', 'caddy'];
/** A documentation address that a caller claims to come from. */
const FORGED = '203.0.113.9';

describe('the recipes of the page about proxies', () => {
  it.each(PROXIES)('the one for %s names the port and the header of the service', async (name) => {
    const recipe = await recipeOf(name);
    expect(recipe).toContain('127.0.0.1:8080');
    expect(recipe).toContain('X-Forwarded-For');
    expect(recipe).toContain('/metrics');
  });
});

describe.each(PROXIES)('%s with its recipe, in front of the service', (name) => {
  const skip = !isInstalled(name);
  if (skip) console.info(`skipped: ${name} is not installed`);
  let service: TestService;
  let proxy: RunningProxy;
  beforeAll(async () => {
    if (skip) return;
    service = await startService({ env: { OTP_TRUSTED_PROXIES: trusted! } });
    const both = join(service.dataDir, 'otp.pem');
    await writeFile(both, certificate + (await readFile(new URL('key.pem', TLS), 'utf8')));
    proxy = await startProxy(name, {
      folder: service.dataDir,
      upstream: service.port,
      certificate: both,
      key: fileURLToPath(new URL('key.pem', TLS)),
    });
  });
  afterAll(async () => {
    await proxy?.stop();
    await service?.stop();
  });

  /** A request over HTTP/1.1, as curl makes it. */
  const http = (path: string, headers: Record<string, string> = {}, body?: object) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const sent = request(
        new URL(path, proxy.url),
        { ca: certificate, agent: false, method: body ? 'POST' : 'GET', headers },
        async (response) => resolve({ status: response.statusCode!, text: await text(response) }),
      ).once('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  const json = (headers: Record<string, string>) => ({ 'content-type': 'application/json', ...headers });

  it.skipIf(skip).each(['grpc', 'connect', 'connect-http1'] as const)(
    'passes calls, errors with details, and streams over %s',
    async (protocol) => {
      const client = createOtpClient({
        baseUrl: proxy.url,
        apiKey: service.testKey,
        protocol,
        ca: certificate,
      });
      const { session, sandboxCodes } = await client.otp.send({
        recipients: { email: 'success@sandbox.example' },
      });
      const error = await client.otp
        .verify({ sessionId: session!.id, code: '000' })
        .then(() => expect.unreachable(), readError);
      expect(error).toMatchObject({ reason: 'INVALID_CODE', attemptsRemaining: 2 });
      const seen: boolean[] = [];
      for await (const { final } of watchSession(client.otp, { sessionId: session!.id })) {
        seen.push(final);
        // Only a stream that is not held back gets here before the session has ended.
        if (seen.length === 1) await client.otp.verify({ sessionId: session!.id, code: sandboxCodes.email! });
      }
      expect(seen.length).toBeGreaterThan(1);
      expect(seen.at(-1)).toBe(true);
      client.close();
    },
  );

  it.skipIf(skip)('passes gRPC-Web and REST', async () => {
    const transport = createGrpcWebTransport({
      baseUrl: proxy.url,
      httpVersion: '1.1',
      nodeOptions: { ca: certificate },
      interceptors: [
        (next) => (call) => {
          call.header.set('authorization', `Bearer ${service.testKey}`);
          return next(call);
        },
      ],
    });
    const { sessionToken } = await createClient(OtpService, transport).send({
      recipients: { sms: '+15005550000' },
    });
    expect(sessionToken).toMatch(/^ey/);
    const rest = await http('/api/v1/otp/send', json({ 'x-api-key': service.testKey }), {
      channels: ['email'],
      recipients: { email: 'success@sandbox.example' },
    });
    expect(JSON.parse(rest.text)).toMatchObject({ success: true });
  });

  it.skipIf(skip)('replaces X-Forwarded-For, and reaches nothing that is for this machine only', async () => {
    const headers = { authorization: `Bearer ${service.testKey}`, 'x-forwarded-for': FORGED };
    expect((await http('/otp.v1.OtpService/ListSessions', json(headers), {})).status).toBe(200);
    const client = createOtpClient({ baseUrl: proxy.url, apiKey: service.testKey, ca: certificate });
    await client.otp.listSessions({}, { headers: { 'x-forwarded-for': FORGED } });
    client.close();
    const lines = service
      .logged()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const peers = lines.filter(({ method }) => method === 'ListSessions').map(({ peer }) => peer);
    expect(peers).toEqual(['127.0.0.1', '127.0.0.1']);
    expect((await http('/metrics')).status).toBe(404);
    expect((await http('/inbox.json')).status).toBe(401);
  });
});
