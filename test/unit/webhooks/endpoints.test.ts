import { describe, expect, it } from 'vitest';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import { eachEngine } from '../../support/engines.js';
import { keyOf } from '../../support/tenant.js';
import { verified } from '../../support/webhookReceiver.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { webhookAdmin } from './support/webhookAdmin.js';

const SERVICE = 'otp.admin.v1.WebhookService';
const HOUR = 3_600_000;

eachEngine((engine) => {
  const {
    service,
    receiver,
    newWorkspace,
    newAdmin,
    ask,
    create,
    listen,
    update,
    get,
    send,
    cancel,
    passing,
    cameFor,
    deliveries,
    settled,
  } = webhookAdmin(engine);

  describe('an endpoint', () => {
    it('is registered, shown without its secret, listed, changed and deleted, and all of it is recorded', async () => {
      const admin = await newAdmin();
      const made = await create(admin, { eventTypes: ['session.approved'], description: 'shop' });
      expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      const endpoint = {
        id: expect.any(String),
        url: receiver.url,
        eventTypes: ['session.approved'],
        description: 'shop',
        mode: 'MODE_LIVE',
        createdAt: expect.any(String),
      };
      expect(made.body.webhookEndpoint).toEqual(endpoint);
      const { id } = made.body.webhookEndpoint;
      expect(await get(admin, id)).toEqual(endpoint);
      const second = await listen(admin);
      const { body } = await ask(admin, 'ListWebhookEndpoints');
      expect(body.webhookEndpoints.map((one: { id: string }) => one.id)).toEqual([id, second.id]);
      const changed = await update(admin, id, { description: 'till' }, 'eventTypes,description');
      const { eventTypes: _none, ...rest } = endpoint;
      expect(changed.body.webhookEndpoint).toEqual({ ...rest, description: 'till' });
      expect((await ask(admin, 'DeleteWebhookEndpoint', { id })).status).toBe(200);
      for (const method of ['GetWebhookEndpoint', 'DeleteWebhookEndpoint', 'RotateWebhookSecret'])
        expect((await ask(admin, method, { id })).reason).toBe('NOT_FOUND');
      const audit = await admin('otp.admin.v1.AuditService/ListAuditEntries', {});
      const recorded = audit.body.entries
        .filter(({ method }: { method: string }) => method.startsWith(`${SERVICE}/`))
        .map(({ method, resource, outcome }: Record<string, string>) => [
          method?.split('/')[1],
          resource,
          outcome,
        ])
        .reverse();
      expect(recorded.slice(0, 4)).toEqual([
        ['CreateWebhookEndpoint', `webhookEndpoints/${id}`, 'OK'],
        ['CreateWebhookEndpoint', `webhookEndpoints/${second.id}`, 'OK'],
        ['UpdateWebhookEndpoint', `webhookEndpoints/${id}`, 'OK'],
        ['DeleteWebhookEndpoint', `webhookEndpoints/${id}`, 'OK'],
      ]);
      expect(JSON.stringify(audit.body)).not.toContain(receiver.url);
    });

    it.each([
      [{ url: '' }, 'webhook_endpoint.url'],
      [{ url: 'nonsense' }, 'webhook_endpoint.url'],
      [{ url: 'ftp://example.com/' }, 'webhook_endpoint.url'],
      [{ url: 'https://user:pass@example.com/' }, 'webhook_endpoint.url'],
      [{ url: 'https://example.com/#part' }, 'webhook_endpoint.url'],
      [{ url: `https://example.com/${'x'.repeat(2029)}` }, 'webhook_endpoint.url'],
      [{ eventTypes: ['session.opened'] }, 'webhook_endpoint.event_types[0]'],
      [{ eventTypes: ['webhook.test'] }, 'webhook_endpoint.event_types[0]'],
      [{ eventTypes: ['session.locked', 'session.locked'] }, 'webhook_endpoint.event_types'],
      [{ description: 'x'.repeat(257) }, 'webhook_endpoint.description'],
      [{ mode: 7 }, 'webhook_endpoint.mode'],
    ])('is refused with %j, new or changed', async (fields, field) => {
      const admin = await newAdmin();
      const { reason, fields: named } = await create(admin, fields);
      expect({ reason, named }).toEqual({ reason: 'INVALID_REQUEST', named: [field] });
      expect((await ask(admin, 'ListWebhookEndpoints')).body).toEqual({});
      if ('mode' in fields) return;
      const { id } = await listen(admin);
      const before = await get(admin, id);
      const changed = await update(admin, id, fields, Object.keys(fields)[0]!);
      expect(changed.fields).toEqual([field]);
      expect(await get(admin, id)).toEqual(before);
    });

    it('is taken with the longest values', async () => {
      const admin = await newAdmin();
      const url = `https://example.com/${'x'.repeat(2028)}`;
      expect((await create(admin, { url, description: 'x'.repeat(256), disabled: true })).status).toBe(200);
    });

    it('is one of ten at most, those of the sandbox not counted, also where two come at once', async () => {
      const workspace = newWorkspace();
      const [admin, tester] = [
        await keyOf(service, workspace),
        await keyOf(service, workspace, ['admin'], 'MODE_TEST'),
      ];
      await listen(tester);
      for (let n = 1; n < WEBHOOK_LIMITS.endpoints; n++) await listen(admin);
      const both = await Promise.all([create(admin), create(admin)]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
      const { reason, fields } = await create(admin);
      expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: ['webhook_endpoint'] });
      expect((await ask(admin, 'ListWebhookEndpoints')).body.webhookEndpoints).toHaveLength(10);
    });

    it('of the sandbox receives sandbox sessions only, and is managed by its own keys', async () => {
      const workspace = newWorkspace();
      const admin = await keyOf(service, workspace);
      const tester = await keyOf(service, workspace, ['admin', 'otp.send'], 'MODE_TEST');
      const live = await listen(admin, { url: `${receiver.url}/live` });
      const test = await listen(tester, { url: `${receiver.url}/test` });
      for (const [call, id] of [
        [admin, test.id],
        [tester, live.id],
      ] as const)
        expect((await ask(call, 'GetWebhookEndpoint', { id })).reason).toBe('NOT_FOUND');
      expect((await ask(admin, 'ListWebhookEndpoints', { mode: 'MODE_TEST' })).reason).toBe(
        'PERMISSION_DENIED',
      );
      const sandbox = await send(admin, { sandbox: true });
      const real = await send(admin);
      await cancel(admin, sandbox);
      await cancel(admin, real);
      const of = (sessionId: string) =>
        cameFor(sessionId).filter(({ event }) => event.type === 'session.canceled');
      await passing(() => of(sandbox).length > 0 && of(real).length > 0);
      expect(of(sandbox).map(({ path, event }) => [path, event.data.sandbox])).toEqual([['/test', true]]);
      expect(of(real).map(({ path, event }) => [path, event.data.sandbox])).toEqual([['/live', false]]);
    });

    it('receives sessions opened after it was registered', async () => {
      const admin = await newAdmin();
      const before = await send(admin);
      await listen(admin);
      const after = await send(admin);
      await admin('otp.v1.OtpService/Verify', {
        sessionId: before,
        code: await deliveredCode(service, before),
      });
      await cancel(admin, after);
      await passing(() => cameFor(after).some(({ event }) => event.type === 'session.canceled'));
      expect(cameFor(before)).toEqual([]);
    });

    it('that is disabled is sent nothing, its pending events are dropped, and enabling it brings none back', async () => {
      const admin = await newAdmin();
      receiver.respond(500);
      const { id } = await listen(admin);
      const session = await send(admin);
      await passing(() => cameFor(session).length > 0);
      await passing(async () => (await deliveries(admin, id))[0]?.attempts?.length === 1);
      const off = await update(admin, id, { disabled: true }, 'disabled');
      expect(off.body.webhookEndpoint).toMatchObject({
        disabled: true,
        disabledReason: 'WEBHOOK_DISABLED_REASON_OPERATOR',
        disabledAt: expect.any(String),
      });
      expect((await deliveries(admin, id))[0]).not.toHaveProperty('waiting');
      // Nothing changes where nothing is said: it stays as it was disabled.
      service.clock.advance(1_000);
      const again = await update(admin, id, { disabled: true }, 'disabled');
      expect(again.body).toEqual(off.body);
      receiver.respond(204);
      const meanwhile = await send(admin);
      await cancel(admin, meanwhile);
      service.clock.advance(1_000);
      const on = await update(admin, id, {}, 'disabled');
      for (const field of ['disabled', 'disabledReason', 'disabledAt', 'failingSince'])
        expect(on.body.webhookEndpoint).not.toHaveProperty(field);
      const later = await send(admin);
      await passing(() => cameFor(later).length > 0);
      service.clock.advance(60_000);
      await settled(admin, id);
      expect(cameFor(session)).toHaveLength(1);
      expect(cameFor(meanwhile)).toEqual([]);
    });

    it('shows since when it fails, and a new URL counts from zero', async () => {
      const admin = await newAdmin();
      receiver.respond(500);
      const { id } = await listen(admin);
      await send(admin);
      await passing(async () => (await get(admin, id)).failingSince);
      await update(admin, id, { url: receiver.url }, 'url');
      expect(await get(admin, id)).toHaveProperty('failingSince');
      await update(admin, id, { url: `${receiver.url}/new` }, 'url');
      expect(await get(admin, id)).not.toHaveProperty('failingSince');
    });
  });

  describe('a secret that is rotated', () => {
    it('signs for 24 hours more, beside the new one, and no longer', async () => {
      const admin = await newAdmin();
      const { id, secret: old } = await listen(admin);
      const rotated = await ask(admin, 'RotateWebhookSecret', { id });
      const { secret } = rotated.body;
      expect(secret).not.toBe(old);
      const until = service.clock.now() + 24 * HOUR;
      expect(Date.parse(rotated.body.webhookEndpoint.oldSecretUntil)).toBe(until);
      await ask(admin, 'SendTestEvent', { id });
      service.clock.advance(24 * HOUR - 1);
      await ask(admin, 'SendTestEvent', { id });
      for (const one of receiver.received) for (const known of [old, secret]) verified(known, one);
      service.clock.advance(1);
      await ask(admin, 'SendTestEvent', { id });
      verified(secret, receiver.received[2]!);
      expect(() => verified(old, receiver.received[2]!)).toThrow('No matching signature');
      expect(await get(admin, id)).not.toHaveProperty('oldSecretUntil');
    });

    it('is one of three that sign at most', async () => {
      const admin = await newAdmin();
      const { id, secret } = await listen(admin);
      const secrets = [secret];
      for (let n = 0; n < 3; n++) secrets.push((await ask(admin, 'RotateWebhookSecret', { id })).body.secret);
      await ask(admin, 'SendTestEvent', { id });
      for (const one of secrets.slice(1)) verified(one, receiver.received[0]!);
      expect(() => verified(secret, receiver.received[0]!)).toThrow('No matching signature');
    });

    it('by two at once gives each a secret that signs', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin);
      const both = await Promise.all([1, 2].map(() => ask(admin, 'RotateWebhookSecret', { id })));
      await ask(admin, 'SendTestEvent', { id });
      for (const { body } of both) verified(body.secret, receiver.received[0]!);
    });
  });
});
