import { describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { webhookAdmin } from './support/webhookAdmin.js';

const HOUR_MS = 3_600_000;

eachEngine((engine) => {
  const { service, newAdmin, newWorkspace, ask, listen, deliveries } = webhookAdmin(engine);
  const calls = (key: string) => connectJson(service.baseUrl, key);

  /** A link that was made with `admin`, and the key in it. */
  async function linkOf(admin: Awaited<ReturnType<typeof newAdmin>>, message: object = {}) {
    const { status, body } = await ask(admin, 'CreatePortalLink', message);
    expect(status, JSON.stringify(body)).toBe(200);
    const { url, expiresAt } = body as { readonly url: string; readonly expiresAt: string };
    const [page, key = ''] = url.split('#t=');
    return { page, key, portal: calls(key), endsInMs: Date.parse(expiresAt) - service.clock.now() };
  }

  describe('CreatePortalLink', () => {
    it('leads to the portal with a key that sees and changes the webhooks of its workspace', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin);
      const { page, portal, endsInMs } = await linkOf(admin);
      expect(page).toBe(`${service.baseUrl}/portal`);
      expect(endsInMs).toBe(HOUR_MS);
      expect(await deliveries(portal, id)).toEqual([]);
      const changed = await ask(portal, 'UpdateWebhookEndpoint', {
        webhookEndpoint: { id, description: 'orders' },
        updateMask: 'description',
      });
      expect(changed.body.webhookEndpoint.description).toBe('orders');
      expect((await ask(portal, 'DeleteWebhookEndpoint', { id })).status).toBe(200);
    });

    it.each([
      'otp.v1.OtpService/ListSessions',
      'otp.admin.v1.ApiKeyService/ListApiKeys',
      'otp.admin.v1.SessionService/ListSessions',
      'otp.admin.v1.WorkspaceService/GetWorkspace',
      'otp.admin.v1.WebhookService/CreatePortalLink',
    ])('does not open %s', async (method) => {
      const { portal } = await linkOf(await newAdmin());
      expect((await portal(method, {})).body.code).toBe('permission_denied');
    });

    it('sees nothing of another workspace, and is made for another by an operator only', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin);
      const other = newWorkspace();
      const { portal } = await linkOf(await newAdmin());
      expect((await ask(portal, 'GetWebhookEndpoint', { id })).status).toBe(404);
      expect((await ask(admin, 'CreatePortalLink', { workspace: other })).body.code).toBe(
        'permission_denied',
      );
      const operator = calls(service.liveKey);
      expect((await ask(operator, 'CreatePortalLink', { workspace: other })).status).toBe(404);
      await operator('otp.admin.v1.WorkspaceService/CreateWorkspace', { workspace: { name: other } });
      const link = await linkOf(operator, { workspace: other, mode: 'MODE_TEST' });
      const { body } = await link.portal('otp.admin.v1.AccessService/WhoAmI', {});
      expect(body).toMatchObject({ workspace: other, mode: 'MODE_TEST', scopes: ['webhooks'] });
    });

    it('changes nothing where it is read-only', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin);
      const { portal } = await linkOf(admin, { readOnly: true });
      expect((await ask(portal, 'GetWebhookEndpoint', { id })).status).toBe(200);
      for (const method of [
        'DeleteWebhookEndpoint',
        'RotateWebhookSecret',
        'SendTestEvent',
        'ReplayWebhookEvents',
      ])
        expect((await ask(portal, method, { id })).body.code, method).toBe('permission_denied');
    });

    it('works for 1 minute to 24 hours, and not a second longer', async () => {
      const admin = await newAdmin();
      for (const lifetime of ['59s', '86401s'])
        expect((await ask(admin, 'CreatePortalLink', { lifetime })).body.code).toBe('invalid_argument');
      expect((await linkOf(admin, { lifetime: '86400s' })).endsInMs).toBe(24 * HOUR_MS);
      const { portal } = await linkOf(admin, { lifetime: '60s' });
      service.clock.advance(59_000);
      expect((await ask(portal, 'ListWebhookEndpoints')).status).toBe(200);
      service.clock.advance(1_000);
      expect((await ask(portal, 'ListWebhookEndpoints')).body.code).toBe('unauthenticated');
    });

    it('ends no later than the credential that made it', async () => {
      const admin = await newAdmin();
      const expiresAt = new Date(service.clock.now() + 120_000).toISOString();
      const { body } = await admin('otp.admin.v1.ApiKeyService/CreateApiKey', {
        apiKey: { displayName: 'short', scopes: ['admin'], expiresAt },
      });
      expect((await linkOf(calls(body.secret))).endsInMs).toBe(120_000);
    });

    it('ends when its key is revoked, which is listed and recorded with its maker', async () => {
      const admin = await newAdmin();
      const { key, portal } = await linkOf(admin);
      const { body } = await admin('otp.admin.v1.ApiKeyService/ListApiKeys', {});
      const listed = body.apiKeys.find((one: { displayName: string }) => one.displayName === 'Portal link');
      expect(listed.scopes).toEqual(['webhooks']);
      const { body: log } = await admin('otp.admin.v1.AuditService/ListAuditEntries', {});
      expect(log.entries[0]).toMatchObject({
        method: 'otp.admin.v1.WebhookService/CreatePortalLink',
        resource: `apiKeys/${listed.id}`,
      });
      expect(JSON.stringify(log)).not.toContain(key);
      await admin('otp.admin.v1.ApiKeyService/DeleteApiKey', { id: listed.id });
      service.clock.advance(6_000);
      expect((await ask(portal, 'ListWebhookEndpoints')).body.code).toBe('unauthenticated');
    });
  });
});
