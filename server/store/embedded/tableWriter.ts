import type { Indexed, Layout } from './layout.js';
import { name, type Statement, type Writer } from './sqlite.js';
import { insertStatement, listInsertStatement } from './tables.js';
import type { Transaction } from './writeQueue.js';

interface Statements {
  readonly select: Statement;
  readonly insert: Statement;
  readonly updateAll: Statement;
  readonly delete: Statement;
  readonly lists: readonly { readonly insert: Statement; readonly delete: Statement }[];
}

/** Sets of columns that change together and get a statement of their own; a collection has a handful. */
const MOST_UPDATES = 64;

/** Writes one collection's documents with their index columns and side tables. */
export class TableWriter {
  readonly #statements: Statements;
  readonly #prepareUpdate: (columns: readonly number[]) => Promise<Statement>;
  /** By the places of the columns they set. A missing one is being prepared, or will be. */
  readonly #updates = new Map<string, Statement | undefined>();

  private constructor(
    statements: Statements,
    prepareUpdate: (columns: readonly number[]) => Promise<Statement>,
    updateDocument: Statement,
  ) {
    this.#statements = statements;
    this.#prepareUpdate = prepareUpdate;
    this.#updates.set('', updateDocument);
  }

  static async over(writer: Writer, layout: Layout): Promise<TableWriter> {
    const where = 'WHERE "_id" = ?';
    const prepareUpdate = (places: readonly number[]) => {
      const columns = places.map((place) => `, ${name(layout.columns[place]!.path)} = ?`).join('');
      return writer.prepare(`UPDATE ${layout.table} SET "_document" = ?${columns} ${where}`);
    };
    const lists = layout.lists.map(async (field) => ({
      insert: await writer.prepare(listInsertStatement(layout, field)),
      delete: await writer.prepare(`DELETE FROM ${layout.nameFor(field)} WHERE "value" = ? AND "_id" = ?`),
    }));
    const statements = {
      select: await writer.prepare(`SELECT "_document" FROM ${layout.table} ${where}`),
      insert: await writer.prepare(insertStatement(layout)),
      updateAll: await prepareUpdate([...layout.columns.keys()]),
      delete: await writer.prepare(`DELETE FROM ${layout.table} ${where}`),
      lists: await Promise.all(lists),
    };
    return new TableWriter(statements, prepareUpdate, await prepareUpdate([]));
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
    // SQLite writes the indexes of all columns that a statement sets, changed or not: set those that did.
    const changed = [...after.columns.keys()].filter((i) => after.columns[i] !== before.columns[i]);
    const update = this.#updateOf(changed, transaction);
    if (update) transaction.run(update, [text, ...changed.map((i) => after.columns[i]!), id]);
    else transaction.run(this.#statements.updateAll, [text, ...after.columns, id]);
    this.#statements.lists.forEach((list, i) => {
      const [old, now] = [before.lists[i]!, after.lists[i]!];
      for (const value of old) if (!now.includes(value)) transaction.run(list.delete, [value, id]);
      for (const value of now) if (!old.includes(value)) transaction.run(list.insert, [value, id]);
    });
  }

  /** The statement that sets these columns. The first time there is none yet: it is prepared before the next batch. */
  #updateOf(columns: readonly number[], transaction: Transaction): Statement | undefined {
    const key = columns.join();
    if (!this.#updates.has(key) && this.#updates.size < MOST_UPDATES) {
      this.#updates.set(key, undefined);
      transaction.afterwards(async () => {
        this.#updates.set(key, await this.#prepareUpdate(columns));
      });
    }
    return this.#updates.get(key);
  }

  remove(transaction: Transaction, id: string, { lists }: Indexed): void {
    transaction.run(this.#statements.delete, [id]);
    this.#statements.lists.forEach((list, i) => {
      for (const value of lists[i]!) transaction.run(list.delete, [value, id]);
    });
  }
}
