import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Collection } from '../../../server/store/documents.js';
import { THINGS, type Thing } from '../../storeContract/documents.js';
import { embeddedEngine, mongodbEngine } from '../../support/engines.js';
import { describeWithMongo } from '../../support/mongodb.js';
import { type Operation, operation } from './support/randomOperations.js';

describeWithMongo('the two engines', (mongodb) => {
  const engines = [embeddedEngine(), mongodbEngine(mongodb)];
  const sides: Collection<Thing>[] = [];
  beforeAll(async () => {
    for (const engine of engines) {
      const documents = await engine.open({ collections: [THINGS] });
      sides.push(documents.collection<Thing>('things'));
    }
  });
  const both = (operate: Operation) => Promise.all(sides.map((things) => outcome(operate, things)));
  const everything: Operation = (things) => things.find({}, { sort: { _id: 1 } }).toArray();

  it('respond alike to any operations, refusals included, and keep the same documents', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 12, size: 'max' }),
        async (operations) => {
          await both((things) => things.deleteMany({}));
          for (const operate of operations) {
            const [ours, theirs] = await both(operate);
            expect(ours).toEqual(theirs);
            const [kept, keptThere] = await both(everything);
            expect(kept).toEqual(keptThere);
          }
        },
      ),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 100) },
    );
  });
});

async function outcome(operate: Operation, things: Collection<Thing>): Promise<unknown> {
  try {
    return { result: await operate(things) };
  } catch (error) {
    return { error: (error as Error).constructor.name };
  }
}
