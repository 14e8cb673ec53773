import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredSession } from '../../../server/session/stored.js';
import { storedEvent } from '../../../server/webhooks/event.js';
import type { StoredEvent } from '../../../server/webhooks/stored.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import {
  eventAt,
  newSession,
  publish,
  startWebhookProcess,
  type WebhookProcess,
} from './support/webhookProcess.js';

eachEngine((engine) => {
  let store: TestStore;
  let rig: WebhookProcess;
  beforeEach(async () => {
    store = await engine.newStore();
    rig = await startWebhookProcess(store);
  });

  const kept = () => rig.documents.collection<StoredEvent>('events').find({}).toArray();

  describe('a partition', () => {
    it('listens once it has an endpoint: here at once, in other processes within five seconds', async () => {
      const other = await startWebhookProcess(store, { clock: rig.clock });
      for (const one of [rig, other]) expect(await one.hooks.webhooks.listening('acme.live')).toBe(false);
      await rig.endpoint();
      expect(await rig.hooks.webhooks.listening('acme.live')).toBe(true);
      rig.clock.advance(4_999);
      expect(await other.hooks.webhooks.listening('acme.live')).toBe(false);
      rig.clock.advance(1);
      expect(await other.hooks.webhooks.listening('acme.live')).toBe(true);
      for (const partition of ['acme.test', 'acme', 'acm.live', 'acme2.live'])
        expect(await rig.hooks.webhooks.listening(partition)).toBe(false);
    });

    it('without endpoints keeps no events', async () => {
      await publish(rig, newSession(rig), 0);
      expect(await kept()).toEqual([]);
    });

    it('keeps the events that a disabled endpoint misses, for 30 days', async () => {
      const endpoint = await rig.endpoint({
        disabledAt: new Date(rig.clock.now()),
        disabledReason: 'OPERATOR',
      });
      const session = newSession(rig);
      await publish(rig, session, 0);
      const [event] = await kept();
      expect(event!.purgeAt.getTime()).toBe(rig.clock.now() + 30 * 86_400_000);
      expect(await rig.lineOf(endpoint, session)).toBeNull();
    });

    it('keeps events no longer than their session, but until their last delivery attempt', async () => {
      await rig.endpoint();
      const now = rig.clock.now();
      await publish(rig, newSession(rig, { purgeAt: new Date(now + 2 * 86_400_000) }), 0);
      await publish(rig, newSession(rig, { purgeAt: new Date(now + 3_600_000) }), 0);
      const ends = (await kept()).map(({ purgeAt }) => purgeAt.getTime() - now);
      expect(ends.sort((a, b) => b - a)).toEqual([48 * 3_600_000, 25 * 3_600_000]);
    });

    it('stores metadata sealed only, and sends it as it was given, from any process', async () => {
      const other = await startWebhookProcess(store, { clock: rig.clock });
      await rig.endpoint();
      await publish(rig, newSession(rig, { metadata: '{"name":"Ana Ruiz"}' }), 0, 1);
      await publish(rig, newSession(rig), 0);
      const bodies = (await kept()).map(({ body }) => JSON.parse(body).data);
      expect(bodies).toHaveLength(3);
      for (const data of bodies) expect(data).not.toHaveProperty('metadata');
      for (const { text } of await store.dump()) expect(text).not.toContain('Ruiz');
      await other.work();
      const sent = other.arrivals.map(({ body }) => JSON.parse(body).data.metadata);
      expect(sent.filter(Boolean)).toEqual([{ name: 'Ana Ruiz' }, { name: 'Ana Ruiz' }]);
      expect(sent).toHaveLength(3);
    });

    it('drops an event that cannot be opened, says so, and goes on with the next', async () => {
      await rig.endpoint();
      const session = newSession(rig, { metadata: '{"a":1}' });
      const [first, second] = await publish(rig, session, 0, 1);
      const events = rig.documents.collection<StoredEvent>('events');
      await events.findOneAndUpdate({ _id: `acme.live/${first}` }, { $set: { sealed: 'v1.lost.AAAA' } });
      await rig.work();
      expect(rig.came()).toEqual([second]);
      expect(rig.logged()).toContain('a webhook event cannot be opened');
    });

    it('sends no event about what is for the wallet only', async () => {
      await rig.endpoint();
      const session = newSession(rig);
      const refund = eventAt(rig, 0, { id: 'refund.email.1', type: 'refund' });
      await rig.hooks.webhooks.publish(session, refund, 0);
      expect(await kept()).toEqual([]);
      // Its place in the history holds up nothing.
      await publish(rig, session, 1);
      await rig.work();
      expect(rig.arrivals).toHaveLength(1);
    });
  });

  describe('an endpoint that was disabled for a while', () => {
    it('is not sent what happened before it was enabled, nor what was pending', async () => {
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await publish(rig, session, 0);
      const before = eventAt(rig, 1);
      rig.clock.advance(1);
      const enabledAt = new Date(rig.clock.now());
      await rig.endpoints.findOneAndUpdate({ _id: endpoint._id }, { $set: { enabledAt } });
      rig.hooks.webhooks.forget('acme.live');
      await rig.hooks.webhooks.publish(session, before, 1);
      const [id] = await publish(rig, session, 2);
      await rig.work();
      expect(rig.came()).toEqual([id]);
    });
  });

  describe('a queue of pending events', () => {
    it('has an event once that two processes enqueue at once', async () => {
      const other = await startWebhookProcess(store, { clock: rig.clock });
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      await Promise.all(
        [rig, other].flatMap((one) => [publish(one, session, 0, 1), publish(one, session, 0, 1)]),
      );
      const line = await rig.lineOf(endpoint, session);
      expect(line?.waiting.map(({ index }) => index)).toEqual([0, 1]);
    });

    it('has an event that is sent again in its place', async () => {
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      const ids = await publish(rig, session, 0, 1, 2);
      await rig.work();
      const events = (await kept()).sort((a, b) => b.index - a.index);
      for (const event of events) await rig.hooks.enqueue(endpoint, event, false);
      expect(await rig.hooks.enqueue(endpoint, events[0]!, false)).toMatchObject({ wasPending: true });
      await rig.work();
      expect(rig.came()).toEqual([...ids, ...ids]);
    });
  });
});

describe('what is sent', () => {
  const rig = {
    clock: { now: () => Date.UTC(2030, 0, 15, 12) },
    newId: () => '01b92571-ea00-7680-9141-a7e17e33e7c6',
  } as unknown as WebhookProcess;
  const session = newSession(rig, { purpose: 'pay', metadata: '{"user_id":"u1","nested":{"a":[1]}}' });
  const sent = (index: number, more: object, of: StoredSession = session) =>
    JSON.parse(storedEvent(of, eventAt(rig, index, more) as never, index, 0).body);

  it('says what happened to which session, with the masked address alone', () => {
    const full = newSession(rig, {
      ...session,
      channels: {
        email: {
          ...session.channels.email!,
          address: 'sealed-address',
          codeHash: 'the-hash',
          recipient: 'fingerprint',
        },
      },
    });
    const event = sent(2, { type: 'session.approved' }, full);
    expect(event).toEqual({
      type: 'session.approved',
      timestamp: '2030-01-15T12:00:00.000Z',
      data: {
        session_id: '01b92571-ea00-7680-9141-a7e17e33e7c6',
        status: 'APPROVED',
        purpose: 'pay',
        sandbox: false,
        channel: 'email',
        masked_recipient: 'a***e@example.com',
        metadata: { user_id: 'u1', nested: { a: [1] } },
      },
    });
  });

  it.each([
    ['session.partial', 'PARTIAL'],
    ['session.approved', 'APPROVED'],
    ['session.locked', 'LOCKED'],
    ['session.expired', 'EXPIRED'],
    ['session.canceled', 'CANCELED'],
    ['delivery.accepted', 'PENDING'],
    ['delivery.delivered', 'PENDING'],
    ['delivery.failed', 'PENDING'],
  ])('%s: the session was %s then', (type, status) => {
    expect(sent(0, { type, channel: undefined }).data).toEqual({
      session_id: '01b92571-ea00-7680-9141-a7e17e33e7c6',
      status,
      purpose: 'pay',
      sandbox: false,
      metadata: { user_id: 'u1', nested: { a: [1] } },
    });
  });

  it('says why a message failed, that it was the sandbox, and nothing of metadata where there is none', () => {
    const sandbox = newSession(rig, { mode: 'test', partition: 'acme.test' });
    const { data } = sent(0, { type: 'delivery.failed', error: 'WRONG_RECIPIENT', channel: 'sms' }, sandbox);
    expect(data).toMatchObject({
      error: 'WRONG_RECIPIENT',
      sandbox: true,
      masked_recipient: '+57 300 *** ** 42',
    });
    expect(data).not.toHaveProperty('metadata');
  });

  it('made twice it has the same id, and ids sort by time and place', () => {
    const ids = [0, 1, 2, 10, 11].map(
      (index) => storedEvent(session, eventAt(rig, index) as never, index, 0)._id,
    );
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(5);
    expect(storedEvent(session, eventAt(rig, 0) as never, 0, 99)._id).toBe(ids[0]);
    const later = eventAt(rig, 0, { at: new Date(rig.clock.now() + 1) });
    expect(storedEvent(session, later as never, 0, 0)._id > ids.at(-1)!).toBe(true);
  });
});
