import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelName } from '../../../server/domain/channels.js';
import type { Collection, Document, Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { createUseCases, newRecipients, reasonOf, type UseCases, wrong } from './support/useCases.js';

const workspace = 'acme';

/** The same documents, with every operation on one noted by its collection and name. */
function withNotes(documents: Documents, noted: string[]): Documents {
  return {
    ...documents,
    ping: () => documents.ping(),
    close: () => documents.close(),
    collection<T extends Document>(name: string): Collection<T> {
      const collection = documents.collection<T>(name);
      const noting = <R>(operation: string, run: () => R): R => {
        noted.push(`${name}.${operation}`);
        return run();
      };
      return {
        insertOne: (document) => noting('insertOne', () => collection.insertOne(document)),
        findOne: (filter) => noting('findOne', () => collection.findOne(filter)),
        findOneAndUpdate: (filter, update) =>
          noting('findOneAndUpdate', () => collection.findOneAndUpdate(filter, update)),
        updateOne: (filter, update) => noting('updateOne', () => collection.updateOne(filter, update)),
        deleteOne: (filter) => noting('deleteOne', () => collection.deleteOne(filter)),
        deleteMany: (filter) => noting('deleteMany', () => collection.deleteMany(filter)),
        find: (filter, options) => noting('find', () => collection.find(filter, options)),
      };
    },
  };
}

/** The recipient's budget is in `limits`. */
const BUDGET = 'limits.findOneAndUpdate';
/** What a right code gives back to it. */
const RELEASE = 'limits.updateOne';
const RESERVE = 'sessions.findOneAndUpdate';
const CONSUME = 'sessions.findOneAndUpdate';
/** An attempt that could not be reserved without reading the session, and the reading. */
const MISSED = 'sessions.findOneAndUpdate';
const LOOK_UP = 'sessions.findOne';

eachEngine((engine) => {
  const noted: string[] = [];
  let service: UseCases;
  beforeAll(async () => {
    service = createUseCases(withNotes(await engine.open(), noted));
    // Settings are cached after the first call.
    await otp().send({ recipients: newRecipients('email') });
  });
  beforeEach(() => {
    noted.length = 0;
  });
  const otp = () => service.as({ workspace });
  /** What the store was asked, without the settings that a call reads once in a few seconds. */
  const asked = () => noted.filter((one) => !/^(workspaces|senders|wallets|recipientRules)\./.test(one));
  async function opened(config = {}, channels: readonly ChannelName[] = ['email']) {
    const recipients = newRecipients(...channels);
    const { session } = await otp().send({ recipients, config });
    const { email } = await service.codes(workspace, session!.id);
    noted.length = 0;
    return { recipients, id: session!.id, code: email };
  }

  describe('operations on the store', () => {
    it('of a Send: the budget and the session; one more for a recipient never seen', async () => {
      const recipients = newRecipients('email');
      await otp().send({ recipients });
      expect(asked()).toEqual([BUDGET, 'limits.insertOne', 'sessions.insertOne']);
      noted.length = 0;
      await otp().send({ recipients });
      expect(asked()).toEqual([BUDGET, 'sessions.insertOne']);
    });

    it('of a Send with a request id: its claim; of the repeat the claim and the session', async () => {
      const request = { recipients: newRecipients('email'), requestId: 'r-1' };
      await otp().send(request);
      expect(asked()).toEqual(['idempotency.insertOne', BUDGET, 'limits.insertOne', 'sessions.insertOne']);
      noted.length = 0;
      await otp().send(request);
      expect(asked()).toEqual(['idempotency.insertOne', 'idempotency.findOne', LOOK_UP]);
    });

    it('of a Send with an IP address and a user: one more for each', async () => {
      const recipients = newRecipients('email');
      await otp().send({ recipients, endUserIp: '192.0.2.7', metadata: { user_id: 'u-7' } });
      noted.length = 0;
      await otp().send({ recipients, endUserIp: '192.0.2.7', metadata: { user_id: 'u-7' } });
      expect(asked().toSorted()).toEqual([BUDGET, BUDGET, BUDGET, 'sessions.insertOne']);
    });

    it.each(['validate', 'verify'] as const)(
      'of %s with a first wrong code: the attempt; with a later one also the unit that is bought for it',
      async (method) => {
        const { id, code } = await opened();
        expect(await reasonOf(otp()[method]({ sessionId: id, code: wrong(code) }))).toBe('INVALID_CODE');
        expect(asked()).toEqual([RESERVE]);
        noted.length = 0;
        expect(await reasonOf(otp()[method]({ sessionId: id, code: wrong(code) }))).toBe('INVALID_CODE');
        expect(asked()).toEqual([RESERVE, BUDGET]);
      },
    );

    it.each(['validate', 'verify'] as const)(
      'of %s with a right code: attempt, approval and what it gives back; after a wrong one also the unit',
      async (method) => {
        const first = await opened();
        await otp()[method]({ sessionId: first.id, code: first.code });
        expect(asked()).toEqual([RESERVE, CONSUME, RELEASE]);
        const { eventsAt, eraseAt, channels } = await service.stored(workspace, first.id);
        expect({ eventsAt, eraseAt, address: channels.email?.address }).toEqual({});
        const second = await opened();
        await reasonOf(otp()[method]({ sessionId: second.id, code: wrong(second.code) }));
        noted.length = 0;
        await otp()[method]({ sessionId: second.id, code: second.code });
        expect(asked()).toEqual([RESERVE, BUDGET, CONSUME, RELEASE]);
      },
    );

    it('of a code given for its channel: no more', async () => {
      const { id, code } = await opened();
      await otp().verify({ sessionId: id, codes: { email: code } });
      expect(asked()).toEqual([RESERVE, CONSUME, RELEASE]);
    });

    it('of a right code with a request id: the look-up that a repeat needs', async () => {
      const { id, code } = await opened();
      await otp().verify({ sessionId: id, code, requestId: 'r-2' });
      expect(asked()).toEqual([LOOK_UP, RESERVE, CONSUME, RELEASE]);
    });

    it('of a session with two channels: the look-up', async () => {
      const { id, code } = await opened({}, ['email', 'sms']);
      await reasonOf(otp().verify({ sessionId: id, codes: { email: wrong(code) } }));
      expect(asked()).toEqual([MISSED, LOOK_UP, RESERVE]);
    });

    it('of a short code: each comparison is bought', async () => {
      const { id, code } = await opened({ codeLength: 4 });
      await otp().validate({ sessionId: id, code });
      expect(asked()).toEqual([RESERVE, BUDGET, CONSUME, RELEASE]);
    });

    it('of a resend: budget and session; of a redemption: the session', async () => {
      const { id, code } = await opened();
      service.clock.advance(30_000);
      await otp().resend({ sessionId: id });
      expect(asked()).toEqual([LOOK_UP, BUDGET, 'sessions.findOneAndUpdate']);
      const { email } = await service.codes(workspace, id);
      expect(email).not.toBe(code);
      const { verificationToken } = await otp().verify({ sessionId: id, code: email });
      noted.length = 0;
      await otp().redeem({ verificationToken, operation: { type: 'payment', id: '1' } });
      expect(asked()).toEqual([LOOK_UP, 'sessions.findOneAndUpdate']);
    });

    it('of a code of another length: the attempt, and the comparison that it did not use', async () => {
      const { id, code } = await opened();
      expect(await reasonOf(otp().validate({ sessionId: id, code: `${code}0` }))).toBe('INVALID_CODE');
      expect(asked()).toEqual([RESERVE, RESERVE]);
    });
  });
});
