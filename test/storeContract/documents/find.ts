import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Collection, Filter, FindOptions } from '../../../server/store/documents.js';
import type { ContractContext, Thing } from '../documents.js';

const MANY = 270;
const id = (n: number) => `w/${String(n).padStart(4, '0')}`;

export function findContract(bench: ContractContext): void {
  const ids = async (filter: Filter, options?: FindOptions) =>
    (await bench.things.find(filter, options).toArray()).map(({ _id }) => _id);
  const crowd = async (filter: Filter, options: FindOptions) =>
    (await bench.crowd.find(filter, options).toArray()).map(({ _id }) => _id);
  const sorted = async (filter: Filter) => (await ids(filter)).sort();

  describe('among a few', () => {
    beforeEach(async () => {
      const things: Thing[] = [
        { _id: 'a/1', owner: 'ann', tags: ['red', 'blue'], due: new Date(30), n: 1 },
        { _id: 'a/2', owner: 'bob', tags: ['red'], due: new Date(10), inner: { due: new Date(1) }, n: 2 },
        { _id: 'a/3', owner: 'ann', tags: [], due: null, n: 3 },
        { _id: 'b/4', owner: 'ann', due: new Date(20), inner: { due: new Date(2) }, n: 4 },
        { _id: 'b/5', owner: null, tags: null, n: 5 },
        { _id: 'b/6', n: 6 },
      ];
      for (const thing of things) await bench.things.insertOne(thing);
    });

    it.each<[string, Filter, readonly string[]]>([
      ['an indexed text', { owner: 'ann' }, ['a/1', 'a/3', 'b/4']],
      ['an indexed text and another field', { owner: 'ann', n: { $gt: 1 } }, ['a/3', 'b/4']],
      ['an indexed text and a range of ids', { owner: 'ann', _id: { $gt: 'a/1', $lt: 'b/4' } }, ['a/3']],
      ['several indexed texts', { owner: { $in: ['ann', 'bob', 'eve'] } }, ['a/1', 'a/2', 'a/3', 'b/4']],
      ['a range of indexed texts', { owner: { $gte: 'b' } }, ['a/2']],
      ['no text by a number', { owner: { $gt: 1 } }, []],
      ['an indexed text that is missing or null', { owner: null }, ['b/5', 'b/6']],
      ['an indexed text that is another', { owner: { $ne: 'ann' } }, ['a/2', 'b/5', 'b/6']],
      ['an element of an indexed list', { tags: 'red' }, ['a/1', 'a/2']],
      ['an element of an indexed list and an id', { tags: 'red', _id: 'a/2' }, ['a/2']],
      ['one of several elements, each document once', { tags: { $in: ['red', 'blue'] } }, ['a/1', 'a/2']],
      ['an indexed list that is missing or null', { tags: null }, ['b/4', 'b/5', 'b/6']],
      ['dates up to one', { due: { $lte: new Date(20) } }, ['a/2', 'b/4']],
      ['dates between two', { due: { $gt: new Date(10), $lt: new Date(30) } }, ['b/4']],
      ['one date', { due: new Date(30) }, ['a/1']],
      ['several dates', { due: { $in: [new Date(10), new Date(30)] } }, ['a/1', 'a/2']],
      ['no date by a number', { due: { $lte: 99 } }, []],
      ['dates inside', { 'inner.due': { $lte: new Date(1) } }, ['a/2']],
      ['by the beginning of an id', { _id: { $gte: 'a/', $lt: 'a0' } }, ['a/1', 'a/2', 'a/3']],
      ['by several ids', { _id: { $in: ['b/6', 'a/1', 'missing'] } }, ['a/1', 'b/6']],
      ['by every id but one', { _id: { $ne: 'a/1' } }, ['a/2', 'a/3', 'b/4', 'b/5', 'b/6']],
      ['by a field without an index', { n: { $gte: 5 } }, ['b/5', 'b/6']],
      ['by alternatives of indexed fields', { $or: [{ owner: 'bob' }, { tags: 'blue' }] }, ['a/1', 'a/2']],
      ['all', {}, ['a/1', 'a/2', 'a/3', 'b/4', 'b/5', 'b/6']],
    ])('%s', async (_title, filter, expected) => {
      expect(await sorted(filter)).toEqual(expected);
      expect((await bench.things.findOne(filter))?._id ?? null).toBeOneOf(
        expected.length > 0 ? [...expected] : [null],
      );
    });

    it.each<[string, Filter, FindOptions, readonly string[]]>([
      ['ids up', {}, { sort: { _id: 1 } }, ['a/1', 'a/2', 'a/3', 'b/4', 'b/5', 'b/6']],
      ['ids down, within one owner', { owner: 'ann' }, { sort: { _id: -1 } }, ['b/4', 'a/3', 'a/1']],
      ['ids up, within one owner', { owner: 'ann' }, { sort: { _id: 1 }, limit: 2 }, ['a/1', 'a/3']],
      ['ids down, with one tag', { tags: 'red' }, { sort: { _id: -1 } }, ['a/2', 'a/1']],
      [
        'ids down, with one of several tags',
        { tags: { $in: ['blue', 'red'] } },
        { sort: { _id: -1 } },
        ['a/2', 'a/1'],
      ],
      ['ids down, with a tag and an owner', { owner: 'ann', tags: 'red' }, { sort: { _id: -1 } }, ['a/1']],
      ['ids down, below one', { tags: 'red', _id: { $lt: 'a/2' } }, { sort: { _id: -1 } }, ['a/1']],
      ['dates up', { due: { $lte: new Date(99) } }, { sort: { due: 1 } }, ['a/2', 'b/4', 'a/1']],
      ['dates down', { due: { $lte: new Date(99) } }, { sort: { due: -1 }, limit: 2 }, ['a/1', 'b/4']],
      [
        'dates up and then ids',
        { due: { $gt: new Date(0) } },
        { sort: { due: 1, _id: 1 } },
        ['a/2', 'b/4', 'a/1'],
      ],
      [
        'with a limit on what matches, not on what is read',
        { n: { $gte: 4 } },
        { sort: { _id: 1 }, limit: 2 },
        ['b/4', 'b/5'],
      ],
    ])('sorted: %s', async (_title, filter, options, expected) => {
      expect(await ids(filter, options)).toEqual(expected);
    });

    it('follows the indexed fields as they change', async () => {
      await bench.things.findOneAndUpdate(
        { _id: 'a/1' },
        { $set: { owner: 'bob', due: new Date(5), tags: ['blue', 'blue', 'new'] } },
      );
      await bench.things.findOneAndUpdate({ _id: 'a/2' }, { $unset: { owner: '', due: '', tags: '' } });
      expect(await sorted({ owner: 'bob' })).toEqual(['a/1']);
      expect(await sorted({ due: { $lte: new Date(10) } })).toEqual(['a/1']);
      expect(await sorted({ tags: 'red' })).toEqual([]);
      expect(await sorted({ tags: 'new' })).toEqual(['a/1']);
      expect(await sorted({ tags: 'blue' })).toEqual(['a/1']);
      await bench.things.findOneAndUpdate({ _id: 'a/1' }, { $set: { tags: ['red', 'new'] } });
      expect(await sorted({ tags: 'red' })).toEqual(['a/1']);
      await bench.things.deleteOne({ _id: 'a/1' });
      expect(await sorted({ tags: 'new' })).toEqual([]);
      await bench.things.insertOne({ _id: 'a/1', tags: ['new'] });
      expect(await sorted({ tags: 'new' })).toEqual(['a/1']);
    });
  });

  describe('among many', () => {
    beforeAll(() => fill(bench.crowd, MANY));
    const all = Array.from({ length: MANY }, (_, n) => id(n));

    it.each<[string, Filter, FindOptions, readonly string[]]>([
      ['by id', {}, { sort: { _id: 1 } }, all],
      ['by id, downwards', {}, { sort: { _id: -1 } }, all.toReversed()],
      ['by an indexed text', { owner: 'ann' }, { sort: { _id: -1 } }, all.toReversed()],
      ['by an element', { tags: 't' }, { sort: { _id: 1 }, limit: 250 }, all.slice(0, 250)],
      ['by several elements', { tags: { $in: ['t', 'none', 'u'] } }, { sort: { _id: -1 } }, all.toReversed()],
      [
        'by a date that many share',
        { due: { $gte: new Date(0) } },
        { sort: { due: 1, _id: 1 } },
        all.toSorted((a, b) => (Number(a.slice(2)) % 7) - (Number(b.slice(2)) % 7) || (a < b ? -1 : 1)),
      ],
    ])('reads every one once, in order: %s', async (_title, filter, options, expected) => {
      expect(await crowd(filter, options)).toEqual(expected);
    });

    it('finds the few that match late in a long read', async () => {
      expect(await crowd({ n: { $gte: MANY - 2 } }, { sort: { _id: 1 }, limit: 5 })).toEqual(all.slice(-2));
    });

    it('lets the reader stop early and begin again', async () => {
      const cursor = bench.crowd.find({}, { sort: { _id: 1 } });
      const read = async (stopAt: number) => {
        const seen: string[] = [];
        for await (const { _id } of cursor) {
          seen.push(_id);
          if (seen.length === stopAt) break;
        }
        return seen;
      };
      expect(await read(3)).toEqual(all.slice(0, 3));
      expect(await read(120)).toEqual(all.slice(0, 120));
    });

    it('lets other operations run in between, and shows each document whole', async () => {
      const seen: Thing[] = [];
      for await (const thing of bench.crowd.find({}, { sort: { _id: 1 } })) {
        seen.push(thing);
        if (seen.length === 5) {
          const late = all.slice(-10);
          const both = { $set: { x: 1, y: 1 } };
          await Promise.all(late.map((_id) => bench.crowd.findOneAndUpdate({ _id }, both)));
        }
      }
      expect(seen.map(({ _id }) => _id)).toEqual(all);
      for (const { x, y } of seen) expect(x).toBe(y);
      expect((await bench.crowd.findOne({ _id: all.at(-1)! }))?.x).toBe(1);
    });

    it('deletes many and leaves the others', async () => {
      await fill(bench.things, 210);
      expect(await bench.things.deleteMany({ owner: 'ann', n: { $gte: 3 } })).toBe(207);
      expect(await sorted({})).toEqual(all.slice(0, 3));
      expect(await sorted({ tags: 't' })).toEqual(all.slice(0, 3));
    });
  });
}

async function fill(collection: Collection<Thing>, size: number): Promise<void> {
  const inserts = Array.from({ length: size }, (_, n) =>
    collection.insertOne({
      _id: id(n),
      owner: 'ann',
      tags: n % 2 ? ['t'] : ['t', 'u'],
      due: new Date(n % 7),
      n,
    }),
  );
  await Promise.all(inserts);
}
