import { expect, it } from 'vitest';
import {
  type Filter,
  type FindOptions,
  UnsupportedOperation,
  type Update,
} from '../../../server/store/documents.js';
import type { ContractContext, Thing } from '../documents.js';

const hole: unknown[] = [1];
hole[2] = 3;
const deep = (levels: number): unknown => (levels === 0 ? 1 : { d: deep(levels - 1) });

/** Outside the port, so none of these compiles without a cast. */
const DOCUMENTS: readonly (readonly [string, unknown])[] = [
  ['no _id', { n: 1 }],
  ['an empty _id', { _id: '' }],
  ['an _id that is no text', { _id: 7 }],
  ['an _id with NUL', { _id: 'a\0b' }],
  ['an _id with half a character', { _id: 'a\ud83d' }],
  ['undefined', { _id: 'x', a: undefined }],
  ['undefined inside', { _id: 'x', a: { b: [{ c: undefined }] } }],
  ['undefined in a list', { _id: 'x', a: [undefined] }],
  ['a hole in a list', { _id: 'x', a: hole }],
  ['NaN', { _id: 'x', a: Number.NaN }],
  ['an infinite number', { _id: 'x', a: [Number.NEGATIVE_INFINITY] }],
  ['a bigint', { _id: 'x', a: 1n }],
  ['a function', { _id: 'x', a: () => 1 }],
  ['a symbol', { _id: 'x', a: Symbol('s') }],
  ['an invalid date', { _id: 'x', a: new Date(Number.NaN) }],
  ['a map', { _id: 'x', a: new Map() }],
  ['bytes', { _id: 'x', a: Buffer.from('x') }],
  ['an object of a class', { _id: 'x', a: new (class Box {})() }],
  ['a key with $', { _id: 'x', a: { $date: 1 } }],
  ['a key with a dot', { _id: 'x', 'a.b': 1 }],
  ['an empty key', { _id: 'x', '': 1 }],
  ['a key with NUL', { _id: 'x', 'a\0': 1 }],
  ['the key __proto__', { _id: 'x', a: JSON.parse('{"__proto__": 1}') }],
  ['a key that every object inherits', { _id: 'x', a: { constructor: [{}] } }],
  ['a key with half a character', { _id: 'x', 'a\ud83d': 1 }],
  ['too deep a nesting', { _id: 'x', a: deep(60) }],
  ['a list', ['x']],
  ['null', null],
];

const FILTERS: readonly (readonly [string, unknown])[] = [
  ['undefined', { a: undefined }],
  ['undefined in a condition', { a: { $gt: undefined } }],
  ['a whole object', { a: { b: 1 } }],
  ['an empty object', { a: {} }],
  ['a whole list', { a: [1] }],
  ['a list in a condition', { a: { $gt: [1] } }],
  ['an object in $in', { a: { $in: [{ b: 1 }] } }],
  ['undefined in $in', { a: { $in: [undefined] } }],
  ['$in of no list', { a: { $in: 1 } }],
  ['$exists of no boolean', { a: { $exists: 1 } }],
  ['a regular expression', { a: /x/ }],
  ['NaN', { a: Number.NaN }],
  ['an invalid date', { a: { $lt: new Date(Number.NaN) } }],
  ['$regex', { a: { $regex: 'x' } }],
  ['$eq', { a: { $eq: 1 } }],
  ['$not', { a: { $not: { $gt: 1 } } }],
  ['$elemMatch', { a: { $elemMatch: { b: 1 } } }],
  ['$nin', { a: { $nin: [1] } }],
  ['an operator beside a field', { a: { $gt: 1, b: 2 } }],
  ['$and', { $and: [{ a: 1 }] }],
  ['$expr', { $expr: { $gt: ['$a', 1] } }],
  ['$where', { $where: 'true' }],
  ['$or of nothing', { $or: [] }],
  ['$or of no list', { $or: { a: 1 } }],
  ['$or with something else inside', { $or: [{ a: { $type: 2 } }] }],
  ['an empty part of a path', { 'a..b': 1 }],
  ['a path that ends in a dot', { 'a.': 1 }],
  ['a part of a path with $', { 'a.$': 1 }],
  ['the path __proto__', { 'a.__proto__.b': 1 }],
  ['a path that every object inherits', { 'a.toString': { $exists: false } }],
  ['null', null],
  ['a list', [{ a: 1 }]],
];

const UPDATES: readonly (readonly [string, unknown])[] = [
  ['nothing', {}],
  ['an operator without fields', { $set: {} }],
  ['an operator without fields beside another', { $set: { a: 1 }, $unset: {} }],
  ['a whole document', { a: 1 }],
  ['a list', [{ $set: { a: 1 } }]],
  ['undefined', { $set: { a: undefined } }],
  ['an undefined operand', { $set: undefined }],
  ['undefined inside', { $set: { a: [{ b: undefined }] } }],
  ['NaN', { $set: { a: Number.NaN } }],
  ['$inc by no number', { $inc: { a: '1' } }],
  ['$inc by infinity', { $inc: { a: Number.POSITIVE_INFINITY } }],
  ['$unset of another value', { $unset: { a: 1 } }],
  ['$push without $each', { $push: { a: 1 } }],
  ['$push with $sort', { $push: { a: { $each: [1], $sort: 1 } } }],
  ['$push elsewhere than in front', { $push: { a: { $each: [1], $position: 1 } } }],
  ['$push with a $slice that is no whole number', { $push: { a: { $each: [1], $slice: 1.5 } } }],
  ['$push of undefined', { $push: { a: { $each: [undefined] } } }],
  ['$pull of a scalar', { $pull: { a: 1 } }],
  ['$pull of everything', { $pull: { a: {} } }],
  ['$pull by an operator', { $pull: { a: { $gt: 1 } } }],
  ['$pull by a whole object', { $pull: { a: { b: { c: 1 } } } }],
  ['$addToSet', { $addToSet: { a: 1 } }],
  ['$setOnInsert', { $setOnInsert: { a: 1 } }],
  ['$rename', { $rename: { a: 'b' } }],
  ['an operator that is a key of every object', { constructor: { a: 1 } }],
  ['$set of _id', { $set: { _id: 'y' } }],
  ['$set inside _id', { $set: { '_id.x': 1 } }],
  ['$unset of _id', { $unset: { _id: '' } }],
  ['one path twice', { $set: { a: 1 }, $inc: { a: 1 } }],
  ['a path and one inside it', { $set: { a: {} }, $inc: { 'a.b': 1 } }],
  ['a path and one deep inside it', { $set: { 'a.b.c': 1, 'a.b': 2 } }],
  ['a positional path', { $set: { 'a.$': 1 } }],
  ['a path for every element', { $set: { 'a.$[]': 1 } }],
  ['an empty path', { $set: { '': 1 } }],
  ['a key with $ inside', { $set: { a: { $x: 1 } } }],
  ['a path that every object inherits', { $set: { 'a.constructor.prototype': 1 } }],
  ['the path __proto__', { $set: { '__proto__.polluted': 1 } }],
];

export function refuseContract(bench: ContractContext): void {
  it.each(DOCUMENTS)('a document with %s', async (_title, document) => {
    await expect(bench.things.insertOne(document as Thing)).rejects.toThrow(UnsupportedOperation);
    expect(await bench.things.find({}).toArray()).toEqual([]);
  });

  it.each(FILTERS)('a filter with %s', async (_title, filter) => {
    await bench.things.insertOne({ _id: 'x', a: 1 });
    const addressed = { _id: 'x', ...(filter as Filter) };
    await expect(bench.things.findOne(filter as Filter)).rejects.toThrow(UnsupportedOperation);
    await expect(bench.things.deleteMany(filter as Filter)).rejects.toThrow(UnsupportedOperation);
    expect(() => bench.things.find(filter as Filter)).toThrow(UnsupportedOperation);
    if (filter && !Array.isArray(filter)) {
      await expect(bench.things.deleteOne(addressed)).rejects.toThrow(UnsupportedOperation);
      await expect(bench.things.findOneAndUpdate(addressed, { $inc: { n: 1 } })).rejects.toThrow(
        UnsupportedOperation,
      );
    }
    expect(await bench.things.find({}).toArray()).toEqual([{ _id: 'x', a: 1 }]);
  });

  it.each(UPDATES)('an update with %s', async (_title, update) => {
    await bench.things.insertOne({ _id: 'x', b: 1 });
    await expect(bench.things.findOneAndUpdate({ _id: 'x' }, update as Update)).rejects.toThrow(
      UnsupportedOperation,
    );
    expect(await bench.things.find({}).toArray()).toEqual([{ _id: 'x', b: 1 }]);
  });

  it.each([[{}], [{ _id: { $in: ['x'] } }], [{ _id: null }], [{ _id: '' }]])(
    'to change or delete by %j, which addresses no single document',
    async (filter) => {
      const addressed = filter as Filter & { _id: string };
      await expect(bench.things.deleteOne(addressed)).rejects.toThrow(UnsupportedOperation);
      await expect(bench.things.findOneAndUpdate(addressed, { $inc: { n: 1 } })).rejects.toThrow(
        UnsupportedOperation,
      );
    },
  );

  it.each<[string, Filter, unknown]>([
    ['a limit of zero', {}, { limit: 0 }],
    ['a limit that is no whole number', {}, { limit: 1.5 }],
    ['a sort by nothing', {}, { sort: {} }],
    ['a sort in no direction', {}, { sort: { _id: 2 } }],
    ['a sort both up and down', { due: { $gt: new Date(0) } }, { sort: { due: 1, _id: -1 } }],
    ['a sort that no index serves', {}, { sort: { n: 1 } }],
    ['a sort by an index that would leave out documents without the field', {}, { sort: { due: 1 } }],
    ['a sort by id through an index in another order', { due: { $gt: new Date(0) } }, { sort: { owner: 1 } }],
  ])('%s', (_title, filter, options) => {
    expect(() => bench.things.find(filter, options as FindOptions)).toThrow(UnsupportedOperation);
  });

  it('a collection that was not declared', () => {
    expect(() => bench.documents.collection('unheard-of')).toThrow(UnsupportedOperation);
  });

  it('names the field at fault and not its value', async () => {
    const secret = { _id: 'x', holder: { code: [Number.NaN, 'hunter2'] } };
    await expect(bench.things.insertOne(secret)).rejects.toThrow(/"code"/);
    await expect(bench.things.insertOne(secret)).rejects.not.toThrow(/hunter2/);
  });
}
