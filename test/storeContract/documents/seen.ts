import { expect, it } from 'vitest';
import { UnsupportedOperation, type Update } from '../../../server/store/documents.js';
import type { ContractContext, Thing } from '../documents.js';

/** Updates of documents that the caller has seen, guarded by a revision that each of them raises. */
export function seenContract(bench: ContractContext): void {
  const stored = async (_id: string, fields: object = {}): Promise<Thing> => {
    const document = { _id, rev: 1, at: new Date(5), inner: { list: [{ n: 1 }] }, ...fields };
    await bench.things.insertOne(document);
    return document;
  };
  const change = (seen: Thing, update: Update) =>
    bench.things.findOneAndUpdate(
      { _id: seen._id, rev: seen.rev as number },
      { ...update, $inc: { ...update.$inc, rev: 1 } },
      seen,
    );

  it('return what the store holds afterwards', async () => {
    const seen = await stored('a', { gone: 'x' });
    const after = await change(seen, {
      $set: { 'inner.word': 'new', at: new Date(9) },
      $push: { 'inner.list': { $each: [{ n: 2 }] } },
      $unset: { gone: '' },
    });
    const expected = {
      _id: 'a',
      rev: 2,
      at: new Date(9),
      inner: { list: [{ n: 1 }, { n: 2 }], word: 'new' },
    };
    expect(after).toStrictEqual(expected);
    expect(await bench.things.findOne({ _id: 'a' })).toStrictEqual(expected);
    // What the caller has is its own.
    expect(seen).toStrictEqual({ _id: 'a', rev: 1, at: new Date(5), inner: { list: [{ n: 1 }] }, gone: 'x' });
  });

  it('return null, and change nothing, where there is another revision or no document', async () => {
    const seen = await stored('a');
    expect(await change({ ...seen, rev: 7 }, { $set: { word: 'late' } })).toBeNull();
    expect(await change({ ...seen, _id: 'nothing' }, { $set: { word: 'late' } })).toBeNull();
    expect(await bench.things.findOne({ _id: 'a' })).toStrictEqual(seen);
  });

  it('have each its own result when many are made at once', async () => {
    const documents = await Promise.all(Array.from({ length: 100 }, (_, n) => stored(`n${n}`)));
    const late = new Set(['n3', 'n64', 'n99']);
    for (const _id of late) await bench.things.findOneAndUpdate({ _id }, { $inc: { rev: 1 } });
    const results = await Promise.all(documents.map((seen) => change(seen, { $set: { word: seen._id } })));
    for (const [index, seen] of documents.entries()) {
      const isLate = late.has(seen._id);
      const expected = isLate ? { ...seen, rev: 2 } : { ...seen, rev: 2, word: seen._id };
      expect(results[index]).toStrictEqual(isLate ? null : expected);
      expect(await bench.things.findOne({ _id: seen._id })).toStrictEqual(expected);
    }
  });

  it('let one of many changes to one revision through', async () => {
    const seen = await stored('a');
    const words = Array.from({ length: 20 }, (_, n) => `w${n}`);
    const results = await Promise.all(words.map((word) => change(seen, { $set: { word } })));
    expect(results.filter(Boolean)).toStrictEqual([{ ...seen, rev: 2, word: 'w0' }]);
    expect(await bench.things.findOne({ _id: 'a' })).toStrictEqual({ ...seen, rev: 2, word: 'w0' });
  });

  it('are refused for the document that is at fault and for no other', async () => {
    const [good, wrong, other] = [await stored('good'), await stored('wrong'), await stored('other')];
    const inside: Update = { $set: { 'at.word': 'x' } };
    const [first, refused, last] = await Promise.allSettled([
      change(good, { $set: { word: 'x' } }),
      change(wrong, inside),
      change(other, { $set: { word: 'y' } }),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { rev: 2, word: 'x' } });
    expect(last).toMatchObject({ status: 'fulfilled', value: { rev: 2, word: 'y' } });
    expect((refused as PromiseRejectedResult).reason).toBeInstanceOf(UnsupportedOperation);
    expect(await bench.things.findOne({ _id: 'wrong' })).toStrictEqual(wrong);
    await expect(change(wrong, inside)).rejects.toThrow(UnsupportedOperation);
  });

  it('lose nothing beside updates that know no revision', async () => {
    const seen = await stored('a', { left: 100 });
    await Promise.all([
      ...Array.from({ length: 30 }, () =>
        bench.things.findOneAndUpdate({ _id: 'a', left: { $gt: 0 } }, { $inc: { left: -1 } }),
      ),
      change(seen, { $set: { word: 'x' } }),
    ]);
    expect(await bench.things.findOne({ _id: 'a' })).toMatchObject({ left: 70, rev: 2, word: 'x' });
  });
}
