import { describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { verified } from '../../support/webhookReceiver.js';
import { webhookAdmin } from './support/webhookAdmin.js';

const TYPES = [
  ['session.partial', { status: 'PARTIAL', channel: 'email' }],
  ['session.approved', { status: 'APPROVED', channel: 'email' }],
  ['session.locked', { status: 'LOCKED' }],
  ['session.expired', { status: 'EXPIRED' }],
  ['session.canceled', { status: 'CANCELED' }],
  ['delivery.accepted', { channel: 'email' }],
  ['delivery.delivered', { channel: 'email' }],
  ['delivery.failed', { channel: 'email', error: 'WRONG_RECIPIENT' }],
] as const;

eachEngine((engine) => {
  const {
    service,
    receiver,
    newAdmin,
    newWorkspace,
    ask,
    create,
    listen,
    update,
    passing,
    settled,
    deliveries,
  } = webhookAdmin(engine);

  /** A workspace with a test key. */
  async function tester() {
    const workspace = newWorkspace();
    const operator = connectJson(service.baseUrl, service.liveKey);
    await operator('otp.admin.v1.WorkspaceService/CreateWorkspace', { workspace: { name: workspace } });
    const { body } = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', {
      workspace,
      apiKey: { displayName: 'test', scopes: ['admin', 'sessions.read'], mode: 'MODE_TEST' },
    });
    return { workspace, operator, test: connectJson(service.baseUrl, body.secret) };
  }
  const trigger = (caller: Awaited<ReturnType<typeof newAdmin>>, message: object = {}) =>
    ask(caller, 'TriggerEvent', { eventType: 'session.approved', ...message });

  describe('TriggerEvent', () => {
    it.each(TYPES)('sends %s, marked as a test and signed', async (eventType, data) => {
      const { test } = await tester();
      const { id, secret } = await listen(test);
      const { status, body } = await trigger(test, { eventType });
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body.endpoints).toBe(1);
      const came = await passing(() => receiver.received[0]);
      verified(secret, came);
      expect(came.headers['webhook-id']).toBe(body.event.id);
      expect(String(came.body)).toBe(body.event.body);
      expect(JSON.parse(body.event.body)).toMatchObject({
        type: eventType,
        timestamp: new Date(body.event.at).toISOString(),
        data: { session_id: body.event.sessionId, sandbox: true, test: true, ...data },
      });
      await settled(test, id);
      expect((await deliveries(test, id))[0].sessionId).toBe(body.event.sessionId);
      const { body: read } = await ask(test, 'GetWebhookEvent', { eventId: body.event.id });
      expect(read.event).toEqual(body.event);
      const session = await test('otp.v1.OtpService/GetSession', { sessionId: body.event.sessionId });
      expect(session.status).toBe(404);
    });

    it('reaches the endpoints that are subscribed and not disabled, or the one that is named', async () => {
      const { test } = await tester();
      const other = await listen(test, { eventTypes: ['session.locked'] });
      const off = await listen(test);
      await update(test, off.id, { disabled: true }, 'disabled');
      expect((await trigger(test)).body.endpoints ?? 0).toBe(0);
      expect((await trigger(test, { eventType: 'session.locked' })).body.endpoints).toBe(1);
      expect((await trigger(test, { endpointId: other.id })).body.endpoints).toBe(1);
      await passing(() => receiver.received.length === 2);
      const refused = await trigger(test, { endpointId: off.id });
      expect(refused.body.details?.length).toBeGreaterThan(0);
      expect(refused.reason).toBe('INVALID_REQUEST');
    });

    it('makes one event for a request id, and refuses the id for another request', async () => {
      const { test } = await tester();
      const { id } = await listen(test);
      const first = await trigger(test, { requestId: 'one' });
      service.clock.advance(1_000);
      expect((await trigger(test, { requestId: 'one' })).body).toEqual(first.body);
      const other = await trigger(test, { requestId: 'one', eventType: 'session.locked' });
      expect(other.reason).toBe('IDEMPOTENCY_CONFLICT');
      await settled(test, id);
      expect(receiver.received).toHaveLength(1);
    });

    it('is for test endpoints: neither a live key nor another workspace reaches one by its id', async () => {
      const owner = await tester();
      const { id } = await listen(owner.test);
      expect((await trigger(await newAdmin(), { endpointId: id })).reason).toBe('PERMISSION_DENIED');
      const stranger = await tester();
      const asked = await trigger(stranger.test, { endpointId: id });
      const unknown = await trigger(stranger.test, { endpointId: '01b92571-ea00-7680-9141-a7e17e33e7c6' });
      expect(asked.reason).toBe('NOT_FOUND');
      expect(asked.body).toEqual(unknown.body);
      const { body: live } = await create(await newAdmin());
      expect((await trigger(owner.test, { endpointId: live.webhookEndpoint.id })).reason).toBe('NOT_FOUND');
      const { operator, workspace } = owner;
      expect((await trigger(operator, { workspace, endpointId: id })).status).toBe(200);
      expect((await trigger(operator, { workspace: 'absent' })).reason).toBe('NOT_FOUND');
      await settled(owner.test, id);
      expect(receiver.received).toHaveLength(1);
    });
  });
});
