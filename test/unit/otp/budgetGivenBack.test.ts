import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../server/errors.js';
import type { StoredBudget } from '../../../server/limits/recipientBudget/operations.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { type Around, wrapOperations } from '../../support/wrapOperations.js';
import { createUseCases, newRecipients, reasonOf, wrong } from './support/useCases.js';

eachEngine((engine) => {
  let documents: Documents;
  let workspaces = 0;
  beforeAll(async () => {
    documents = await engine.open();
  });

  /** A workspace with one person and one open session. */
  async function opened(around: Around = (operation) => operation()) {
    const workspace = `acme-${workspaces++}`;
    const service = createUseCases(wrapOperations(documents, around));
    const caller = service.as({ workspace });
    const recipients = newRecipients('email');
    const send = () => caller.send({ recipients, config: { maxAttempts: 10 } });
    const budget = async () => {
      const ids = { $gte: `${workspace}.live/recipient/`, $lt: `${workspace}.live/recipient0` };
      const [only] = await documents.collection<StoredBudget>('limits').find({ _id: ids }).toArray();
      return only;
    };
    return {
      workspace,
      service,
      caller,
      send,
      budget,
      /** Units that are used. */
      units: async () => (await budget())?.open?.t6?.length ?? 0,
      change: (sessionId: string, update: object) =>
        documents
          .collection<StoredSession>('sessions')
          .findOneAndUpdate({ _id: `${workspace}/${sessionId}` }, { ...update, $inc: { rev: 1 } }),
    };
  }

  /** Opens a session, gives two wrong codes and the right one, each by the device named; what is left used. */
  async function loggedIn(devices: readonly [string, string, string], isShared = false): Promise<number> {
    const { workspace, service, caller, send, units, change } = await opened();
    const { session } = await send();
    const sessionId = session!.id;
    if (isShared) await change(sessionId, { $set: { shared: true } });
    const { email: code } = await service.codes(workspace, sessionId);
    for (const deviceId of devices.slice(0, 2))
      expect(await reasonOf(caller.verify({ sessionId, code: wrong(code), deviceId }))).toBe('INVALID_CODE');
    expect(await units()).toBe(2);
    await caller.verify({ sessionId, code, deviceId: devices[2] });
    return units();
  }

  describe('of the three units of a login with two typing errors', () => {
    it.each([
      ['all that the device bought, by a secret that it shows', ['mine', 'mine', 'mine'], 1],
      ['its own, and not those that another device bought', ['mine', 'other', 'mine'], 2],
      ['its own, without a device', ['', '', ''], 2],
      ['its own, where the typing errors showed a device and it does not', ['mine', 'mine', ''], 2],
    ] as const)('a right code gives back %s', async (_what, devices, left) => {
      expect(await loggedIn(devices)).toBe(left);
    });

    it('a right code of a session that was given to two callers gives back its own alone', async () => {
      expect(await loggedIn(['mine', 'mine', 'mine'], true)).toBe(2);
    });
  });

  describe('a Send', () => {
    const isInsert = (collection: string, filter: unknown) => collection === 'sessions' && !filter;

    it.each([
      ['was stored', true],
      ['was not stored', false],
    ])('whose session may be stored keeps its units, when it %s', async (_what, isStored) => {
      const { send, units, budget } = await opened(async (operation, { collection, filter }) => {
        if (!isInsert(collection, filter)) return operation();
        if (isStored) await operation();
        throw new Failure('STORE_UNAVAILABLE');
      });
      expect(await reasonOf(send())).toBe('STORE_UNAVAILABLE');
      expect(await units()).toBe(1);
      expect((await budget())?.open?.sends).toHaveLength(1);
    });

    it('that ends before its session is inserted gives its units back', async () => {
      let isAway = false;
      const { send, units, budget } = await opened(async (operation, { collection, filter }) => {
        // The session's id is looked up before it is inserted, if at all; wallets come between take and insert.
        if (isAway && collection === 'wallets') throw new Failure('STORE_UNAVAILABLE');
        return operation().then((result) => {
          if (collection === 'limits' && filter) isAway = true;
          return result;
        });
      });
      expect(await reasonOf(send())).toBe('STORE_UNAVAILABLE');
      expect(await units()).toBe(0);
      expect((await budget())?.open?.sends ?? []).toEqual([]);
    });
  });

  describe('a session of the last release, which bought nothing', () => {
    it('pays for each comparison, and never has more than the units there are', async () => {
      const { workspace, service, caller, send, units, change } = await opened();
      const { session } = await send();
      const sessionId = session!.id;
      const { email: code } = await service.codes(workspace, sessionId);
      const bought = { 'channels.email.paid': '', 'channels.email.unit': '', 'channels.email.lane': '' };
      await change(sessionId, { $unset: bought, $set: { attemptsLeft: 30 } });
      const guess = () => reasonOf(caller.verify({ sessionId, code: wrong(code) }));
      expect(await guess()).toBe('INVALID_CODE');
      // That of its message, which the last release did not buy, is only there because this one sent it.
      expect(await units()).toBe(2);
      for (let n = 2; n < 20; n++) expect(await guess()).toBe('INVALID_CODE');
      expect(await guess()).toBe('RECIPIENT_BLOCKED');
      expect(service.comparisons()).toBe(19);
      service.clock.advance(100_000);
      expect(await reasonOf(caller.verify({ sessionId, code }))).toBe('RECIPIENT_BLOCKED');
    });

    it('is verified by its right code', async () => {
      const { workspace, service, caller, send, change } = await opened();
      const { session } = await send();
      const { email: code } = await service.codes(workspace, session!.id);
      const bought = { 'channels.email.paid': '', 'channels.email.unit': '', 'channels.email.lane': '' };
      await change(session!.id, { $unset: bought });
      const { verificationToken } = await caller.verify({ sessionId: session!.id, code });
      expect(verificationToken).toMatch(/^otvt_/);
    });
  });
});
