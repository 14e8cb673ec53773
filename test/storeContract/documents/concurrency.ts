import { expect, it } from 'vitest';
import { DuplicateKey, UnsupportedOperation } from '../../../server/store/documents.js';
import type { ContractContext, Thing } from '../documents.js';

export function concurrencyContract(bench: ContractContext): void {
  it('lets exactly three of 200 decrements through when three are left', async () => {
    await bench.things.insertOne({ _id: 'counter', left: 3 });
    const results = await Promise.all(
      Array.from({ length: 200 }, () =>
        bench.things.findOneAndUpdate({ _id: 'counter', left: { $gt: 0 } }, { $inc: { left: -1 } }),
      ),
    );
    const allowed = results.filter((result) => result !== null);
    expect(allowed.map(({ left }) => left).sort()).toEqual([0, 1, 2]);
    expect(await bench.things.findOne({ _id: 'counter' })).toEqual({ _id: 'counter', left: 0 });
  });

  it('lets exactly three through from two handles on one store', async () => {
    const another = await bench.another();
    const handles = [bench.things, another.collection<Thing>('things')];
    await bench.things.insertOne({ _id: 'counter', left: 3, takers: [] });
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, taker) =>
        handles[taker % 2]!.findOneAndUpdate(
          { _id: 'counter', left: { $gt: 0 } },
          { $inc: { left: -1 }, $push: { takers: { $each: [taker] } } },
        ),
      ),
    );
    const winners = results.flatMap((result, taker) => (result ? [taker] : []));
    expect(winners).toHaveLength(3);
    const counter = await another.collection<Thing>('things').findOne({ _id: 'counter' });
    expect(new Set(counter?.takers as number[])).toEqual(new Set(winners));
    await another.close();
  });

  it('shows one handle what another has written', async () => {
    const another = await bench.another();
    const theirs = another.collection<Thing>('things');
    await bench.things.insertOne({ _id: 'shared', n: 1 });
    expect((await theirs.findOneAndUpdate({ _id: 'shared' }, { $inc: { n: 1 } }))?.n).toBe(2);
    expect((await bench.things.findOne({ _id: 'shared' }))?.n).toBe(2);
    expect((await bench.things.findOneAndUpdate({ _id: 'shared', n: 2 }, { $inc: { n: 1 } }))?.n).toBe(3);
    expect(await theirs.deleteOne({ _id: 'shared', n: 3 })).toBe(1);
    expect(await bench.things.findOne({ _id: 'shared' })).toBeNull();
    await another.close();
  });

  it('takes one of many inserts under one id', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => bench.things.insertOne({ _id: 'once', n, tags: [`t${n}`] })),
    );
    const taken = results.flatMap((result, n) => (result.status === 'fulfilled' ? [n] : []));
    expect(taken).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(DuplicateKey);
    expect(await bench.things.findOne({ _id: 'once' })).toEqual({
      _id: 'once',
      n: taken[0],
      tags: [`t${taken[0]}`],
    });
  });

  it('takes one of many updates guarded by the revision they read', async () => {
    await bench.things.insertOne({ _id: 'guarded', rev: 1 });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        bench.things.findOneAndUpdate({ _id: 'guarded', rev: 1 }, { $inc: { rev: 1 }, $set: { by: n } }),
      ),
    );
    expect(results.filter((result) => result !== null)).toHaveLength(1);
  });

  it('loses none of many increments', async () => {
    await bench.things.insertOne({ _id: 'sum', n: 0 });
    await Promise.all(
      Array.from({ length: 150 }, () => bench.things.findOneAndUpdate({ _id: 'sum' }, { $inc: { n: 1 } })),
    );
    expect((await bench.things.findOne({ _id: 'sum' }))?.n).toBe(150);
  });

  it('runs the valid operations beside the rejected ones', async () => {
    await bench.things.insertOne({ _id: 'text', n: 'x' });
    await bench.things.insertOne({ _id: 'number', n: 1 });
    const results = await Promise.allSettled([
      bench.things.insertOne({ _id: 'new', tags: ['kept'] }),
      bench.things.findOneAndUpdate({ _id: 'text' }, { $inc: { n: 1 } }),
      bench.things.insertOne({ _id: 'text', tags: ['lost'] }),
      bench.things.findOneAndUpdate({ _id: 'number' }, { $inc: { n: 1 } }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect((results[1] as PromiseRejectedResult).reason).toBeInstanceOf(UnsupportedOperation);
    expect((results[2] as PromiseRejectedResult).reason).toBeInstanceOf(DuplicateKey);
    expect(
      (await bench.things.find({ tags: { $in: ['kept', 'lost'] } }).toArray()).map(({ _id }) => _id),
    ).toEqual(['new']);
    expect(await bench.things.findOne({ _id: 'text' })).toEqual({ _id: 'text', n: 'x' });
    expect((await bench.things.findOne({ _id: 'number' }))?.n).toBe(2);
  });
}
