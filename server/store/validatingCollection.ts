import type { CollectionSpec, IndexField } from './collections.js';
import type { Collection, Cursor, Document, Filter, FindOptions, Update } from './documents.js';
import { chooseIndex, searchFields } from './indexChoice.js';
import {
  validateDocument,
  validateFilter,
  validateFindOptions,
  validateIdFilter,
  validateUpdate,
} from './validateOperation.js';

type Addressed = Filter & { readonly _id: string };

/** A collection of either engine behind the port's rules: what is outside the port never reaches the engine. */
export class ValidatingCollection<T extends Document> implements Collection<T> {
  readonly #engine: Collection<T>;
  readonly #spec: CollectionSpec;
  readonly #fields: readonly IndexField[];

  constructor(engine: Collection<T>, spec: CollectionSpec) {
    this.#engine = engine;
    this.#spec = spec;
    this.#fields = searchFields(spec);
  }

  async insertOne(document: T): Promise<void> {
    validateDocument(document);
    return this.#engine.insertOne(document);
  }

  async findOne(filter: Filter): Promise<T | null> {
    validateFilter(filter);
    return this.#engine.findOne(filter);
  }

  async findOneAndUpdate(filter: Addressed, update: Update, seen?: T): Promise<T | null> {
    validateIdFilter(filter);
    validateUpdate(update);
    return this.#engine.findOneAndUpdate(filter, update, seen);
  }

  async updateOne(filter: Addressed, update: Update): Promise<void> {
    validateIdFilter(filter);
    validateUpdate(update);
    return this.#engine.updateOne(filter, update);
  }

  find(filter: Filter, options: FindOptions = {}): Cursor<T> {
    validateFilter(filter);
    validateFindOptions(options);
    if (options.sort) chooseIndex(this.#spec, this.#fields, filter, options.sort);
    return this.#engine.find(filter, options);
  }

  async deleteOne(filter: Addressed): Promise<number> {
    validateIdFilter(filter);
    return this.#engine.deleteOne(filter);
  }

  async deleteMany(filter: Filter): Promise<number> {
    validateFilter(filter);
    return this.#engine.deleteMany(filter);
  }
}
