import { expect, it } from 'vitest';
import type { Filter } from '../../../server/store/documents.js';
import type { ContractContext } from '../documents.js';

type Case = readonly [
  title: string,
  filter: Filter,
  fields: Readonly<Record<string, unknown>>,
  matches: boolean,
];

const AT = new Date('2030-01-15T12:00:00Z');
const LATER = new Date(AT.getTime() + 1);

/** What MongoDB's manual says of each (Query Arrays; Query for Null or Missing Fields; BSON comparison order). */
const CASES: readonly Case[] = [
  ['an equal text', { a: 'x' }, { a: 'x' }, true],
  ['no text in another case', { a: 'X' }, { a: 'x' }, false],
  ['an equal number', { a: 1 }, { a: 1 }, true],
  ['no number equal to a text', { a: 1 }, { a: '1' }, false],
  ['no true equal to one', { a: 1 }, { a: true }, false],
  ['an equal date', { a: new Date(AT) }, { a: AT }, true],
  ['no date equal to its milliseconds', { a: AT.getTime() }, { a: AT }, false],
  ['every one of several fields', { a: 1, b: 2 }, { a: 1, b: 2 }, true],
  ['not one of several fields', { a: 1, b: 2 }, { a: 1, b: 3 }, false],
  ['everything without a filter', {}, { a: 1 }, true],

  ['null by null', { a: null }, { a: null }, true],
  ['a missing field by null', { a: null }, {}, true],
  ['no zero, false or empty text by null', { a: null }, { a: 0 }, false],
  ['a missing inner field by null', { 'a.b': null }, { a: {} }, true],
  ['a field inside a scalar, which is missing, by null', { 'a.b': null }, { a: 5 }, true],
  ['a list that holds null by null', { a: null }, { a: [1, null] }, true],
  ['no empty list by null', { a: null }, { a: [] }, false],
  ['no list of scalars by null inside it', { 'a.b': null }, { a: [1] }, false],
  ['a list with an object that lacks the field by null', { 'a.b': null }, { a: [{ b: 1 }, {}] }, true],

  ['$ne: another value', { a: { $ne: 1 } }, { a: 2 }, true],
  ['$ne: a missing field', { a: { $ne: 1 } }, {}, true],
  ['$ne: not the value', { a: { $ne: 1 } }, { a: 1 }, false],
  ['$ne: not a list that holds the value', { a: { $ne: 1 } }, { a: [1, 2] }, false],
  ['$ne null: a present field', { a: { $ne: null } }, { a: 0 }, true],
  ['$ne null: not a missing field', { a: { $ne: null } }, {}, false],

  ['$exists true: null', { a: { $exists: true } }, { a: null }, true],
  ['$exists true: an empty list', { a: { $exists: true } }, { a: [] }, true],
  ['$exists true: not a missing field', { a: { $exists: true } }, { b: 1 }, false],
  ['$exists false: a missing field', { a: { $exists: false } }, {}, true],
  ['$exists false: not null', { a: { $exists: false } }, { a: null }, false],
  ['$exists: an element that is there', { 'a.1': { $exists: true } }, { a: [1, 2] }, true],
  ['$exists: no element beyond the end', { 'a.2': { $exists: false } }, { a: [1, 2] }, true],
  ['$exists: a field in one object of a list', { 'a.b': { $exists: true } }, { a: [{}, { b: 1 }] }, true],

  ['$in: one of the values', { a: { $in: [1, 'x'] } }, { a: 'x' }, true],
  ['$in: none of the values', { a: { $in: [1, 'x'] } }, { a: 'y' }, false],
  ['$in: nothing when empty', { a: { $in: [] } }, { a: 1 }, false],
  ['$in: a list by an element', { a: { $in: [2, 3] } }, { a: [1, 2] }, true],
  ['$in with null: a missing field', { a: { $in: [null, 1] } }, {}, true],
  ['$in: a date', { a: { $in: [new Date(AT)] } }, { a: AT }, true],

  ['$gt: a greater number', { a: { $gt: 1 } }, { a: 1.5 }, true],
  ['$gt: not an equal number', { a: { $gt: 1 } }, { a: 1 }, false],
  ['$gte: an equal number', { a: { $gte: 1 } }, { a: 1 }, true],
  ['$lt: a smaller number', { a: { $lt: 0 } }, { a: -1 }, true],
  ['$lte: an equal date', { a: { $lte: new Date(AT) } }, { a: AT }, true],
  ['$lte: not a later date', { a: { $lte: AT } }, { a: LATER }, false],
  ['$lt: not an equal date', { a: { $lt: new Date(AT) } }, { a: AT }, false],
  ['$gt: no value of another type', { a: { $gt: 1 } }, { a: 'x' }, false],
  ['$lt: no missing field', { a: { $lt: 1 } }, {}, false],
  ['$lt: no null', { a: { $lt: 1 } }, { a: null }, false],
  ['$lte null: a missing field', { a: { $lte: null } }, {}, true],
  ['$gte null: null', { a: { $gte: null } }, { a: null }, true],
  ['$gt null: nothing', { a: { $gt: null } }, { a: 1 }, false],
  ['$gt: true after false', { a: { $gt: false } }, { a: true }, true],
  ['a range', { a: { $gt: 1, $lt: 3 } }, { a: 2 }, true],
  ['a range that two elements of a list meet between them', { a: { $gt: 2, $lt: 2 } }, { a: [1, 3] }, true],
  ['a comparison by one element of a list', { a: { $gt: 2 } }, { a: [1, 3] }, true],
  ['text by its bytes: capitals first', { a: { $lt: 'a' } }, { a: 'B' }, true],
  ['text by its bytes: beyond U+FFFF last', { a: { $gt: '\uffee' } }, { a: '😀' }, true],

  ['a field of an object', { 'a.b.c': 1 }, { a: { b: { c: 1 } } }, true],
  ['a numeric key of an object', { 'a.0': 1 }, { a: { 0: 1 } }, true],
  ['a field of an object in a list', { 'a.b': 2 }, { a: [{ b: 1 }, { b: 2 }] }, true],
  ['an element by its place', { 'a.1': 'y' }, { a: ['x', 'y'] }, true],
  ['no element by another place', { 'a.0': 'y' }, { a: ['x', 'y'] }, false],
  ['a field of an element by its place', { 'a.1.b': 2 }, { a: [{ b: 1 }, { b: 2 }] }, true],
  ['no field of another element', { 'a.0.b': 2 }, { a: [{ b: 1 }, { b: 2 }] }, false],
  [
    'an old enough element by its place',
    { 'hits.1.at': { $lte: AT } },
    { hits: [{ at: LATER }, { at: AT }] },
    true,
  ],
  ['no field of a list in a list', { 'a.b': 1 }, { a: [[{ b: 1 }]] }, false],

  ['$or: one alternative', { $or: [{ a: 1 }, { b: 2 }] }, { b: 2 }, true],
  ['$or: no alternative', { $or: [{ a: 1 }, { b: 2 }] }, { a: 2, b: 1 }, false],
  ['$or beside other conditions', { c: 1, $or: [{ a: 1 }, { a: 2 }] }, { a: 2, c: 1 }, true],
  ['$or inside $or', { $or: [{ $or: [{ a: 1 }] }, { a: 2 }] }, { a: 1 }, true],
  [
    '$or of a missing element and an old one',
    { $or: [{ 'a.1': { $exists: false } }, { 'a.0': 9 }] },
    { a: [1] },
    true,
  ],
];

export function matchContract(bench: ContractContext): void {
  it.each(CASES)('%s', async (_title, filter, fields, matches) => {
    await bench.things.insertOne({ _id: 'it', ...fields });
    const expected = matches ? 'it' : undefined;
    expect((await bench.things.findOne({ ...filter, _id: 'it' }))?._id).toBe(expected);
    expect((await bench.things.find(filter).toArray())[0]?._id).toBe(expected);
    const changed = await bench.things.findOneAndUpdate(
      { ...filter, _id: 'it' },
      { $set: { touched: true } },
    );
    expect(changed?._id).toBe(expected);
    expect((await bench.things.findOne({ _id: 'it' }))?.touched).toBe(matches ? true : undefined);
    expect(await bench.things.deleteMany(filter)).toBe(matches ? 1 : 0);
  });
}
