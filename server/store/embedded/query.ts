import type { AccessPath, Term } from '../access.js';
import type { Layout } from './layout.js';
import { name, type Row, type SqlValue } from './sqlite.js';

/** Where a page of results ended. */
export interface Place {
  readonly id: SqlValue;
  /** The value of the field that orders, where one does. */
  readonly field: SqlValue;
}

/** A page of documents along an access path: SQL whose rows are `[document, _id, ordering field]`. */
export interface PageQuery {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export function pageQuery(
  layout: Layout,
  path: AccessPath,
  after: Place | undefined,
  size: number,
): PageQuery {
  const { from, id, column } = source(layout, path);
  const order = path.direction === 1 ? 'ASC' : 'DESC';
  const beyond = path.direction === 1 ? '>' : '<';
  const clauses: string[] = [];
  const parameters: SqlValue[] = [];
  const compare = (left: string, terms: readonly Term[]): void => {
    for (const { operator, operand } of terms) {
      // One text of SQL however many values there are, so that the prepared statement is found again.
      const many = operator === 'in';
      clauses.push(many ? `${left} IN (SELECT value FROM json_each(?))` : `${left} ${operator} ?`);
      parameters.push(
        many ? JSON.stringify((operand as readonly unknown[]).map(sqlValue)) : sqlValue(operand),
      );
    }
  };
  compare(column, path.onField);
  compare(id, path.onId);
  if (after && path.orderedByField) {
    clauses.push(`(${column}, ${id}) ${beyond} (?, ?)`);
    parameters.push(after.field, after.id);
  } else if (after) {
    clauses.push(`${id} ${beyond} ?`);
    parameters.push(after.id);
  }
  const where = clauses.length > 0 ? `WHERE ${clauses.join(' AND ')}` : '';
  const orderBy = path.orderedByField ? `${column} ${order}, ${id} ${order}` : `${id} ${order}`;
  return {
    sql: `SELECT d."_document", ${id}, ${path.orderedByField ? column : 'NULL'} FROM ${from} ${where} ORDER BY ${orderBy} LIMIT ?`,
    parameters: [...parameters, size],
  };
}

export function placeOf(row: Row): Place {
  return { id: row[1]!, field: row[2]! };
}

/** The tables an access path reads, with the expressions for `_id` and the indexed field. The index is named, so SQLite never chooses another. */
function source(layout: Layout, { field }: AccessPath): { from: string; id: string; column: string } {
  if (!field) return { from: `${layout.table} d`, id: 'd."_id"', column: '' };
  if (field.kind === 'array') {
    const from = `${layout.nameFor(field)} l CROSS JOIN ${layout.table} d ON d."_id" = l."_id"`;
    return { from, id: 'l."_id"', column: 'l."value"' };
  }
  const from = `${layout.table} d INDEXED BY ${layout.nameFor(field)}`;
  return { from, id: 'd."_id"', column: `d.${name(field.path)}` };
}

/** A scalar as its column holds it. */
function sqlValue(value: unknown): SqlValue {
  return value instanceof Date ? value.getTime() : (value as string);
}
