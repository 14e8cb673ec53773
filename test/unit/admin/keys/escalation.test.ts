import { beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';

const service = serviceForSuite();
const SERVICE = 'otp.admin.v1.ApiKeyService';
type Call = ReturnType<typeof connectJson>;
let operator: Call;
const by = (secret: string) => connectJson(service.baseUrl, secret);
const inMs = (ms: number) => new Date(service.clock.now() + ms).toISOString();

async function make(scopes: readonly string[], more: object = {}, maker: Call = operator) {
  const { status, body } = await maker(`${SERVICE}/CreateApiKey`, {
    apiKey: { displayName: 'test', scopes, ...more },
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return { id: body.apiKey.id as string, secret: body.secret as string, call: by(body.secret) };
}

beforeAll(() => {
  operator = by(service.liveKey);
});

describe('a key that holds a scope the caller lacks', () => {
  it.each([
    ['operator', ['operator', 'admin']],
    ['another scope', ['admin', 'otp.send', 'otp.verify']],
  ])('cannot be changed, deleted or rotated: %s', async (_which, scopes) => {
    const admin = await make(['admin', 'otp.send']);
    const target = await make(scopes);
    const attacks: [string, object][] = [
      ['UpdateApiKey', { apiKey: { id: target.id, scopes: ['otp.send'] }, updateMask: 'scopes' }],
      ['UpdateApiKey', { apiKey: { id: target.id, expiresAt: inMs(1_000) }, updateMask: 'expiresAt' }],
      ['UpdateApiKey', { apiKey: { id: target.id, displayName: 'mine' }, updateMask: 'displayName' }],
      ['UpdateApiKey', { apiKey: { id: target.id, readOnly: true }, updateMask: 'readOnly' }],
      ['DeleteApiKey', { id: target.id }],
      ['RotateApiKey', { id: target.id }],
    ];
    for (const [method, request] of attacks)
      expect((await admin.call(`${SERVICE}/${method}`, request)).reason, method).toBe('PERMISSION_DENIED');
    const { body } = await operator(`${SERVICE}/GetApiKey`, { id: target.id });
    expect(body.apiKey).toMatchObject({ displayName: 'test', scopes });
    expect(body.apiKey.revokedAt).toBeUndefined();
    expect(body.apiKey.expiresAt).toBeUndefined();
  });

  it('can be changed by a key that holds them all, and by an operator', async () => {
    const admin = await make(['admin', 'otp.send']);
    const equal = await make(['admin', 'otp.send']);
    const renamed = { apiKey: { id: equal.id, displayName: 'new' }, updateMask: 'displayName' };
    expect((await admin.call(`${SERVICE}/UpdateApiKey`, renamed)).status).toBe(200);
    const other = await make(['otp.verify']);
    expect((await operator(`${SERVICE}/DeleteApiKey`, { id: other.id })).status).toBe(200);
  });
});

describe('a key that expires', () => {
  it.each([
    ['no expiry', undefined],
    ['a later expiry', 120_000],
  ])('cannot make one with %s, nor give itself or another one that', async (_which, ms) => {
    const mortal = await make(['admin', 'otp.send'], { expiresAt: inMs(60_000) });
    const expiresAt = ms === undefined ? {} : { expiresAt: inMs(ms) };
    const made = await mortal.call(`${SERVICE}/CreateApiKey`, {
      apiKey: { displayName: 'heir', scopes: ['otp.send'], ...expiresAt },
    });
    expect(made.fields).toEqual(['api_key.expires_at']);
    const heir = await make(['otp.send'], { expiresAt: inMs(30_000) }, mortal.call);
    for (const id of [mortal.id, heir.id]) {
      const changed = await mortal.call(`${SERVICE}/UpdateApiKey`, {
        apiKey: { id, displayName: 'heir', ...expiresAt },
        updateMask: 'displayName,expiresAt',
      });
      expect(changed.fields).toEqual(['api_key.expires_at']);
    }
    const renamed = { apiKey: { id: heir.id, displayName: 'new' }, updateMask: 'displayName' };
    const { body } = await mortal.call(`${SERVICE}/UpdateApiKey`, renamed);
    expect(body.apiKey.expiresAt).toBeDefined();
  });
});

describe('a key that does not exist', () => {
  it.each(['short', 'x'.repeat(513), `sk_otp_live_${'é'.repeat(43)}`, `sk otp live ${'a'.repeat(43)}`])(
    'of a wrong form is refused: %j',
    async (secret) => {
      const response = await fetch(`${service.baseUrl}/otp.v1.OtpService/ListSessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': Buffer.from(secret).toString('latin1') },
        body: '{}',
      });
      expect(response.status).toBe(401);
    },
  );

  it('works from the moment it is made, also where it was asked for before', async () => {
    const unknown = by('a-key-that-does-not-exist-anywhere-at-all');
    for (let n = 0; n < 3; n++)
      expect((await unknown('otp.v1.OtpService/ListSessions', {})).reason).toBe('UNAUTHENTICATED');
    const made = await make(['sessions.read']);
    expect((await made.call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
  });
});
