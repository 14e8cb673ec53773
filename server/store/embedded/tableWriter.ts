import type { Indexed, Layout } from './layout.js';
import { name, type Statement, type Writer } from './sqlite.js';
import { insertStatement, listInsertStatement } from './tables.js';
import type { Transaction } from './writeQueue.js';

interface Statements {
  readonly select: Statement;
  readonly insert: Statement;
  readonly updateDocument: Statement;
  readonly updateAll: Statement;
  readonly delete: Statement;
  readonly lists: readonly { readonly insert: Statement; readonly delete: Statement }[];
}

/** Writes one collection's documents with their index columns and side tables. */
export class TableWriter {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  static async over(writer: Writer, layout: Layout): Promise<TableWriter> {
    const where = 'WHERE "_id" = ?';
    const columns = layout.columns.map(({ path }) => `, ${name(path)} = ?`).join('');
    const lists = layout.lists.map(async (field) => ({
      insert: await writer.prepare(listInsertStatement(layout, field)),
      delete: await writer.prepare(`DELETE FROM ${layout.nameFor(field)} WHERE "value" = ? AND "_id" = ?`),
    }));
    return new TableWriter({
      select: await writer.prepare(`SELECT "_document" FROM ${layout.table} ${where}`),
      insert: await writer.prepare(insertStatement(layout)),
      updateDocument: await writer.prepare(`UPDATE ${layout.table} SET "_document" = ? ${where}`),
      updateAll: await writer.prepare(`UPDATE ${layout.table} SET "_document" = ?${columns} ${where}`),
      delete: await writer.prepare(`DELETE FROM ${layout.table} ${where}`),
      lists: await Promise.all(lists),
    });
  }

  text(id: string): string | undefined {
    return this.#statements.select.get([id])?.[0] as string | undefined;
  }

  /** False when the `_id` is taken. */
  insert(transaction: Transaction, id: string, text: string, { columns, lists }: Indexed): boolean {
    if (transaction.run(this.#statements.insert, [id, ...columns, text]) === 0) return false;
    this.#statements.lists.forEach((list, i) => {
      for (const value of lists[i]!) transaction.run(list.insert, [value, id]);
    });
    return true;
  }

  replace(transaction: Transaction, id: string, text: string, before: Indexed, after: Indexed): void {
    // Most updates leave the indexed fields alone; SQLite then need not look at an index.
    if (after.columns.every((value, i) => value === before.columns[i])) {
      transaction.run(this.#statements.updateDocument, [text, id]);
    } else {
      transaction.run(this.#statements.updateAll, [text, ...after.columns, id]);
    }
    this.#statements.lists.forEach((list, i) => {
      const [old, now] = [before.lists[i]!, after.lists[i]!];
      for (const value of old) if (!now.includes(value)) transaction.run(list.delete, [value, id]);
      for (const value of now) if (!old.includes(value)) transaction.run(list.insert, [value, id]);
    });
  }

  remove(transaction: Transaction, id: string, { lists }: Indexed): void {
    transaction.run(this.#statements.delete, [id]);
    this.#statements.lists.forEach((list, i) => {
      for (const value of lists[i]!) transaction.run(list.delete, [value, id]);
    });
  }
}
