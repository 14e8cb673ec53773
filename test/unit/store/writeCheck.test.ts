import { describe, expect, it } from 'vitest';
import { Failure } from '../../../server/errors.js';
import type { Documents } from '../../../server/store/documents.js';
import { observeOperations } from '../../../server/store/observeOperations.js';
import { createWriteCheck } from '../../../server/store/writeCheck.js';
import { type Engine, eachEngine } from '../../support/engines.js';

describe('the check of a store that can be read and not written', () => {
  eachEngine((engine: Engine) => {
    async function start() {
      let full = false;
      let writes = 0;
      const documents = await engine.open();
      const write = <R>(operation: () => Promise<R>): Promise<R> => {
        writes++;
        return full ? Promise.reject(new Failure('STORE_UNAVAILABLE')) : operation();
      };
      const limited = {
        ...documents,
        ping: () => documents.ping(),
        collection: (name: string) => {
          const plain = documents.collection(name);
          return {
            findOne: (filter) => plain.findOne(filter),
            find: (filter, options) => plain.find(filter, options),
            insertOne: (document) => write(() => plain.insertOne(document)),
            findOneAndUpdate: (filter, update) => write(() => plain.findOneAndUpdate(filter, update)),
            deleteOne: (filter) => write(() => plain.deleteOne(filter)),
            deleteMany: (filter) => write(() => plain.deleteMany(filter)),
          };
        },
      } as Documents;
      const { check, observer } = createWriteCheck(limited);
      const senders = observeOperations(limited, observer).collection('senders');
      return {
        check,
        senders,
        writes: () => writes,
        fill: (value: boolean) => {
          full = value;
        },
      };
    }

    it('writes nothing while writes work, with any reads and refusals', async () => {
      const { check, senders, writes } = await start();
      await senders.insertOne({ _id: 'a' });
      await expect(senders.insertOne({ _id: 'a' })).rejects.toThrow();
      const before = writes();
      await check();
      expect(writes()).toBe(before);
    });

    it('fails from the first write that failed until a test write works, and leaves nothing of it', async () => {
      const { check, senders, fill } = await start();
      fill(true);
      await expect(senders.insertOne({ _id: 'a' })).rejects.toThrow();
      for (let time = 0; time < 3; time++) {
        await expect(check()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
        expect(await senders.findOne({ _id: 'a' })).toBeNull();
      }
      fill(false);
      await check();
      fill(true);
      // The last write did not fail.
      await check();
      fill(false);
      await senders.insertOne({ _id: 'a' });
    });
  });
});
