import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { Code, type ConnectError } from '@connectrpc/connect';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  type ChannelStateJson,
  createFetchClient,
  type ResendRequestJson,
  type ResendResponseJson,
  type SessionJson,
  type VerifyRequestJson,
  type VerifyResponseJson,
} from '../../clients/fetch/index.js';
import { createSessionClient } from '../../clients/web/index.js';
import type {
  ResendRequest,
  ResendResponse,
  VerifyRequest,
  VerifyResponse,
} from '../../gen/otp/v1/otp_service_pb.js';
import type { ChannelState, Session } from '../../gen/otp/v1/session_pb.js';
import { connectJson } from '../support/connectJson.js';
import { freePort } from '../support/freePort.js';
import { startService, type TestService } from '../support/service.js';
import { deliveredCode, otherThan } from '../wire/support/delivered.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function opened() {
  const send = connectJson(service.baseUrl, service.liveKey);
  const { body } = await send('otp.v1.OtpService/Send', { recipients: { email: 'fetch@example.com' } });
  return { sessionToken: body.sessionToken, code: await deliveredCode(service, body.session.id) };
}

type Fields<M, Left = never> = Exclude<keyof M, '$typeName' | '$unknown' | Left>;

describe('the client over fetch', () => {
  it('client C4 has the types of the contract', () => {
    expectTypeOf<keyof SessionJson>().toEqualTypeOf<Fields<Session>>();
    expectTypeOf<keyof ChannelStateJson>().toEqualTypeOf<Fields<ChannelState>>();
    // A session token names its session by itself, and the person's address is the caller's.
    // A page does not know the operation: its backend names it.
    expectTypeOf<keyof VerifyRequestJson>().toEqualTypeOf<Fields<VerifyRequest, 'sessionId' | 'operation'>>();
    expectTypeOf<keyof VerifyResponseJson>().toEqualTypeOf<Fields<VerifyResponse>>();
    expectTypeOf<keyof ResendRequestJson>().toEqualTypeOf<Fields<ResendRequest, 'sessionId' | 'endUserIp'>>();
    expectTypeOf<keyof ResendResponseJson>().toEqualTypeOf<Fields<ResendResponse>>();
  });

  it('client C4 verifies a session, with the reason of each failure', async () => {
    const { sessionToken, code } = await opened();
    const client = createFetchClient({ baseUrl: `${service.baseUrl}/`, sessionToken });
    expect((await client.getSession()).session?.status).toBe('SESSION_STATUS_PENDING');
    await expect(client.verify({ code: otherThan(code) })).rejects.toMatchObject({
      code: 'invalid_argument',
      reason: 'INVALID_CODE',
      attemptsRemaining: 2,
      channel: 'email',
    });
    await expect(client.resend()).rejects.toMatchObject({ reason: 'RESEND_TOO_SOON', retryAfter: 30 });
    const { session, verificationToken } = await client.verify({ code });
    expect(session?.status).toBe('SESSION_STATUS_APPROVED');
    expect(verificationToken).toMatch(/^otvt_/);
  });

  it('client C1 names a service that cannot be reached, as the web client does', async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    await expect(createFetchClient({ baseUrl, sessionToken: 'x' }).getSession()).rejects.toMatchObject({
      code: 'unavailable',
    });
    const error = await createSessionClient({ baseUrl, sessionToken: 'x' })
      .getSession({})
      .catch((thrown: ConnectError) => thrown);
    expect((error as ConnectError).code).toBe(Code.Unavailable);
  });
});

describe('what a page ships', () => {
  const bundled = async (contents: string) => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    const bytes = outputFiles[0]!.contents;
    return { bytes: bytes.length, gzip: gzipSync(bytes).length };
  };

  it.each([
    [
      'the input helper',
      "import { createOtpInput } from './clients/web/otpInput.ts'; createOtpInput({} as never);",
      2_048,
      2_048,
    ],
    [
      'the session client',
      "import { createSessionClient } from './clients/web/index.ts'; createSessionClient({} as never);",
      150_000,
      42_000,
    ],
    [
      'the client over fetch',
      "import { createFetchClient } from './clients/fetch/index.ts'; createFetchClient({} as never);",
      15_000,
      5_000,
    ],
  ])('client C4 for %s is small', async (_what, source, bytes, gzip) => {
    const size = await bundled(source);
    expect(size.bytes).toBeLessThanOrEqual(bytes);
    expect(size.gzip).toBeLessThanOrEqual(gzip);
  });
});

describe('the server', () => {
  it('client C3 lets pages send trace headers', async () => {
    const response = await fetch(`${service.baseUrl}/otp.v1.OtpService/Verify`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    const allowed = response.headers.get('access-control-allow-headers')!.split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['traceparent', 'tracestate', 'baggage']));
  });

  it.each(['/otp.v1.OtpService/Nothing', '/no.such.Service/Method'])(
    'client C5 responds to the unknown gRPC method %s with status 12 and its name',
    async (path) => {
      const response = await fetch(service.baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': 'application/grpc' },
        body: new Uint8Array(5),
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('grpc-status')).toBe('12');
      expect(response.headers.get('grpc-message')).toBe(`unknown method ${path}`);
    },
  );

  it('client C6 refuses gRPC-Web in text encoding with 415, as the documentation says', async () => {
    const { status } = await fetch(`${service.baseUrl}/otp.v1.OtpService/Send`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web-text' },
      body: 'AAAAAAA=',
    });
    expect(status).toBe(415);
    expect(await readFile('docs/guides/choose-an-api.md', 'utf8')).toMatch(/grpc-web-text` is 415/);
  });

  it('client C7 lists the health of its services', async () => {
    const { body } = await connectJson(service.baseUrl)('grpc.health.v1.Health/List', {});
    expect(body.statuses['']).toEqual({ status: 'SERVING' });
    expect(body.statuses['otp.v1.OtpService']).toEqual({ status: 'SERVING' });
  });
});
