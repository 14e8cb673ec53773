import type { IndexChoice, Term } from '../indexChoice.js';
import type { Layout } from './layout.js';
import { name, type Row, type SqlValue } from './sqlite.js';

/** Where a page of results ended. */
export interface PageEnd {
  readonly id: SqlValue;
  /** The value of the field that orders, where one does. */
  readonly field: SqlValue;
}

/** A page of documents along an access path: SQL whose rows are `[document, _id, ordering field]`. */
export interface PageQuery {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/**
 * The texts of SQL are few, however many values a filter names, so that a
 * prepared statement is found again. Indexes are named, so that SQLite never
 * chooses another.
 */
export function pageQuery(
  layout: Layout,
  path: IndexChoice,
  after: PageEnd | undefined,
  size: number,
): PageQuery {
  const { field, direction, orderedByField } = path;
  const table = field?.kind === 'array' ? 'l' : 'd';
  const id = `${table}."_id"`;
  const column = table === 'l' ? 'l."value"' : `d.${name(field?.path ?? '_id')}`;
  const order = direction === 1 ? 'ASC' : 'DESC';
  const orderBy = `ORDER BY ${orderedByField ? `${column} ${order}, ` : ''}${id} ${order}`;
  const { where, parameters } = conditions(path, column, id, after);
  const from = source(layout, path, where, orderBy);
  return {
    sql: `SELECT d."_document", ${id}, ${orderedByField ? column : 'NULL'} FROM ${from} ${orderBy} LIMIT ?`,
    parameters: [...parameters, ...(namesSeveralElements(path) ? [size, size] : [size])],
  };
}

/** The tables an access path reads: documents, and their list elements `l` where it goes by those. */
function source(layout: Layout, path: IndexChoice, where: string, orderBy: string): string {
  const { field } = path;
  const documents = `${layout.table} d`;
  if (!field) return `${documents} ${where}`;
  if (field.kind !== 'array') return `${documents} INDEXED BY ${layout.nameFor(field)} ${where}`;
  const elements = `${layout.nameFor(field)} l`;
  const join = `CROSS JOIN ${documents} ON d."_id" = l."_id"`;
  if (!namesSeveralElements(path)) return `${elements} ${join} ${where}`;
  // A document that holds several of them comes once and in its place: the page's ids are put in order first.
  return `(SELECT DISTINCT l."_id" FROM ${elements} ${where} ${orderBy} LIMIT ?) l ${join}`;
}

function namesSeveralElements({ field, onField }: IndexChoice): boolean {
  return field?.kind === 'array' && onField.some(({ operator }) => operator === 'in');
}

export function pageEndOf(row: Row): PageEnd {
  return { id: row[1]!, field: row[2]! };
}

/** The part of the filter that the index serves, and where the page begins. */
function conditions(
  path: IndexChoice,
  column: string,
  id: string,
  after: PageEnd | undefined,
): { where: string; parameters: SqlValue[] } {
  const clauses: string[] = [];
  const parameters: SqlValue[] = [];
  const compare = (left: string, terms: readonly Term[]): void => {
    for (const { operator, operand } of terms) {
      const several = operator === 'in';
      clauses.push(several ? `${left} IN (SELECT value FROM json_each(?))` : `${left} ${operator} ?`);
      parameters.push(
        several ? JSON.stringify((operand as readonly unknown[]).map(sqlValue)) : sqlValue(operand),
      );
    }
  };
  compare(column, path.onField);
  compare(id, path.onId);
  const beyond = path.direction === 1 ? '>' : '<';
  if (after && path.orderedByField) {
    clauses.push(`(${column}, ${id}) ${beyond} (?, ?)`);
    parameters.push(after.field, after.id);
  } else if (after) {
    clauses.push(`${id} ${beyond} ?`);
    parameters.push(after.id);
  }
  return { where: clauses.length > 0 ? `WHERE ${clauses.join(' AND ')}` : '', parameters };
}

/** A scalar as its column holds it. */
function sqlValue(value: unknown): SqlValue {
  return value instanceof Date ? value.getTime() : (value as string);
}
