import { expect, it } from 'vitest';
import { UnsupportedOperation, type Update } from '../../../server/store/documents.js';
import type { ContractContext } from '../documents.js';

type Fields = Readonly<Record<string, unknown>>;

/** MongoDB's manual, Update Operators. */
const CHANGES: readonly (readonly [title: string, before: Fields, update: Update, after: Fields])[] = [
  ['$set: a new field', { a: 1 }, { $set: { b: 'x' } }, { a: 1, b: 'x' }],
  [
    '$set: an existing field, of another type',
    { a: 1 },
    { $set: { a: [1, { b: null }] } },
    { a: [1, { b: null }] },
  ],
  ['$set: a field inside', { a: { b: 1, c: 2 } }, { $set: { 'a.b': 3 } }, { a: { b: 3, c: 2 } }],
  ['$set: the objects on the way', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }],
  ['$set: an element', { a: [1, 2] }, { $set: { 'a.1': 9 } }, { a: [1, 9] }],
  ['$set: a field of an element', { a: [{ b: 1 }] }, { $set: { 'a.0.b': 2 } }, { a: [{ b: 2 }] }],
  [
    '$set: an element beyond the end, with nulls before it',
    { a: [1] },
    { $set: { 'a.3': 4 } },
    { a: [1, null, null, 4] },
  ],
  ['$set: an object where no list is', {}, { $set: { 'a.0': 1 } }, { a: { 0: 1 } }],
  ['$set: null', { a: 1 }, { $set: { a: null } }, { a: null }],
  ['$set: a date', { a: 1 }, { $set: { a: new Date(7) } }, { a: new Date(7) }],
  [
    '$set: siblings inside one object',
    { a: { x: 1 } },
    { $set: { 'a.b': 1, 'a.c': 2 } },
    { a: { x: 1, b: 1, c: 2 } },
  ],

  ['$unset: a field', { a: 1, b: 2 }, { $unset: { a: '' } }, { b: 2 }],
  ['$unset: a field inside', { a: { b: 1, c: 2 } }, { $unset: { 'a.b': '' } }, { a: { c: 2 } }],
  ['$unset: nothing where nothing is', { a: 1 }, { $unset: { b: '', 'a.c': '', 'd.e': '' } }, { a: 1 }],
  ['$unset: an element becomes null', { a: [1, 2, 3] }, { $unset: { 'a.1': '' } }, { a: [1, null, 3] }],
  ['$unset: no element beyond the end', { a: [1] }, { $unset: { 'a.5': '' } }, { a: [1] }],

  ['$inc: a number', { a: 1 }, { $inc: { a: 2 } }, { a: 3 }],
  ['$inc: down', { a: 1 }, { $inc: { a: -2 } }, { a: -1 }],
  ['$inc: a fraction', { a: 1 }, { $inc: { a: 0.5 } }, { a: 1.5 }],
  ['$inc: a missing field from zero', {}, { $inc: { a: 2, 'b.c': -1 } }, { a: 2, b: { c: -1 } }],
  ['$inc: beyond 32 bits', { a: 2 ** 31 - 1 }, { $inc: { a: 1 } }, { a: 2 ** 31 }],
  ['$inc: an element', { a: [1, 2] }, { $inc: { 'a.0': 5 } }, { a: [6, 2] }],
  ['operators by the place they name', { a: [] }, { $inc: { 'a.0': 5 }, $set: { 'a.1': 1 } }, { a: [5, 1] }],

  ['$push: to a list', { a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  ['$push: to a missing field', {}, { $push: { 'a.b': { $each: [1] } } }, { a: { b: [1] } }],
  [
    '$push: an object',
    { a: [] },
    { $push: { a: { $each: [{ id: 'x', at: new Date(1) }] } } },
    { a: [{ id: 'x', at: new Date(1) }] },
  ],
  ['$push: a list as one element', { a: [] }, { $push: { a: { $each: [[1, 2]] } } }, { a: [[1, 2]] }],
  ['$push: to the front', { a: [3] }, { $push: { a: { $each: [1, 2], $position: 0 } } }, { a: [1, 2, 3] }],
  ['$push: and keeps the last', { a: [1, 2] }, { $push: { a: { $each: [3], $slice: -2 } } }, { a: [2, 3] }],
  [
    '$push: and keeps the first',
    { a: [2, 3] },
    { $push: { a: { $each: [1], $position: 0, $slice: 2 } } },
    { a: [1, 2] },
  ],
  ['$push: and keeps none', { a: [1] }, { $push: { a: { $each: [2], $slice: 0 } } }, { a: [] }],
  ['$push: nothing, and only cuts', { a: [1, 2, 3] }, { $push: { a: { $each: [], $slice: 1 } } }, { a: [1] }],
  [
    '$push: a list shorter than the slice',
    {},
    { $push: { a: { $each: [1, 2], $slice: -5 } } },
    { a: [1, 2] },
  ],

  [
    '$pull: the elements with that value',
    { a: [{ id: 1 }, { id: 2 }, { id: 1 }] },
    { $pull: { a: { id: 1 } } },
    { a: [{ id: 2 }] },
  ],
  [
    '$pull: the elements that meet a condition',
    { a: [{ n: 1 }, { n: 2 }, { n: 3 }] },
    { $pull: { a: { n: { $lte: 2 } } } },
    { a: [{ n: 3 }] },
  ],
  [
    '$pull: by dates',
    { a: [{ at: new Date(1) }, { at: new Date(9) }] },
    { $pull: { a: { at: { $lte: new Date(5) } } } },
    { a: [{ at: new Date(9) }] },
  ],
  [
    '$pull: by one of several values',
    { a: [{ id: 'x' }, { id: 'y' }, { id: 'z' }] },
    { $pull: { a: { id: { $in: ['x', 'z'] } } } },
    { a: [{ id: 'y' }] },
  ],
  [
    '$pull: only when every condition holds',
    {
      a: [
        { i: 1, j: 1 },
        { i: 1, j: 2 },
      ],
    },
    { $pull: { a: { i: 1, j: 2 } } },
    { a: [{ i: 1, j: 1 }] },
  ],
  ['$pull: no scalars', { a: [1, 'x', null, { id: 1 }] }, { $pull: { a: { id: 1 } } }, { a: [1, 'x', null] }],
  ['$pull: nothing from a missing field', { b: 1 }, { $pull: { a: { id: 1 } } }, { b: 1 }],
  [
    '$pull: nothing when nothing matches',
    { a: [{ id: 1 }] },
    { $pull: { a: { id: 2 } } },
    { a: [{ id: 1 }] },
  ],

  [
    'with every operator at once',
    { n: 1, s: 'x', gone: 1, l: [1], e: [{ id: 1 }] },
    {
      $set: { s: 'y' },
      $unset: { gone: '' },
      $inc: { n: 1 },
      $push: { l: { $each: [2] } },
      $pull: { e: { id: 1 } },
    },
    { n: 2, s: 'y', l: [1, 2], e: [] },
  ],
  ['to the same values', { a: 1, b: [2] }, { $set: { a: 1, b: [2] } }, { a: 1, b: [2] }],
];

/** What MongoDB rejects with TypeMismatch, BadValue or PathNotViable. */
const REFUSED: readonly (readonly [title: string, before: Fields, update: Update])[] = [
  ['$inc of a text', { a: 'x' }, { $inc: { a: 1 } }],
  ['$inc of null', { a: null }, { $inc: { a: 1 } }],
  ['$inc of a date', { a: new Date(1) }, { $inc: { a: 1 } }],
  ['$inc of a list', { a: [1] }, { $inc: { a: 1 } }],
  ['$push to a text', { a: 'x' }, { $push: { a: { $each: [1] } } }],
  ['$push to null', { a: null }, { $push: { a: { $each: [1] } } }],
  ['$push to an object', { a: {} }, { $push: { a: { $each: [1] } } }],
  ['$pull from a text', { a: 'x' }, { $pull: { a: { id: 1 } } }],
  ['$pull from null', { a: null }, { $pull: { a: { id: 1 } } }],
  ['$set inside a text', { a: 'x' }, { $set: { 'a.b': 1 } }],
  ['$set inside a number', { a: 1 }, { $set: { 'a.b.c': 1 } }],
  ['$set inside null', { a: null }, { $set: { 'a.b': 1 } }],
  ['$set inside a date', { a: new Date(1) }, { $set: { 'a.b': 1 } }],
  ['$set of a named field of a list', { a: [1] }, { $set: { 'a.b': 1 } }],
  ['$inc inside a text', { a: 'x' }, { $inc: { 'a.b': 1 } }],
  ['$push inside a number', { a: 1 }, { $push: { 'a.b': { $each: [1] } } }],
];

export function updateContract(bench: ContractContext): void {
  it.each(CHANGES)('%s', async (_title, before, update, after) => {
    await bench.things.insertOne({ _id: 'it', ...before });
    expect(await bench.things.findOneAndUpdate({ _id: 'it' }, update)).toStrictEqual({ _id: 'it', ...after });
    expect(await bench.things.findOne({ _id: 'it' })).toStrictEqual({ _id: 'it', ...after });
  });

  it.each(REFUSED)('refuses %s and changes nothing', async (_title, before, update) => {
    const document = { _id: 'it', ...before, n: 1 };
    await bench.things.insertOne(document);
    const both = { ...update, $set: { ...update.$set, n: 2 } };
    await expect(bench.things.findOneAndUpdate({ _id: 'it' }, both)).rejects.toThrow(UnsupportedOperation);
    expect(await bench.things.findOne({ _id: 'it' })).toStrictEqual(document);
  });

  it('changes nothing when the filter does not match, and says so', async () => {
    await bench.things.insertOne({ _id: 'it', n: 1 });
    expect(await bench.things.findOneAndUpdate({ _id: 'it', n: 2 }, { $inc: { n: 1 } })).toBeNull();
    expect(await bench.things.findOneAndUpdate({ _id: 'other' }, { $inc: { n: 1 } })).toBeNull();
    expect(await bench.things.find({}).toArray()).toStrictEqual([{ _id: 'it', n: 1 }]);
  });

  it('changes one document of which the caller wants to know nothing, if there is one', async () => {
    await bench.things.insertOne({ _id: 'it', n: 1 });
    const inOneTurn = [
      bench.things.updateOne({ _id: 'it' }, { $inc: { n: 1 } }),
      bench.things.updateOne({ _id: 'it', n: 2 }, { $set: { word: 'x' } }),
      bench.things.updateOne({ _id: 'it', n: 7 }, { $set: { word: 'y' } }),
      bench.things.updateOne({ _id: 'other' }, { $inc: { n: 1 } }),
    ];
    await expect(Promise.all(inOneTurn)).resolves.toEqual([undefined, undefined, undefined, undefined]);
    expect(await bench.things.find({}).toArray()).toStrictEqual([{ _id: 'it', n: 2, word: 'x' }]);
    const wrong = bench.things.updateOne({ _id: 'it' }, { $set: { 'word.inner': 1 } });
    await expect(wrong).rejects.toThrow(UnsupportedOperation);
  });

  it('refuses a document beyond 16 MiB, new or grown', async () => {
    const half = 'x'.repeat(9 * 1024 * 1024);
    await expect(bench.things.insertOne({ _id: 'big', a: half, b: half })).rejects.toThrow(
      UnsupportedOperation,
    );
    await bench.things.insertOne({ _id: 'big', a: half });
    expect((await bench.things.findOneAndUpdate({ _id: 'big' }, { $unset: { a: '' } }))?._id).toBe('big');
  });
}
