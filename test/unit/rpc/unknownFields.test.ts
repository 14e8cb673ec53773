import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { findUnknownField } from '../../../server/rpc/unknownFields.js';
import { connectJson, type JsonResponse } from '../../support/connectJson.js';
import { startService, type TestService } from '../../support/service.js';

const { send, listSessions } = OtpService.method;

describe('an unknown field of a request in JSON', () => {
  it.each([
    [send, { config: { codeLenght: 8 } }, 'config.codeLenght', 'codeLength'],
    [send, { recipient: { email: 'a@example.com' } }, 'recipient', 'recipients'],
    [send, { fallback: [{ channel: 'CHANNEL_SMS', waitSeconds: 1 }] }, 'fallback[0].waitSeconds', undefined],
    [send, { RECIPIENTS: {} }, 'RECIPIENTS', 'recipients'],
    [listSessions, { workspace: 'other' }, 'workspace', undefined],
    [listSessions, { page_sise: 1 }, 'page_sise', 'pageSize'],
    [listSessions, { __proto: 1 }, '__proto', undefined],
    [listSessions, { constructor: 1 }, 'constructor', undefined],
  ])('P15 in $name: %j', (method, request, field, nearest) => {
    const found = findUnknownField(method.input, JSON.stringify(request));
    expect(found?.field).toBe(field);
    const suggested = /the nearest is (\w+)$/.exec(found!.description)?.[1];
    expect(suggested).toBe(nearest);
  });

  it.each([
    [send, { recipients: { email: 'a@example.com' }, add_contact: true, addContact: true }],
    [send, { metadata: { anything: { codeLenght: 1 } }, config: { lifetime: '300s' } }],
    [listSessions, { metadata: { any: 'thing' }, createdAfter: '2030-01-01T00:00:00Z' }],
  ])('P15 is none where the contract has it, in %j', (method, request) => {
    expect(findUnknownField(method.input, JSON.stringify(request))).toBeUndefined();
  });

  it.each(['x'.repeat(60_000), '482913', 'sk_otp_live_0123', 'a@example.com', 'eyJ\u0000'])(
    'P15 is not repeated where it is no name: it may be a secret',
    (name) => {
      const found = findUnknownField(send.input, JSON.stringify({ [name]: 1, config: {} }));
      expect(found).toEqual({ field: 'body', description: 'has a field that is not in the contract' });
    },
  );
});

describe('over the wire', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());
  const outcome = ({ status, reason, fields }: JsonResponse) => ({ status, reason, fields });

  it.each([
    ['otp.v1.OtpService/ListSessions', { workspace: 'other' }, 'workspace'],
    ['otp.admin.v1.WorkspaceService/ListWorkspaces', { pagesize: 1 }, 'pagesize'],
  ])('P15 %s with %j is refused, but for a generated client', async (method, request, field) => {
    const call = connectJson(service.baseUrl, service.liveKey);
    const refused = { status: 400, reason: 'INVALID_REQUEST', fields: [field] };
    expect(outcome(await call(method, request))).toEqual(refused);
    const generated = { 'connect-protocol-version': '1' };
    expect((await call(method, request, generated)).status).toBe(200);
    // What Connect's own handler serves.
    const other = { 'accept-encoding': 'gzip', 'connect-timeout-ms': 'x' };
    expect((await call(method, request, other)).status).toBe(400);
  });

  it('P15 in a GET is refused, but for a generated client', async () => {
    const message = encodeURIComponent('{"sesionId":"x"}');
    const get = (more: string) =>
      fetch(`${service.baseUrl}/otp.v1.OtpService/GetSession?encoding=json&message=${message}${more}`, {
        headers: { authorization: `Bearer ${service.liveKey}` },
      });
    expect((await get('')).status).toBe(400);
    expect((await (await get('')).json()).message).toContain('sesionId');
    expect((await (await get('&connect=v1')).json()).message).not.toContain('sesionId');
  });
});
