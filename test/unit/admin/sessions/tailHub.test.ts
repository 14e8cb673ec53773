import { describe, expect, it } from 'vitest';
import { createBacklog } from '../../../../server/admin/sessions/tail/backlog.js';
import { createTailHub, SETTLED_MS } from '../../../../server/admin/sessions/tail/hub.js';
import { readPosition, writePosition } from '../../../../server/admin/sessions/tail/position.js';
import { createLog } from '../../../../server/observe/log.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { createUseCases, newRecipients, reasonOf, wrong } from '../../otp/support/useCases.js';

eachEngine((engine) => {
  async function start() {
    const clock = new ManualClock();
    const documents = await engine.open();
    const asked: string[] = [];
    const counted = wrapOperations(documents, (operation, { collection, name }) => {
      asked.push(`${collection}.${name}`);
      return operation();
    });
    const hub = createTailHub(counted.collection<StoredSession>('sessions'), clock, createLog('silent'));
    const listen = (most?: number) => {
      const seen: { session: string; entry: string; storedAt: number }[] = [];
      const backlog = createBacklog({
        start: { at: clock.now() - 1 },
        matches: () => true,
        matchesEntry: () => true,
        ...(most && { most }),
        notify() {
          for (let found = backlog.next(); found; found = backlog.next()) {
            const { session, entry } = found;
            seen.push({ session: session._id, entry: entry.id, storedAt: entry.storedAt });
          }
        },
      });
      return { seen, leave: hub.subscribe(backlog), position: () => backlog.position() };
    };
    return { clock, asked, listen, otp: createUseCases(documents, { clock }) };
  }

  describe('the tail of all sessions', () => {
    it('asks the store once a second for all who listen, and never for none', async () => {
      const { clock, asked, listen } = await start();
      clock.advance(10_000);
      expect(asked).toEqual([]);
      const listeners = [listen(), listen(), listen()];
      for (let second = 1; second <= 3; second++) {
        clock.advance(1_000);
        await eventually(() => asked.length === second && clock.pending === 1);
      }
      expect(asked).toEqual(Array(3).fill('sessions.find'));
      for (const { leave } of listeners) leave();
      await eventually(() => {
        clock.advance(1_000);
        return clock.pending === 0;
      });
      expect(asked.length).toBeLessThanOrEqual(4);
    });

    it('shows a wrong code, and no right one as a wrong one on its way', async () => {
      const { clock, listen, otp } = await start();
      const caller = otp.as({ workspace: 'acme' });
      const { seen, leave } = listen();
      const { session } = await caller.send({ recipients: newRecipients('email') });
      const { email } = await otp.codes('acme', session!.id);
      expect(await reasonOf(caller.verify({ sessionId: session!.id, code: wrong(email) }))).toBe(
        'INVALID_CODE',
      );
      await caller.verify({ sessionId: session!.id, code: email });
      await eventually(() => {
        clock.advance(1_000);
        return seen.length >= 3;
      });
      expect(seen.map(({ entry }) => entry.replace(/^[0-9a-f-]{36}$/, 'check'))).toEqual([
        'created',
        'check',
        'session.approved.email',
      ]);
      leave();
    });

    it('finds a burst of more than one round in order, each event once', async () => {
      const { clock, listen, otp } = await start();
      const caller = otp.as({ workspace: 'acme' });
      const { seen, leave, position } = listen(20);
      const ids: string[] = [];
      const count = 100;
      for (let i = 0; i < count; i++) {
        if (i % 10 === 0) clock.advance(1);
        const { session } = await caller.send({
          recipients: { email: `burst.${i}@example.com` },
        });
        ids.push(`acme/${session!.id}`);
      }
      await eventually(() => {
        clock.advance(1_000);
        return seen.length >= count;
      });
      expect(seen).toHaveLength(count);
      expect(new Set(seen.map(({ session }) => session))).toEqual(new Set(ids));
      const times = seen.map(({ storedAt }) => storedAt);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(position().at).toBeLessThanOrEqual(clock.now() - SETTLED_MS);
      leave();
    }, 60_000);

    it('refuses cursors that are not its own, or of more than a day ago', () => {
      const now = Date.UTC(2030, 0, 2);
      const id = 'acme/01890a5d-ac96-774b-bcce-b302099a8057';
      const position = { at: now, last: { session: id, entry: 'delivery.accepted.email.1' } };
      expect(readPosition(writePosition(position), now)).toEqual(position);
      expect(readPosition(writePosition({ at: now }), now)).toEqual({ at: now });
      const invalid = expect.objectContaining({ reason: 'INVALID_REQUEST' });
      for (const cursor of ['!', 'abc', Buffer.from('1 x').toString('base64url')])
        expect(() => readPosition(cursor, now)).toThrow(invalid);
      expect(() => readPosition(writePosition({ at: now - 86_400_001 }), now)).toThrow(invalid);
    });
  });
});
