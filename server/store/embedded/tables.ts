import { decode } from './codec.js';
import type { Layout } from './layout.js';
import { retryWhileBusy } from './retryWhileBusy.js';
import { name, type Reader } from './sqlite.js';
import { APPLICATION, nextUserVersion, USER_VERSION } from './version.js';

/** Records the indexes each collection's tables were made for. */
const LAYOUTS = '"_layouts"';
const COPY_AT_ONCE = 200;

/**
 * Creates the tables that are missing and rebuilds those whose declared
 * indexes changed, in one transaction, so that several processes can start on
 * one file and a start that is cut short leaves everything as it was. Returns
 * the `user_version` that every write must find.
 */
export async function makeTables(database: Reader, layouts: readonly Layout[]): Promise<number> {
  await retryWhileBusy(() => database.exec('BEGIN IMMEDIATE'));
  try {
    database.exec(
      `CREATE TABLE IF NOT EXISTS ${LAYOUTS} ("collection" TEXT PRIMARY KEY, "description" TEXT)`,
    );
    const before = database.prepare(USER_VERSION).get([])?.[0] as number;
    const rebuilt = layouts.filter((layout) => makeTable(database, layout)).length > 0;
    const userVersion = nextUserVersion(before, rebuilt);
    database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${userVersion}; COMMIT`);
    return userVersion;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Whether it had to be rebuilt. A new collection is no reason: a release that does not know it writes nothing to it. */
function makeTable(database: Reader, layout: Layout): boolean {
  const known = database
    .prepare(`SELECT "description" FROM ${LAYOUTS} WHERE "collection" = ?`)
    .get([layout.collection])?.[0];
  if (known === layout.description) return false;
  const old = name(`${layout.collection}.old`);
  if (known !== undefined) {
    database.exec(`ALTER TABLE ${layout.table} RENAME TO ${old}`);
    dropIndexes(database, layout);
  }
  for (const statement of layout.createStatements()) database.exec(statement);
  if (known !== undefined) {
    copyDocuments(database, old, layout);
    database.exec(`DROP TABLE ${old}`);
  }
  database
    .prepare(`INSERT OR REPLACE INTO ${LAYOUTS} VALUES (?, ?)`)
    .run([layout.collection, layout.description]);
  return known !== undefined;
}

/** Indexes and side tables are all named `collection.field`; the renamed table is `collection.old` and stays. */
function dropIndexes(database: Reader, { collection }: Layout): void {
  const named = `substr(name, 1, ${collection.length + 1}) = ? AND name <> ?`;
  const found = database
    .prepare(`SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL AND ${named}`)
    .all([`${collection}.`, `${collection}.old`]);
  for (const [type, identifier] of found) database.exec(`DROP ${type} ${name(identifier as string)}`);
}

function copyDocuments(database: Reader, from: string, layout: Layout): void {
  const page = database.prepare(
    `SELECT "_id", "_document" FROM ${from} WHERE "_id" > ? ORDER BY "_id" LIMIT ?`,
  );
  const insert = database.prepare(insertStatement(layout));
  const insertInto = layout.lists.map((field) => database.prepare(listInsertStatement(layout, field)));
  for (let after = ''; ; ) {
    const rows = page.all([after, COPY_AT_ONCE]);
    for (const [id, text] of rows as readonly (readonly [string, string])[]) {
      const { columns, lists } = layout.indexed(decode<object>(text));
      insert.run([id, ...columns, text]);
      lists.forEach((values, i) => {
        for (const value of values) insertInto[i]!.run([value, id]);
      });
      after = id;
    }
    if (rows.length < COPY_AT_ONCE) return;
  }
}

/**
 * Takes `[_id, …columns, document]`; changes nothing when the `_id` is taken. The
 * columns are named, so that a connection that knows the table from before it was
 * rebuilt prepares its statement again: SQLite does for a name it misses, not for a count.
 */
export function insertStatement(layout: Layout): string {
  const columns = [name('_id'), ...layout.columns.map(({ path }) => name(path)), name('_document')];
  const places = columns.map(() => '?');
  return `INSERT INTO ${layout.table} (${columns.join(', ')}) VALUES (${places.join(', ')}) ON CONFLICT DO NOTHING`;
}

export function listInsertStatement(layout: Layout, field: Layout['fields'][number]): string {
  return `INSERT INTO ${layout.nameFor(field)} VALUES (?, ?)`;
}
