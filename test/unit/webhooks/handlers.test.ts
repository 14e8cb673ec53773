import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WEBHOOK_LIMITS } from '../../../server/webhooks/limits.js';
import type { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { startService, type TestService } from '../../support/service.js';
import { keyOf } from '../../support/tenant.js';
import { startWebhookReceiver, verified, type WebhookReceiver } from '../../support/webhookReceiver.js';
import { deliveredCode } from '../../wire/support/delivered.js';

const SERVICE = 'otp.admin.v1.WebhookService';
const HOUR = 3_600_000;
type Calls = ReturnType<typeof connectJson>;

eachEngine((engine) => {
  let service: TestService;
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    service = await startService({ documents: await engine.open() });
  });
  afterAll(() => service.stop());
  beforeEach(async () => {
    receiver = await startWebhookReceiver();
  });
  afterEach(() => receiver.close());

  let workspaces = 0;
  const newAdmin = () => keyOf(service, `acme-${workspaces++}`);
  const ask = (admin: Calls, method: string, message: object = {}) => admin(`${SERVICE}/${method}`, message);
  const create = (admin: Calls, more: object = {}) =>
    ask(admin, 'CreateWebhookEndpoint', { webhookEndpoint: { url: receiver.url, ...more } });
  async function listen(admin: Calls, more: object = {}) {
    const { status, body } = await create(admin, more);
    expect(status, JSON.stringify(body)).toBe(200);
    return { id: body.webhookEndpoint.id as string, secret: body.secret as string };
  }
  const update = (admin: Calls, id: string, fields: object, updateMask: string) =>
    ask(admin, 'UpdateWebhookEndpoint', { webhookEndpoint: { id, ...fields }, updateMask });
  const get = async (admin: Calls, id: string) =>
    (await ask(admin, 'GetWebhookEndpoint', { id })).body.webhookEndpoint;

  let people = 0;
  const send = async (admin: Calls, more: object = {}) => {
    const recipients = { email: `webhook.${people++}@example.com` };
    const { body } = await admin('otp.v1.OtpService/Send', { recipients, ...more });
    return body.session.id as string;
  };
  const cancel = (admin: Calls, sessionId: string) => admin('otp.v1.OtpService/CancelSession', { sessionId });
  /** Lets time pass until there is what is looked for. */
  const passing = <T>(look: () => Promise<T | undefined | false> | T | undefined | false) =>
    eventually(async () => {
      const seen = await look();
      if (!seen) service.clock.advance(100);
      return seen;
    });
  const cameFor = (sessionId: string) =>
    receiver.received.filter(({ event }) => event.data.session_id === sessionId);
  const deliveries = async (admin: Calls, id: string, more: object = {}) =>
    (await ask(admin, 'ListWebhookDeliveries', { id, ...more })).body.deliveries ?? [];
  const settled = (admin: Calls, id: string) =>
    passing(async () => {
      const all = await deliveries(admin, id, { pageSize: 100 });
      return all.every(({ waiting = [] }) => waiting.length === 0) && all;
    });

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
      const workspace = `acme-${workspaces++}`;
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

    it('of the sandbox is told of sandbox sessions only, and managed by its own keys', async () => {
      const workspace = `acme-${workspaces++}`;
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

    it('is told of sessions opened after it was registered', async () => {
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

    it('that is disabled is sent nothing, what waits for it is dropped, and enabling it brings nothing back', async () => {
      const admin = await newAdmin();
      receiver.answer(500);
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
      receiver.answer(204);
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

    it('shows since when it fails, and a new address begins anew', async () => {
      const admin = await newAdmin();
      receiver.answer(500);
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

  describe('a test event', () => {
    it('is sent once, signed, and says what came of it, also to a disabled endpoint', async () => {
      const admin = await newAdmin();
      const { id, secret } = await listen(admin, { disabled: true });
      const { body } = await ask(admin, 'SendTestEvent', { id });
      expect(verified(secret, receiver.received[0]!)).toEqual({
        type: 'webhook.test',
        timestamp: expect.any(String),
        data: { webhook_endpoint_id: id },
      });
      expect(body.attempt).toEqual({
        eventId: receiver.received[0]!.id,
        eventType: 'webhook.test',
        at: new Date(service.clock.now()).toISOString().replace('.000', ''),
        duration: expect.stringMatching(/^[\d.]+s$/),
        statusCode: 204,
        accepted: true,
      });
      receiver.answer(410);
      const gone = await ask(admin, 'SendTestEvent', { id });
      expect(gone.body.attempt).toMatchObject({ statusCode: 410 });
      expect(gone.body.attempt).not.toHaveProperty('accepted');
      await receiver.goDown();
      const nobody = await ask(admin, 'SendTestEvent', { id });
      expect(nobody.body.attempt).toMatchObject({ error: 'UNREACHABLE' });
      await receiver.comeBack();
      expect(await deliveries(admin, id)).toEqual([]);
      expect(await get(admin, id)).toMatchObject({ disabledReason: 'WEBHOOK_DISABLED_REASON_OPERATOR' });
    });
  });

  describe('deliveries', () => {
    it('are listed by session, newest first, in pages, with what waits and what was tried', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin, { eventTypes: ['session.canceled'] });
      const sessions = [await send(admin), await send(admin), await send(admin)];
      receiver.answer(503);
      for (const session of sessions) await cancel(admin, session);
      await passing(async () => {
        const all = await deliveries(admin, id);
        return all.length === 3 && all.every(({ attempts = [] }) => attempts.length === 1);
      });
      const first = await ask(admin, 'ListWebhookDeliveries', { id, pageSize: 2 });
      const second = await ask(admin, 'ListWebhookDeliveries', { id, pageToken: first.body.nextPageToken });
      const all = [...first.body.deliveries, ...second.body.deliveries];
      expect(all.map(({ sessionId }) => sessionId)).toEqual([...sessions].reverse());
      const [came] = cameFor(sessions[0]!);
      expect(all[2]).toEqual({
        sessionId: sessions[0],
        waiting: [
          { eventId: came!.id, eventType: 'session.canceled', queuedAt: expect.any(String), tries: 1 },
        ],
        nextTryAt: expect.any(String),
        attempts: [
          {
            eventId: came!.id,
            eventType: 'session.canceled',
            at: expect.any(String),
            duration: expect.any(String),
            statusCode: 503,
          },
        ],
      });
      expect(await deliveries(admin, id, { sessionId: sessions[1] })).toEqual([all[1]]);
      for (const sessionId of ['nobody', id]) expect(await deliveries(admin, id, { sessionId })).toEqual([]);
    });
  });

  describe('a replay', () => {
    const replay = (admin: Calls, id: string, more: object) =>
      ask(admin, 'ReplayWebhookEvents', { id, ...more });

    it('sends one event again, under its id, unless it waits anyway', async () => {
      const admin = await newAdmin();
      const { id, secret } = await listen(admin, { eventTypes: ['session.canceled'] });
      const session = await send(admin);
      await cancel(admin, session);
      await passing(() => cameFor(session).length === 1);
      await settled(admin, id);
      const [first] = cameFor(session);
      receiver.answer(500);
      expect((await replay(admin, id, { eventId: first!.id })).body).toEqual({ replayed: 1 });
      await passing(() => cameFor(session).length === 2);
      expect((await replay(admin, id, { eventId: first!.id.toUpperCase() })).body).toEqual({});
      const [, again] = cameFor(session);
      expect(again!.id).toBe(first!.id);
      expect(again!.body).toBe(first!.body);
      verified(secret, again!);
    });

    it('sends everything since a time that the endpoint wants, what happened while it was disabled included', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin, { eventTypes: ['session.canceled'], disabled: true });
      const sessions = [await send(admin), await send(admin), await send(admin)];
      await cancel(admin, sessions[0]!);
      service.clock.advance(2_000);
      const since = new Date(service.clock.now()).toISOString();
      await cancel(admin, sessions[1]!);
      service.clock.advance(2_000);
      await cancel(admin, sessions[2]!);
      const events = service.documents.collection<{ _id: string; session: string; type: string }>('events');
      await passing(async () => {
        const kept = await events.find({}).toArray();
        return (
          kept.filter((one) => sessions.includes(one.session) && one.type === 'session.canceled').length === 3
        );
      });
      expect(await replay(admin, id, { since })).toMatchObject({ reason: 'INVALID_REQUEST', fields: ['id'] });
      await update(admin, id, {}, 'disabled');
      expect((await replay(admin, id, { since })).body).toEqual({ replayed: 2 });
      await passing(() => receiver.taken().length === 2);
      expect(
        receiver
          .taken()
          .map(({ event }) => event.data.session_id)
          .sort(),
      ).toEqual(sessions.slice(1).sort());
      const later = new Date(service.clock.now() + HOUR).toISOString();
      expect((await replay(admin, id, { since: later })).body).toEqual({});
    });

    it.each([
      [{}, ['event_id']],
      [{ since: '2030-01-01T00:00:00Z', eventId: '01b92571-ea00-7680-9141-a7e17e33e7c6' }, ['event_id']],
      [{ eventId: '01b92571-ea00-7680-9141-a7e17e33e7c6', pageToken: 'eA' }, ['page_token']],
      [{ since: '2030-01-01T00:00:00Z', pageToken: 'no token' }, ['page_token']],
      [{ since: '2030-01-01T00:00:00Z', pageToken: 'x'.repeat(513) }, ['page_token']],
      [{ eventId: 'x'.repeat(65) }, ['event_id']],
    ])('is refused with %j', async (more, fields) => {
      const admin = await newAdmin();
      const { id } = await listen(admin);
      const answer = await replay(admin, id, more);
      expect({ reason: answer.reason, fields: answer.fields }).toEqual({ reason: 'INVALID_REQUEST', fields });
    });

    it('finds no event of another workspace, nor one that nobody has', async () => {
      const admin = await newAdmin();
      await listen(admin);
      const session = await send(admin);
      await passing(() => cameFor(session).length === 1);
      const stranger = await newAdmin();
      const { id } = await listen(stranger);
      for (const eventId of [cameFor(session)[0]!.id, '01b92571-ea00-7680-9141-a7e17e33e7c6', 'x'])
        expect((await replay(stranger, id, { eventId })).reason).toBe('NOT_FOUND');
    });
  });
});
