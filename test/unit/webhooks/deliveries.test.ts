import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { verified } from '../../support/webhookReceiver.js';
import { type Calls, webhookAdmin } from './support/webhookAdmin.js';

const HOUR = 3_600_000;

eachEngine((engine) => {
  const {
    service,
    receiver,
    newAdmin,
    ask,
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

  describe('a test event', () => {
    it('is sent once, signed, and shows its result, also to a disabled endpoint', async () => {
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
      receiver.respond(410);
      const gone = await ask(admin, 'SendTestEvent', { id });
      expect(gone.body.attempt).toMatchObject({ statusCode: 410 });
      expect(gone.body.attempt).not.toHaveProperty('accepted');
      await receiver.goDown();
      const unreachable = await ask(admin, 'SendTestEvent', { id });
      expect(unreachable.body.attempt).toMatchObject({ error: 'UNREACHABLE' });
      await receiver.comeBack();
      expect(await deliveries(admin, id)).toEqual([]);
      expect(await get(admin, id)).toMatchObject({ disabledReason: 'WEBHOOK_DISABLED_REASON_OPERATOR' });
    });
  });

  describe('deliveries', () => {
    it('are listed by session, newest first, in pages, with pending events and attempts', async () => {
      const admin = await newAdmin();
      const { id } = await listen(admin, { eventTypes: ['session.canceled'] });
      const sessions = [await send(admin), await send(admin), await send(admin)];
      receiver.respond(503);
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
      for (const sessionId of ['unknown', id]) expect(await deliveries(admin, id, { sessionId })).toEqual([]);
    });
  });

  describe('a replay', () => {
    const replay = (admin: Calls, id: string, more: object) =>
      ask(admin, 'ReplayWebhookEvents', { id, ...more });

    it('sends one event again, under its id, unless it is pending anyway', async () => {
      const admin = await newAdmin();
      const { id, secret } = await listen(admin, { eventTypes: ['session.canceled'] });
      const session = await send(admin);
      await cancel(admin, session);
      await passing(() => cameFor(session).length === 1);
      await settled(admin, id);
      const [first] = cameFor(session);
      receiver.respond(500);
      expect((await replay(admin, id, { eventId: first!.id })).body).toEqual({ replayed: 1 });
      await passing(() => cameFor(session).length === 2);
      expect((await replay(admin, id, { eventId: first!.id.toUpperCase() })).body).toEqual({ pending: 1 });
      const [, again] = cameFor(session);
      expect(again!.id).toBe(first!.id);
      expect(again!.body).toBe(first!.body);
      verified(secret, again!);
    });

    it('sends every subscribed event since a time, including those while it was disabled', async () => {
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
      const response = await replay(admin, id, more);
      expect({ reason: response.reason, fields: response.fields }).toEqual({
        reason: 'INVALID_REQUEST',
        fields,
      });
    });

    it('finds no event of another workspace, nor one that does not exist', async () => {
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
