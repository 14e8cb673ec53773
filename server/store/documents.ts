/**
 * The document port: the part of the MongoDB driver's own `Collection` that
 * this service uses, same names and meaning. Every engine passes the contract
 * suite in test/storeContract/.
 *
 * Rules that keep the engines equal and every operation shardable: documents
 * are addressed by `_id` wherever one is changed; one operation touches one
 * document; no upserts, transactions, $expr or array filters.
 */

/** A value that a filter can compare with. */
export type Scalar = string | number | boolean | Date | null;

/** Conditions on one field; all given must hold. */
export interface Condition {
  readonly $in?: readonly Scalar[];
  readonly $gt?: Scalar;
  readonly $gte?: Scalar;
  readonly $lt?: Scalar;
  readonly $lte?: Scalar;
  readonly $ne?: Scalar;
  readonly $exists?: boolean;
}

/** Field paths to scalars or conditions, and `$or` over such filters. `null` also matches a missing field. */
export interface Filter {
  readonly $or?: readonly Filter[];
  readonly [path: string]: Scalar | Condition | readonly Filter[] | undefined;
}

/** What findOneAndUpdate can do to a document. At least one operator, no path twice. */
export interface Update {
  readonly $set?: Readonly<Record<string, unknown>>;
  readonly $unset?: Readonly<Record<string, ''>>;
  readonly $inc?: Readonly<Record<string, number>>;
  readonly $push?: Readonly<
    Record<string, { readonly $each: readonly unknown[]; readonly $position?: 0; readonly $slice?: number }>
  >;
  /** Removes the array elements (objects) whose named fields all meet these conditions. */
  readonly $pull?: Readonly<Record<string, Readonly<Record<string, Scalar | Condition>>>>;
}

/** Every stored document has a string `_id`. */
export interface Document {
  readonly _id: string;
}

/** Ordering and bounds of a find. */
export interface FindOptions {
  /**
   * By `_id`, or by an indexed field that the filter compares, then `_id`; all
   * fields in one direction. Nothing is sorted in memory, so what no index
   * serves is refused.
   */
  readonly sort?: Readonly<Record<string, 1 | -1>>;
  readonly limit?: number;
}

/**
 * A result that is read as it is iterated; leaving the loop early frees it.
 * Each document is whole; one that changes meanwhile may be seen before or
 * after the change and, where the change moves it along the index, twice.
 */
export interface Cursor<T> extends AsyncIterable<T> {
  toArray(): Promise<T[]>;
}

/**
 * One collection. Values: strings, finite numbers, booleans, dates, null,
 * arrays and plain objects of these. Keys: not empty, without dots and NUL, no
 * `$` in front, and none that every JavaScript object inherits. A store that
 * cannot be reached, read or written is Failure STORE_UNAVAILABLE; whether a
 * write that failed so took effect is not known.
 */
export interface Collection<T extends Document = Document> {
  /** Stores a new document. Throws DuplicateKey when its `_id` is taken. */
  insertOne(document: T): Promise<void>;
  findOne(filter: Filter): Promise<T | null>;
  /**
   * Changes one matching document atomically and returns it as it is afterwards; null when none matches.
   *
   * `seen`: the document as it was when the filter matched it, for a filter that names a revision which `update`
   * raises. What is returned may then be worked out from it: fields that others change without a new revision are
   * as they were seen. Null then also stands for a change that was followed by another before the store said so.
   */
  findOneAndUpdate(filter: Filter & { readonly _id: string }, update: Update, seen?: T): Promise<T | null>;
  /** Changes one matching document atomically, if there is one; for callers that need not know. */
  updateOne(filter: Filter & { readonly _id: string }, update: Update): Promise<void>;
  find(filter: Filter, options?: FindOptions): Cursor<T>;
  /** Returns how many were deleted. */
  deleteOne(filter: Filter & { readonly _id: string }): Promise<number>;
  deleteMany(filter: Filter): Promise<number>;
}

/** A store: named collections, declared in collections.ts. */
export interface Documents {
  collection<T extends Document>(name: string): Collection<T>;
  /** Resolves when the store responds; throws Failure STORE_UNAVAILABLE otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Thrown by insertOne when the `_id` is taken. */
export class DuplicateKey extends Error {
  constructor(id: string) {
    super(`a document with _id ${JSON.stringify(id)} exists`);
    this.name = 'DuplicateKey';
  }
}

/** Thrown for a filter, update or document outside the port: a mistake in our own code. */
export class UnsupportedOperation extends Error {
  override readonly name = 'UnsupportedOperation';
}

/** Thrown at start when the store exists but cannot be used; the message says what the operator has to do. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}
