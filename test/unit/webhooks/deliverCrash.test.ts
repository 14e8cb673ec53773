import { beforeEach, describe, expect, it } from 'vitest';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { loseResponse, MADE } from '../../support/loseResponse.js';
import { failOperation, wrapOperations } from '../../support/wrapOperations.js';
import { BROKEN, newSession, OK, publish, startWebhookProcess } from './support/webhookProcess.js';

const HOUR = 3_600_000;

eachEngine((engine) => {
  let store: TestStore;
  beforeEach(async () => {
    store = await engine.newStore();
  });

  describe('an event whose claim got no response from the store', () => {
    it.each(MADE)('does not wait for its lease, and is sent once: the claim is stored %s', async (made) => {
      const { around, lost } = loseResponse(made, {
        collection: 'webhookDeliveries',
        isMeant: ({ rev }) => rev !== undefined,
      });
      const rig = await startWebhookProcess(store, {
        change: (documents) => wrapOperations(documents, around),
      });
      const endpoint = await rig.endpoint();
      const session = newSession(rig);
      const [first] = await publish(rig, session, 0);
      const done = rig.work();
      await lost;
      rig.clock.advance(500);
      await done;
      expect(rig.came()).toEqual([first]);
      expect(await rig.lineOf(endpoint, session)).toMatchObject({ waiting: [] });
    });
  });

  describe('a process that dies', () => {
    it('during a delivery attempt leaves the event to another process once its lease has expired', async () => {
      const dead = await startWebhookProcess(store);
      const { clock } = dead;
      const endpoint = await dead.endpoint();
      const session = newSession(dead);
      const [first, second] = await publish(dead, session, 0, 1);
      let comeBack = (_response: { status: number }) => {};
      dead.respond(
        () =>
          new Promise((resolve) => {
            comeBack = resolve;
          }),
      );
      const late = dead.work();
      await eventually(() => dead.arrivals.length === 1);
      const alive = await startWebhookProcess(store, { clock });
      clock.advance(19_999);
      await alive.work();
      expect(alive.arrivals).toEqual([]);
      clock.advance(1);
      alive.respond(BROKEN);
      await alive.work();
      expect(alive.came()).toEqual([first]);
      // The dead come back: what they say of it counts no longer.
      const before = await alive.lineOf(endpoint, session);
      comeBack({ status: 200 });
      await late;
      expect(await alive.lineOf(endpoint, session)).toEqual(before);
      alive.respond(OK);
      clock.advance(HOUR);
      await alive.work();
      expect(alive.came()).toEqual([first, first, second]);
    });
  });
});

/** How many operations it takes to publish and deliver two events. */
const OPERATIONS = 20;

eachEngine((engine) => {
  it.each(Array.from({ length: OPERATIONS }, (_, at) => at))(
    'a process that loses its store for ever at operation %d loses nothing and turns nothing around',
    async (at) => {
      for (const carriedOut of [true, false]) {
        const store = await engine.newStore();
        let crashed: Promise<void> | undefined;
        const sound = await startWebhookProcess(store);
        const { clock } = sound;
        const endpoint = await sound.endpoint();
        const session = newSession(sound);
        const dying = await startWebhookProcess(store, {
          clock,
          change(documents) {
            const faulty = failOperation(documents, { at, carriedOut, kind: 'crash' });
            crashed = faulty.crashed;
            return faulty.documents;
          },
        });
        const life = (async () => {
          await publish(dying, session, 0, 1);
          await dying.work();
        })();
        await Promise.race([crashed, life]);
        // The process that is left runs again what an update caused.
        const ids = await publish(sound, session, 0, 1);
        clock.advance(20_000);
        await sound.work();
        const all = [...dying.came(), ...sound.came()];
        expect([...new Set(all)]).toEqual(ids);
        expect(all.lastIndexOf(ids[0]!)).toBeLessThan(all.indexOf(ids[1]!));
        expect((await sound.lineOf(endpoint, session))?.waiting).toEqual([]);
      }
    },
  );
});
