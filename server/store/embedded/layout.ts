import type { CollectionSpec, IndexField } from '../collections.js';
import { UnsupportedOperation } from '../documents.js';
import { searchFields } from '../indexChoice.js';
import { valueAt } from '../paths.js';
import { name, type SqlValue } from './sqlite.js';

/** What a document puts into the indexes of its collection. */
export interface Indexed {
  /** One value for each column field; dates as milliseconds, NULL where the field is missing. */
  readonly columns: readonly SqlValue[];
  /** The distinct elements of each list field. */
  readonly lists: readonly (readonly string[])[];
}

/**
 * One collection in SQL: a table with the document and a column for each
 * indexed field, and a side table for each field that is an array. `_id` ends
 * every index, so a page of results goes on where the last one ended.
 */
export class Layout {
  readonly collection: string;
  readonly table: string;
  readonly fields: readonly IndexField[];
  /** Indexed fields that are columns, and those that are side tables. */
  readonly columns: readonly IndexField[];
  readonly lists: readonly IndexField[];

  constructor(spec: CollectionSpec) {
    for (const [, second, ...more] of spec.indexes) {
      if ((second && second.path !== '_id') || more.length > 0) {
        throw new UnsupportedOperation(`an index of ${spec.name} is more than one field and _id`);
      }
    }
    this.collection = spec.name;
    this.table = name(spec.name);
    this.fields = searchFields(spec);
    this.columns = this.fields.filter(({ kind }) => kind !== 'array');
    this.lists = this.fields.filter(({ kind }) => kind === 'array');
  }

  /** What the tables were made for; another description means that they must be rebuilt. */
  get description(): string {
    return JSON.stringify(this.fields.map(({ path, kind }) => [path, kind]));
  }

  /** The side table of a list field, or the index of a column field. */
  nameFor(field: IndexField): string {
    return name(`${this.collection}.${field.path}`);
  }

  createStatements(): readonly string[] {
    const columns = this.columns.map(
      ({ path, kind }) => `${name(path)} ${kind === 'date' ? 'INTEGER' : 'TEXT'}`,
    );
    return [
      `CREATE TABLE ${this.table} (${['"_id" TEXT NOT NULL PRIMARY KEY', ...columns, '"_document" TEXT NOT NULL'].join(', ')})`,
      ...this.columns.map((field) => {
        const column = name(field.path);
        return `CREATE INDEX ${this.nameFor(field)} ON ${this.table} (${column}, "_id") WHERE ${column} IS NOT NULL`;
      }),
      ...this.lists.map(
        (field) =>
          `CREATE TABLE ${this.nameFor(field)} ("value" TEXT NOT NULL, "_id" TEXT NOT NULL, PRIMARY KEY ("value", "_id")) WITHOUT ROWID`,
      ),
    ];
  }

  /** Refuses a document whose indexed field is of another type than declared: the index would miss it. */
  indexed(document: object): Indexed {
    return {
      columns: this.columns.map((field) => {
        const value = valueAt(document, field.path) ?? null;
        if (value === null) return null;
        if (field.kind === 'date' && value instanceof Date) return value.getTime();
        if (field.kind === 'string' && typeof value === 'string') return value;
        throw this.#wrongType(field);
      }),
      lists: this.lists.map((field) => {
        const value = valueAt(document, field.path) ?? null;
        if (value === null) return [];
        if (!Array.isArray(value) || !value.every((element) => typeof element === 'string')) {
          throw this.#wrongType(field);
        }
        return [...new Set<string>(value)];
      }),
    };
  }

  #wrongType({ path, kind }: IndexField): UnsupportedOperation {
    return new UnsupportedOperation(
      `${this.collection}.${path} is indexed as ${kind} and holds something else`,
    );
  }
}
