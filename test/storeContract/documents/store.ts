import { expect, it } from 'vitest';
import { DuplicateKey } from '../../../server/store/documents.js';
import type { ContractContext, Thing } from '../documents.js';

export function storeContract(bench: ContractContext): void {
  it('gives back what it was given, value by value', async () => {
    const thing: Thing = {
      _id: 'values',
      text: 'plain',
      empty: '',
      marks: 'quotes " and \\ and \n and \u0000 and \u2028',
      wide: 'ñ 漢字 😀',
      json: '{"$date": 5}',
      integer: 42,
      negative: -7,
      fraction: 0.1,
      tiny: 5e-324,
      largest: Number.MAX_SAFE_INTEGER,
      huge: 1.5e300,
      beyondInt32: 2 ** 31,
      yes: true,
      no: false,
      nothing: null,
      after1970: new Date('2030-01-15T12:00:00.123Z'),
      before1970: new Date(-1),
      list: [1, 'two', null, true, new Date(3), [4, [5]], { six: 6 }],
      noList: [],
      noFields: {},
      deep: { a: { b: { c: [{ d: new Date(9) }] } } },
      names: { length: 3, name: 'x', 7: 'seven', 'with space': 1, 'a-b/c+d=': 1, ñ: 1 },
    };
    await bench.things.insertOne(thing);
    expect(await bench.things.findOne({ _id: 'values' })).toStrictEqual(thing);
  });

  it.each(['a/b', 'with space', `"quoted'`, '漢字😀', 'x'.repeat(900), '%', 'a\nb', '.dotted.', '$id'])(
    'addresses a document by the id %j',
    async (id) => {
      await bench.things.insertOne({ _id: id, n: 1 });
      expect(await bench.things.findOne({ _id: id })).toStrictEqual({ _id: id, n: 1 });
      expect((await bench.things.findOneAndUpdate({ _id: id }, { $inc: { n: 1 } }))?.n).toBe(2);
      expect(await bench.things.deleteOne({ _id: id })).toBe(1);
      expect(await bench.things.findOne({ _id: id })).toBeNull();
    },
  );

  it('distinguishes ids by case and accent', async () => {
    for (const id of ['a', 'A', 'á', 'a ']) await bench.things.insertOne({ _id: id });
    expect((await bench.things.findOne({ _id: 'A' }))?._id).toBe('A');
  });

  it('refuses a second document under one id and keeps the first', async () => {
    await bench.things.insertOne({ _id: 'one', n: 1, tags: ['first'] });
    await expect(bench.things.insertOne({ _id: 'one', n: 2, tags: ['second'] })).rejects.toThrow(
      DuplicateKey,
    );
    expect(await bench.things.findOne({ _id: 'one' })).toStrictEqual({ _id: 'one', n: 1, tags: ['first'] });
    expect(await bench.things.find({ tags: 'second' }).toArray()).toEqual([]);
  });

  it('replaces a half of a character, which no store can hold, by the replacement character', async () => {
    await bench.things.insertOne({ _id: 'half', text: 'a\ud83db' });
    expect((await bench.things.findOne({ _id: 'half' }))?.text).toBe('a\ufffdb');
  });

  it('is not changed through what was handed in or out', async () => {
    const given = { _id: 'own', list: [1], at: new Date(5) };
    await bench.things.insertOne(given);
    given.list.push(2);
    given.at.setTime(6);
    const added = { n: 2 };
    const returned = await bench.things.findOneAndUpdate({ _id: 'own' }, { $set: { inner: added } });
    added.n = 3;
    (returned as unknown as typeof given).list.push(9);
    (returned as unknown as typeof given).at.setTime(9);
    const found = await bench.things.findOne({ _id: 'own' });
    (found as unknown as typeof given).list.push(9);
    expect(await bench.things.findOne({ _id: 'own' })).toStrictEqual({
      _id: 'own',
      list: [1],
      at: new Date(5),
      inner: { n: 2 },
    });
  });

  it('keeps collections apart', async () => {
    const others = bench.documents.collection('others');
    await others.insertOne({ _id: 'same' });
    await bench.things.insertOne({ _id: 'same', n: 1 });
    expect(await others.deleteOne({ _id: 'same' })).toBe(1);
    expect(await bench.things.findOne({ _id: 'same' })).toStrictEqual({ _id: 'same', n: 1 });
  });

  it('deletes only what matches, and says how many', async () => {
    await bench.things.insertOne({ _id: 'a', n: 1, owner: 'x' });
    await bench.things.insertOne({ _id: 'b', n: 2, owner: 'x', tags: ['t'] });
    await bench.things.insertOne({ _id: 'c', n: 3, owner: 'y' });
    expect(await bench.things.deleteOne({ _id: 'a', n: 2 })).toBe(0);
    expect(await bench.things.deleteOne({ _id: 'missing' })).toBe(0);
    expect(await bench.things.deleteMany({ owner: 'x', n: { $gt: 1 } })).toBe(1);
    expect(await bench.things.deleteMany({ owner: 'unknown' })).toBe(0);
    expect(await bench.things.find({ tags: 't' }).toArray()).toEqual([]);
    expect((await bench.things.find({}, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id)).toEqual([
      'a',
      'c',
    ]);
  });

  it('responds to a ping', async () => {
    await bench.documents.ping();
  });
}
