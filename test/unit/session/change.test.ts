import { fc, test } from '@fast-check/vitest';
import { beforeEach, describe, expect, it } from 'vitest';
import { CHANNELS, type ChannelName } from '../../../server/domain/channels.js';
import { type Change, changeGuarded, update } from '../../../server/session/change.js';
import { sessionEvent } from '../../../server/session/history.js';
import { earliestDue, settled } from '../../../server/session/messages.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { StoredDelivery } from '../../../server/session/storedDelivery.js';
import type { Collection } from '../../../server/store/documents.js';
import { type Engine, eachEngine } from '../../support/engines.js';
import { changed, eventTypes, NOW, sampleSession } from './support/sampleSession.js';

const AT = NOW + 1_000;

/** What can happen to a message of the sample session. */
const OUTCOMES: Readonly<Record<string, (delivery: StoredDelivery) => StoredDelivery>> = {
  leased: (delivery) => ({
    ...delivery,
    dueAt: new Date(AT + 30_000),
    lease: { id: 'l', until: new Date(AT) },
  }),
  deferred: (delivery) => ({ ...delivery, dueAt: new Date(AT + 5_000) }),
  accepted: (delivery) => settled(delivery, { state: 'ACCEPTED' }),
  failed: (delivery) => settled(delivery, { state: 'FAILED', error: 'REFUSED' }),
  stopped: (delivery) => settled(delivery, { state: 'NOT_SENT' }),
};

const outcomes = fc.dictionary(fc.constantFrom(...CHANNELS), fc.constantFrom(...Object.keys(OUTCOMES)), {
  maxKeys: 3,
});
const steps = fc.constantFrom<readonly ChannelName[]>([], ['whatsapp'], ['sms', 'whatsapp']);
const opened = (waiting: readonly ChannelName[]) =>
  sampleSession(CHANNELS, { fallback: waiting.map((channel) => ({ channel, afterMs: 60_000 })) });

function messagesOf(session: StoredSession, wanted: Readonly<Record<string, string>>) {
  return new Map(
    Object.entries(wanted).map(([name, outcome]) => {
      const channel = name as ChannelName;
      const { waits: _ended, ...delivery } = session.channels[channel]!.delivery;
      return [channel, OUTCOMES[outcome]!(delivery)] as const;
    }),
  );
}

describe('an update of a session', () => {
  test.prop([steps, outcomes])('always leaves deliverAt at the earliest due message', (waiting, wanted) => {
    const seen = opened(waiting);
    const after = changed(seen, { at: AT, messages: messagesOf(seen, wanted) });
    expect(after.deliverAt).toEqual(earliestDue(after.channels));
    expect('deliverAt' in after).toBe(after.deliverAt !== undefined);
  });

  test.prop([steps, outcomes])('increments rev by one, and writes no path twice', (waiting, wanted) => {
    const seen = opened(waiting);
    const made = update(seen, { at: AT, unset: ['expireAt'], messages: messagesOf(seen, wanted) });
    expect(changed(seen, { at: AT, messages: messagesOf(seen, wanted) }).rev).toBe(seen.rev + 1);
    const paths = [made.$set, made.$unset, made.$inc, made.$push].flatMap((part) => Object.keys(part ?? {}));
    expect(new Set(paths).size).toBe(paths.length);
  });

  test.prop([steps, outcomes])(
    'releases a channel exactly when all the messages it waited for have failed',
    (waiting, wanted) => {
      const seen = opened(waiting);
      const after = changed(seen, { at: AT, messages: messagesOf(seen, wanted) });
      for (const channel of waiting) {
        if (wanted[channel]) continue;
        const awaited = seen.channels[channel]!.delivery.waits!.for;
        const failed = awaited.every((name) => after.channels[name]!.delivery.state === 'FAILED');
        const { waits, dueAt, freedAt } = after.channels[channel]!.delivery;
        expect(waits === undefined).toBe(failed);
        if (failed) expect([dueAt, freedAt]).toEqual([new Date(AT), new Date(AT)]);
      }
    },
  );

  test.prop([outcomes])('refunds every paid message that failed or was stopped, once', (wanted) => {
    const seen = opened([]);
    const after = changed(seen, { at: AT, messages: messagesOf(seen, wanted) });
    const refunded = after.events.flatMap(({ type, channel }) => (type === 'refund' ? [channel] : []));
    const ended = Object.keys(wanted).filter((name) => ['failed', 'stopped'].includes(wanted[name]!));
    expect(refunded.toSorted()).toEqual(ended.toSorted());
  });

  it('records what happened to the session before what that did to its messages', () => {
    const seen = opened([]);
    const messages = messagesOf(seen, { email: 'failed' });
    const after = changed(seen, { at: AT, messages, events: [sessionEvent('session.canceled', AT)] });
    expect(eventTypes(after)).toEqual(['session.canceled', 'delivery.failed', 'refund']);
    expect(after.eventsAt).toEqual(new Date(AT));
  });

  it('without messages leaves messages, due time and history alone', () => {
    const seen = opened(['whatsapp']);
    const after = changed(seen, { at: AT, set: { locale: 'es' } });
    expect(after).toEqual({ ...seen, locale: 'es', rev: 1, changedAt: new Date(AT) });
  });

  it('never goes back in time, so that a clock that is behind hides no change', () => {
    const seen = opened([]);
    const before = seen.changedAt!.getTime() - 1_000;
    expect(changed(seen, { at: before, set: { locale: 'es' } }).changedAt).toEqual(seen.changedAt);
  });

  it('wakes the event worker only for events that have effects, or a subscriber', () => {
    const { notify: _nobody, ...seen } = opened([]);
    const events = [sessionEvent('session.locked', AT)];
    expect(changed(seen, { at: AT, events }).eventsAt).toBeUndefined();
    expect(changed({ ...seen, notify: true }, { at: AT, events }).eventsAt).toEqual(new Date(AT));
    expect(changed(seen, { at: AT, events: [sessionEvent('session.approved', AT, 'sms')] }).eventsAt).toEqual(
      new Date(AT),
    );
  });

  it('keeps only the latest entries of a list', () => {
    let session = opened([]);
    for (const entry of ['a', 'b', 'c']) {
      session = changed(session, { at: AT, push: { vendorIds: { entry, keep: 2 } } });
    }
    expect(session.vendorIds).toEqual(['b', 'c']);
  });
});

eachEngine((engine: Engine) => {
  let sessions: Collection<StoredSession>;
  let stored: StoredSession;
  beforeEach(async () => {
    sessions = (await engine.open()).collection<StoredSession>('sessions');
    stored = opened([]);
    await sessions.insertOne(stored);
  });
  const read = () => sessions.findOne({ _id: stored._id });
  const setLocale = (locale: string): Change => ({ at: AT, set: { locale } });

  describe('a guarded change', () => {
    it('is stored when the session is as it was seen', async () => {
      const result = await changeGuarded(sessions, stored, () => setLocale('es'));
      expect(result).toEqual({ session: await read(), changed: true });
      expect(result?.session).toMatchObject({ locale: 'es', rev: 1 });
    });

    it('is decided again from the session as it is, when that changed in the meantime', async () => {
      const seen: StoredSession[] = [];
      const result = await changeGuarded(sessions, stored, async (session) => {
        seen.push(session);
        if (seen.length === 1)
          await changeGuarded(sessions, session, () => ({ at: AT, set: { purpose: 'X' } }));
        return setLocale(`${session.purpose} ${session.rev}`);
      });
      expect(seen.map(({ rev }) => rev)).toEqual([0, 1]);
      expect(result?.session).toMatchObject({ purpose: 'X', locale: 'X 1', rev: 2 });
    });

    it('is not stored while its own guard does not hold', async () => {
      const guard = { attemptsLeft: { $lte: 0 } };
      let decided = 0;
      const result = await changeGuarded(sessions, stored, async (session) => {
        if (++decided === 3) {
          // A reserved attempt does not change rev: only the guard sees it.
          await sessions.findOneAndUpdate({ _id: session._id }, { $inc: { attemptsLeft: -3 } });
        }
        return { ...setLocale('es'), guard };
      });
      expect(decided).toBe(3);
      expect(result).toMatchObject({ changed: true, session: { attemptsLeft: 0, rev: 1 } });
    });

    it('writes nothing when it is decided to leave the session', async () => {
      expect(await changeGuarded(sessions, stored, () => undefined)).toEqual({
        session: stored,
        changed: false,
      });
      expect(await read()).toEqual(stored);
    });

    it('ends with what the decision throws, and writes nothing', async () => {
      const refused = changeGuarded(sessions, stored, () => {
        throw new Error('refused');
      });
      await expect(refused).rejects.toThrow('refused');
      expect(await read()).toEqual(stored);
    });

    it('is undefined once the session has been deleted', async () => {
      await sessions.deleteOne({ _id: stored._id });
      expect(await changeGuarded(sessions, stored, () => setLocale('es'))).toBeUndefined();
    });

    it('loses no change of many at once', async () => {
      const count = 12;
      await Promise.all(
        Array.from({ length: count }, (_, index) =>
          changeGuarded(sessions, stored, () => ({
            at: AT,
            events: [{ id: `${index}`, type: 'delivery.accepted', at: new Date(AT) }],
          })),
        ),
      );
      const { rev, events } = (await read())!;
      expect(rev).toBe(count);
      expect(new Set(events.map(({ id }) => id)).size).toBe(count);
    });
  });
});
