import fc from 'fast-check';
import type { Collection, Filter, FindOptions, Scalar, Update } from '../../../../server/store/documents.js';
import type { Thing } from '../../../storeContract/documents.js';

/**
 * Random operations of the port. Values and names are few, so that operations
 * meet each other's documents. What only the test server gets wrong is left
 * out (docs/contributing/test-server.md): comparing a place in a list with null, and $pull
 * through a scalar.
 */

/** An operation on a collection that shows its arguments when a counterexample is reported. */
export type Operation = (things: Collection<Thing>) => Promise<unknown>;

const small = { maxKeys: 2, noNullPrototype: true } as const;

const id = fc.constantFrom('k/1', 'k/2', 'k/3');
const text = fc.constantFrom('', 'x', 'y', 'Y', 'é', '😀', '\uffee');
const date = fc.integer({ min: -1, max: 3 }).map((ms) => new Date(ms));
const number = fc.constantFrom(0, 1, 2, -1, 1.5, 2 ** 31, 2 ** 40);
const present: fc.Arbitrary<Scalar> = fc.oneof(number, text, date, fc.boolean());
const scalar: fc.Arbitrary<Scalar> = fc.oneof(present, fc.constant(null));

const fields = <V>(value: fc.Arbitrary<V>) =>
  fc.dictionary(fc.constantFrom('a', 'b', 'c', 'id', '0'), value, { ...small, maxKeys: 3 });
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('any'), { maxLength: 3 }),
    fields(tie('any')),
  ),
})).any;

const namedPath = fc.constantFrom('a', 'b', 'a.b', 'a.b.c', 'b.a', 'c.c');
const placePath = fc.constantFrom('a.0', 'a.1', 'a.1.b', 'b.0.id');
const path = fc.oneof(namedPath, placePath);

/** Fields that are declared as indexes hold what they are declared as. */
const indexed = fc.record(
  {
    owner: fc.option(fc.constantFrom('ann', 'bob', 'Ann', '😀')),
    tags: fc.option(fc.array(fc.constantFrom('red', 'blue', 'green'), { maxLength: 4 })),
    due: fc.option(date),
    purgeAt: fc.option(date),
  },
  { requiredKeys: [] },
);

function wanted(operand: fc.Arbitrary<Scalar>): fc.Arbitrary<Filter[string]> {
  const conditions = {
    $in: fc.array(operand, { maxLength: 3 }),
    $gt: operand,
    $gte: operand,
    $lt: operand,
    $lte: operand,
    $ne: operand,
    $exists: fc.boolean(),
  };
  const some = fc.record(conditions, { requiredKeys: [] }).filter((chosen) => Object.keys(chosen).length > 0);
  return fc.oneof(operand, some);
}

const simpleFilter: fc.Arbitrary<Filter> = fc
  .tuple(
    fc.dictionary(fc.oneof(namedPath, fc.constantFrom('owner', 'tags', 'due')), wanted(scalar), small),
    fc.dictionary(placePath, wanted(present), { ...small, maxKeys: 1 }),
  )
  .map(([named, placed]) => ({ ...named, ...placed }));

const filter: fc.Arbitrary<Filter> = fc
  .tuple(simpleFilter, fc.option(fc.array(simpleFilter, { minLength: 1, maxLength: 2 }), { freq: 4 }))
  .map(([outer, $or]) => ($or ? { ...outer, $or } : outer));

/** Half of them no guard at all, so that much is changed. */
const guard: fc.Arbitrary<Filter> = fc.oneof(fc.constant({}), filter);

const push = fc.record(
  {
    $each: fc.array(value, { maxLength: 3 }),
    $position: fc.constant(0 as const),
    $slice: fc.integer({ min: -3, max: 3 }),
  },
  { requiredKeys: ['$each'] },
);
const pull = fc.dictionary(fc.constantFrom('id', 'a', 'b'), wanted(scalar), { ...small, minKeys: 1 });

const change = fc.oneof(
  fc.tuple(fc.constant('$set'), path, value),
  fc.tuple(fc.constant('$unset'), path, fc.constant('')),
  fc.tuple(fc.constant('$inc'), path, number),
  fc.tuple(fc.constant('$push'), path, push),
  fc.tuple(fc.constant('$pull'), fc.constantFrom('a', 'b'), pull),
);

const update: fc.Arbitrary<Update> = fc
  .tuple(fc.array(change, { minLength: 1, maxLength: 3 }), indexed)
  .map(([changes, typed]) => {
    const operators: Record<string, Record<string, unknown>> = {};
    for (const [operator, at, operand] of changes) {
      operators[operator] = { ...operators[operator], [at]: operand };
    }
    if (Object.keys(typed).length > 0) operators.$set = { ...operators.$set, ...typed };
    return operators;
  });

const idRange = fc
  .record({ $gte: id, $lte: id }, { requiredKeys: [] })
  .filter((range) => Object.keys(range).length > 0);

const find: fc.Arbitrary<readonly [Filter, FindOptions]> = fc.oneof(
  fc.tuple(
    fc.oneof(
      filter,
      fc.record({ owner: fc.constantFrom('ann', 'bob') }),
      fc.record({ tags: fc.constantFrom('red', 'blue') }),
      fc.record({ tags: fc.constantFrom('red', 'blue'), _id: idRange }),
      fc.record({
        tags: fc.record({ $in: fc.subarray(['red', 'blue', 'green', '']) }),
        owner: fc.constantFrom('ann', 'bob'),
      }),
      fc.record({ _id: idRange }),
    ),
    fc.record(
      {
        sort: fc.constantFrom({ _id: 1 } as const, { _id: -1 } as const),
        limit: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ['sort'] },
    ),
  ),
  fc.tuple(
    fc.record({ due: fc.record({ $gte: date, $lt: date }, { requiredKeys: ['$lt'] }) }),
    fc.constantFrom({ sort: { due: 1, _id: 1 } } as const, { sort: { due: -1, _id: -1 } } as const),
  ),
);

function named(name: string, operate: Operation, ...operands: readonly unknown[]): Operation {
  const shown = `${name}(${operands.map((operand) => fc.stringify(operand)).join(', ')})`;
  return Object.assign((things: Collection<Thing>) => operate(things), { [fc.toStringMethod]: () => shown });
}

const insertOne = fc.tuple(id, fields(value), indexed).map(([_id, free, typed]) => {
  const document = { ...free, ...typed, _id };
  return named('insertOne', (things) => things.insertOne(document), document);
});
const findOneAndUpdate = fc.tuple(id, guard, update).map(([_id, guarding, changes]) => {
  const guarded = { ...guarding, _id };
  return named('findOneAndUpdate', (things) => things.findOneAndUpdate(guarded, changes), guarded, changes);
});
const findOne = fc.tuple(id, guard).map(([_id, guarding]) => {
  const guarded = { ...guarding, _id };
  return named('findOne', (things) => things.findOne(guarded), guarded);
});
const findMany = find.map(([by, options]) =>
  named('find', (things) => things.find(by, options).toArray(), by, options),
);
const deleteOne = fc.tuple(id, guard).map(([_id, guarding]) => {
  const guarded = { ...guarding, _id };
  return named('deleteOne', (things) => things.deleteOne(guarded), guarded);
});
const deleteMany = simpleFilter.map((by) => named('deleteMany', (things) => things.deleteMany(by), by));

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: insertOne },
  { weight: 6, arbitrary: findOneAndUpdate },
  { weight: 2, arbitrary: findOne },
  { weight: 4, arbitrary: findMany },
  { weight: 1, arbitrary: deleteOne },
  { weight: 1, arbitrary: deleteMany },
);
