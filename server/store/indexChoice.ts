import type { CollectionSpec, IndexField } from './collections.js';
import { type Filter, type FindOptions, type Scalar, UnsupportedOperation } from './documents.js';

/** A comparison that an index can serve. */
export interface Term {
  readonly operator: '=' | 'in' | '>' | '>=' | '<' | '<=';
  readonly operand: Scalar | readonly Scalar[];
}

/** How a find reaches its documents, and in which order they come. */
export interface IndexChoice {
  /** The indexed field that is read along; null when it is `_id`. */
  readonly field: IndexField | null;
  readonly onField: readonly Term[];
  readonly onId: readonly Term[];
  /** By the field and then by `_id`, or by `_id` alone. */
  readonly orderedByField: boolean;
  readonly direction: 1 | -1;
}

/** Where a document says when it may be removed. */
export const PURGE: IndexField = { path: 'purgeAt', kind: 'date' };

/** The fields a collection can be searched by, besides `_id`: the first of each index. */
export function searchFields(spec: CollectionSpec): readonly IndexField[] {
  const first = spec.indexes.map(([field]) => field).filter((field) => field !== undefined);
  return spec.ttl ? [...first, PURGE] : first;
}

/**
 * The index a find goes by: of those that name single values the one declared
 * last, as the narrow ones are declared after the broad ones; then a range of
 * ids, then any other range. Refuses a sort that none serves: sorting in memory
 * would cost more with every document stored.
 */
export function chooseIndex(
  spec: CollectionSpec,
  fields: readonly IndexField[],
  filter: Filter,
  sort: FindOptions['sort'],
): IndexChoice {
  const onId = terms(filter._id, 'string');
  const sorted = sort ? Object.keys(sort) : [];
  const direction = (sort && Object.values(sort)[0]) || 1;
  let best: IndexChoice | undefined;
  let bestRank = 0;
  const consider = (path: IndexChoice, rank: number): void => {
    if (rank < bestRank || !serves(path, sorted)) return;
    best = path;
    bestRank = rank;
  };
  const idRank = onId.some(isPoint) ? 5 : onId.length > 0 ? 3 : 1;
  consider({ field: null, onField: [], onId, orderedByField: false, direction }, idRank);
  for (const field of fields) {
    const onField = terms(filter[field.path], field.kind);
    if (onField.length === 0) continue;
    // The documents of several elements are put in the order of their ids; those of several texts come text by text.
    const exact = field.kind === 'array' || onField.some(({ operator }) => operator === '=');
    consider({ field, onField, onId, orderedByField: !exact, direction }, exact ? 4 : 2);
  }
  if (!best) throw new UnsupportedOperation(`no index of ${spec.name} serves a sort by ${sorted.join(', ')}`);
  return best;
}

function serves({ field, orderedByField }: IndexChoice, sorted: readonly string[]): boolean {
  const [first, second, ...more] = sorted;
  if (first === undefined) return true;
  if (first === '_id') return !orderedByField && second === undefined;
  return (
    first === field?.path &&
    field.kind !== 'array' &&
    (second === undefined || second === '_id') &&
    more.length === 0
  );
}

const isPoint = ({ operator }: Term): boolean => operator === '=' || operator === 'in';

const OPERATORS = { $in: 'in', $gt: '>', $gte: '>=', $lt: '<', $lte: '<=' } as const;

/** The conditions on a field that its index can serve. The whole filter is still applied to the documents found. */
function terms(wanted: Filter[string], kind: IndexField['kind']): readonly Term[] {
  if (wanted === undefined || wanted === null) return [];
  if (isOfKind(wanted, kind)) return [{ operator: '=', operand: wanted }];
  if (typeof wanted !== 'object' || wanted instanceof Date) return [];
  const found: Term[] = [];
  for (const [name, operand] of Object.entries(wanted)) {
    const operator = OPERATORS[name as keyof typeof OPERATORS];
    // An array can meet two comparisons by two different elements, so its index serves none of them.
    if (operator === undefined || (kind === 'array' && operator !== 'in')) continue;
    if (operator !== 'in') {
      if (isOfKind(operand, kind)) found.push({ operator, operand });
    } else if ((operand as readonly Scalar[]).every((value) => isOfKind(value, kind))) {
      found.push({ operator, operand });
    }
  }
  return found;
}

function isOfKind(value: unknown, kind: IndexField['kind']): value is Scalar {
  return kind === 'date' ? value instanceof Date : typeof value === 'string';
}
