import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';

const SERVICE = 'otp.admin.v1.ApiKeyService';
const service = serviceForSuite();
let admin: ReturnType<typeof connectJson>;

beforeAll(async () => {
  admin = connectJson(service.baseUrl, service.liveKey);
});

const make = (scopes: string[], more = {}) =>
  admin(`${SERVICE}/CreateApiKey`, { apiKey: { displayName: 'a key', scopes, ...more } });

describe('API keys', () => {
  it('are shown once and work at once, with their scopes only', async () => {
    const { body } = await make(['otp.send']);
    expect(body.secret).toMatch(/^sk_otp_live_[\w-]{43}$/);
    const call = connectJson(service.baseUrl, body.secret);
    expect((await call('otp.v1.OtpService/Send', { recipients: { email: 'a@example.com' } })).status).toBe(
      200,
    );
    expect((await call('otp.v1.OtpService/ListSessions', {})).reason).toBe('PERMISSION_DENIED');
    const read = await admin(`${SERVICE}/GetApiKey`, { id: body.apiKey.id });
    expect(JSON.stringify(read.body)).not.toContain(body.secret);
  });

  it('are refused within five seconds of being revoked, and stay listed', async () => {
    const { body } = await make(['sessions.read']);
    const call = connectJson(service.baseUrl, body.secret);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    expect((await admin(`${SERVICE}/DeleteApiKey`, { id: body.apiKey.id })).status).toBe(200);
    service.clock.advance(5_000);
    expect((await call('otp.v1.OtpService/ListSessions', {})).reason).toBe('UNAUTHENTICATED');
    const listed = await admin(`${SERVICE}/ListApiKeys`, {});
    expect(
      listed.body.apiKeys.find(({ id }: { id: string }) => id === body.apiKey.id).revokedAt,
    ).toBeDefined();
  });

  it('are refused from the moment they expire', async () => {
    const expiresAt = new Date(service.clock.now() + 60_000).toISOString();
    const { body } = await make(['sessions.read'], { expiresAt });
    const call = connectJson(service.baseUrl, body.secret);
    service.clock.advance(59_999);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    service.clock.advance(1);
    expect((await call('otp.v1.OtpService/ListSessions', {})).reason).toBe('UNAUTHENTICATED');
  });

  it('cannot be given what the caller does not hold', async () => {
    const { body } = await make(['admin', 'otp.send']);
    const call = connectJson(service.baseUrl, body.secret);
    const beyond = await call(`${SERVICE}/CreateApiKey`, {
      apiKey: { displayName: 'more', scopes: ['otp.verify'] },
    });
    expect(beyond.reason).toBe('PERMISSION_DENIED');
    const other = await call(`${SERVICE}/ListApiKeys`, { workspace: 'another' });
    expect(other.reason).toBe('PERMISSION_DENIED');
  });

  it('change by field mask, and only what the mask names', async () => {
    const { body } = await make(['otp.send']);
    const { id } = body.apiKey;
    const changed = await admin(`${SERVICE}/UpdateApiKey`, {
      apiKey: { id, displayName: 'renamed', scopes: ['otp.verify'] },
      updateMask: 'displayName',
    });
    expect(changed.body.apiKey).toMatchObject({ displayName: 'renamed', scopes: ['otp.send'] });
    const nothing = await admin(`${SERVICE}/UpdateApiKey`, { apiKey: { id, displayName: 'x' } });
    expect(nothing.fields).toEqual(['update_mask']);
    const empty = await admin(`${SERVICE}/UpdateApiKey`, { apiKey: { id }, updateMask: 'displayName' });
    expect(empty.fields).toEqual(['api_key.display_name']);
  });

  it('are listed by pages, each once', async () => {
    for (let i = 0; i < 5; i++) await make(['otp.send']);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const { body } = await admin(`${SERVICE}/ListApiKeys`, { pageSize: 2, pageToken });
      expect(body.apiKeys.length).toBeLessThanOrEqual(2);
      seen.push(...body.apiKeys.map(({ id }: { id: string }) => id));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  it('are audited: who, what, when and how it ended', async () => {
    const { body } = await make(['otp.send']);
    await admin(`${SERVICE}/DeleteApiKey`, { id: 'unknown' });
    const { body: audit } = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 2 });
    expect(audit.entries).toMatchObject([
      { method: `${SERVICE}/DeleteApiKey`, outcome: 'NOT_FOUND' },
      { method: `${SERVICE}/CreateApiKey`, outcome: 'OK', resource: `apiKeys/${body.apiKey.id}` },
    ]);
    expect(JSON.stringify(audit)).not.toContain(body.secret);
  });
});
