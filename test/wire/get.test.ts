import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { describe, expect, it } from 'vitest';
import { bearing } from '../../clients/calling/credential.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { serviceForSuite } from '../support/serviceForSuite.js';

const service = serviceForSuite();

describe.each([false, true])('Connect with GET, useBinaryFormat %s', (useBinaryFormat) => {
  const clientOf = (calls: { method: string | undefined; cacheControl: string | null }[]) => {
    const transport = createConnectTransport({
      baseUrl: service.baseUrl,
      useHttpGet: true,
      useBinaryFormat,
      interceptors: [bearing(service.liveKey)],
      async fetch(input, init) {
        const response = await fetch(input, init);
        calls.push({ method: init?.method, cacheControl: response.headers.get('cache-control') });
        return response;
      },
    });
    return createClient(OtpService, transport);
  };

  it('reads a session and lists sessions, and forbids caching of the responses', async () => {
    const calls: { method: string | undefined; cacheControl: string | null }[] = [];
    const client = clientOf(calls);
    const { session } = await client.send({
      recipients: { email: `get.${useBinaryFormat}@example.com` },
      purpose: 'get',
    });
    expect((await client.getSession({ sessionId: session!.id })).session?.id).toBe(session!.id);
    const { sessions } = await client.listSessions({ purpose: 'get', pageSize: 1 });
    expect(sessions.map(({ id }) => id)).toEqual([session!.id]);
    expect(calls.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    expect(calls.slice(1).map(({ cacheControl }) => cacheControl)).toEqual(['no-store', 'no-store']);
  });
});
