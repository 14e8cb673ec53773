import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine, onEmbedded } from '../../../support/engines.js';
import { startService, type TestService } from '../../../support/service.js';

const SERVICE = 'otp.admin.v1.ApiKeyService';
const WHO = 'otp.admin.v1.AccessService/WhoAmI';
const HOUR = 3_600_000;

eachEngine((engine) => {
  let service: TestService;
  let admin: ReturnType<typeof connectJson>;

  beforeAll(async () => {
    service = await startService({ documents: await engine.open() });
    admin = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(() => service.stop());

  const make = async () => {
    const apiKey = { displayName: 'a key', scopes: ['sessions.read'] };
    const { body } = await admin(`${SERVICE}/CreateApiKey`, { apiKey });
    return { id: body.apiKey.id as string, secret: body.secret as string };
  };
  const rotate = (id: string, more = {}) => admin(`${SERVICE}/RotateApiKey`, { id, ...more });
  const works = async (secret: string) =>
    (await connectJson(service.baseUrl, secret)(WHO, {})).status === 200;
  /** What other processes know is at most this old. */
  const settle = () => service.clock.advance(5_000);

  describe('a rotated key', () => {
    it('works with both secrets until the overlap ends, then with the new one', async () => {
      const { id, secret } = await make();
      const { body } = await rotate(id, { overlap: '3600s' });
      expect(body.secret).toMatch(/^sk_otp_live_[\w-]{43}$/);
      expect(body.apiKey.oldSecretUntil).toBe(
        new Date(service.clock.now() + HOUR).toISOString().replace('.000', ''),
      );
      expect([await works(secret), await works(body.secret)]).toEqual([true, true]);
      service.clock.advance(HOUR);
      expect([await works(secret), await works(body.secret)]).toEqual([false, true]);
      const who = await connectJson(service.baseUrl, body.secret)(WHO, {});
      expect(who.body.apiKeyId).toBe(id);
    });

    it('refuses the old secret at once where there is no overlap', async () => {
      const { id, secret } = await make();
      expect(await works(secret)).toBe(true);
      const { body } = await rotate(id, { overlap: '0s' });
      expect([await works(secret), await works(body.secret)]).toEqual([false, true]);
    });

    it('ends the older secret when it is rotated again', async () => {
      const { id, secret } = await make();
      const second = (await rotate(id)).body.secret;
      const third = (await rotate(id)).body.secret;
      settle();
      expect([await works(secret), await works(second), await works(third)]).toEqual([false, true, true]);
    });

    it('returns the same secret for the same request, and refuses another with its id', async () => {
      const { id } = await make();
      const { body } = await rotate(id, { requestId: 'r-1' });
      expect((await rotate(id, { requestId: 'r-1' })).body).toEqual(body);
      expect((await rotate(id, { requestId: 'r-1', overlap: '60s' })).reason).toBe('IDEMPOTENCY_CONFLICT');
      service.clock.advance(24 * HOUR);
      expect((await rotate(id, { requestId: 'r-1' })).body.secret).not.toBe(body.secret);
    });

    it('gives calls at the same time one secret for one request, and none that does not work', async () => {
      const { id } = await make();
      const same = await Promise.all([1, 2, 3].map(() => rotate(id, { requestId: 'together' })));
      expect(new Set(same.map(({ body }) => body.secret)).size).toBe(1);
      expect(await works(same[0]!.body.secret)).toBe(true);
    });

    it('is refused with every secret once it is revoked, and cannot be rotated', async () => {
      const { id, secret } = await make();
      const { body } = await rotate(id);
      await admin(`${SERVICE}/DeleteApiKey`, { id });
      settle();
      expect([await works(secret), await works(body.secret)]).toEqual([false, false]);
      expect((await rotate(id)).reason).toBe('NOT_FOUND');
    });

    it('is listed once, and its secrets are in no document', async () => {
      const { id } = await make();
      const { body } = await rotate(id);
      const listed = await admin(`${SERVICE}/ListApiKeys`, { pageSize: 100 });
      expect(listed.body.apiKeys.filter((key: { id: string }) => key.id === id)).toHaveLength(1);
      const keys = await service.documents.collection('keys').find({}).toArray();
      expect(JSON.stringify(keys)).not.toContain(body.secret.slice('sk_otp_live_'.length));
    });
  });
});

onEmbedded(() => {
  let service: TestService;
  let admin: ReturnType<typeof connectJson>;
  beforeAll(async () => {
    service = await startService();
    admin = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(() => service.stop());

  it('WhoAmI describes the key, with the scopes that others include', async () => {
    const expiresAt = new Date(service.clock.now() + HOUR).toISOString();
    const apiKey = { displayName: 'console', scopes: ['admin'], expiresAt, readOnly: true };
    const { body } = await admin(`${SERVICE}/CreateApiKey`, { apiKey });
    const who = await connectJson(service.baseUrl, body.secret)(WHO, {});
    expect(who.body).toMatchObject({
      workspace: 'default',
      mode: 'MODE_LIVE',
      scopes: ['support', 'analyst', 'webhooks', 'admin'],
      apiKeyId: body.apiKey.id,
      displayName: 'console',
      actor: body.apiKey.id,
      workspaces: ['default'],
      readOnly: true,
      development: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(Date.parse(who.body.expiresAt)).toBe(Date.parse(expiresAt));
    expect((await admin(WHO, {})).body.workspaces).toEqual(['-']);
  });

  it('an access token holds what its scopes include, and stays read-only', async () => {
    const apiKey = { displayName: 'auditor', scopes: ['admin', 'otp.send'], readOnly: true };
    const made = await admin(`${SERVICE}/CreateApiKey`, { apiKey });
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: made.body.apiKey.id,
      client_secret: made.body.secret,
      scope: 'admin',
    });
    const token = await fetch(`${service.baseUrl}/v1/oauth/token`, { method: 'POST', body: form });
    const call = connectJson(
      service.baseUrl,
      ((await token.json()) as { access_token: string }).access_token,
    );
    const who = await call(WHO, {});
    expect(who.body).toMatchObject({ scopes: ['support', 'analyst', 'webhooks', 'admin'], readOnly: true });
    expect(Date.parse(who.body.expiresAt)).toBeGreaterThan(service.clock.now());
    expect((await call(`${SERVICE}/CreateApiKey`, { apiKey })).reason).toBe('PERMISSION_DENIED');
  });

  it('admin grants what it includes, and not otp.vouch unless it holds it', async () => {
    const made = await admin(`${SERVICE}/CreateApiKey`, { apiKey: { displayName: 'a', scopes: ['admin'] } });
    const call = connectJson(service.baseUrl, made.body.secret);
    const grant = (scopes: string[]) =>
      call(`${SERVICE}/CreateApiKey`, { apiKey: { displayName: 'b', scopes } });
    expect((await grant(['support', 'analyst', 'webhooks'])).status).toBe(200);
    expect((await grant(['otp.vouch'])).reason).toBe('PERMISSION_DENIED');
  });
});
