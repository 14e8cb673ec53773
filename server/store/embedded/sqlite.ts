import Database from 'libsql';
import AsyncDatabase from 'libsql/promise';
import { Failure } from '../../errors.js';

export type SqlValue = string | number | null;
export type Row = readonly SqlValue[];

/** A prepared statement. Rows come as arrays. */
export interface Statement {
  run(parameters: readonly SqlValue[]): { readonly changes: number };
  get(parameters: readonly SqlValue[]): Row | undefined;
}

/** A statement that reads many rows at once. */
export interface Query {
  all(parameters: readonly SqlValue[]): readonly Row[];
}

/** The connection that reads: every statement runs at once, on the caller's thread. */
export class Reader {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Statement & Query>();
  #closed = false;

  constructor(path: string) {
    this.#database = new Database(path);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): Statement & Query {
    if (this.#closed) throw closed();
    let statement = this.#statements.get(sql);
    if (!statement) {
      const prepared = this.#database.prepare(sql);
      // Only a statement that returns rows can be switched to arrays.
      statement = (prepared.reader ? prepared.raw() : prepared) as unknown as Statement & Query;
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  close(): void {
    this.#closed = true;
    this.#statements.clear();
    this.#database.close();
  }
}

/** A connection that prepares nothing, so that its locks end when it is closed. */
export class Batch {
  readonly #database: Database.Database;

  constructor(path: string) {
    this.#database = new Database(path);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  close(): void {
    this.#database.close();
  }
}

/**
 * The connection that writes. Its statements run at once inside a transaction
 * (they touch memory only), its COMMIT on another thread, because that waits
 * for the disk and must not hold up the event loop. Nothing else may use the
 * connection until the COMMIT has returned.
 */
export class Writer {
  readonly #database: InstanceType<typeof AsyncDatabase>;

  constructor(path: string) {
    this.#database = new AsyncDatabase(path, {});
  }

  async prepare(sql: string): Promise<Statement> {
    const statement = await this.#database.prepare(sql);
    return statement.reader ? statement.raw() : statement;
  }

  exec(sql: string): Promise<void> {
    return this.#database.exec(sql);
  }

  get inTransaction(): boolean {
    return (this.#database as unknown as { readonly inTransaction: boolean }).inTransaction;
  }

  /** Brings the log into the file, so that a copy of the file alone is whole. Other processes may make it wait; then they do it. */
  async settle(): Promise<void> {
    await this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
  }

  close(): void {
    this.#database.close();
  }
}

/** SQLite's primary result codes, as far as they matter here (sqlite.org/rescode.html). */
const BUSY = 5;
const PROTOCOL = 15;
const CONSTRAINT = 19;

function resultCode(error: unknown): number | undefined {
  const code = (error as { readonly rawCode?: unknown } | null)?.rawCode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Another connection is in the way; it passes. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === PROTOCOL;
}

/** A CHECK constraint was violated. */
export const isCheckFailure = (error: unknown): boolean => resultCode(error) === CONSTRAINT;

export function isSqliteError(error: unknown): boolean {
  return resultCode(error) !== undefined;
}

/** The failure a caller gets: every error of SQLite at run time is about the file, the disk or a lock. */
export function storeFailure(error: unknown): unknown {
  return isSqliteError(error) ? new Failure('STORE_UNAVAILABLE', { cause: error }) : error;
}

/** Thrown once the store is closed; libsql itself would go on with the statements it has. */
export function closed(): Failure {
  return new Failure('STORE_UNAVAILABLE', { cause: new Error('the store is closed') });
}

/** Quotes a table, column or index name. */
export const name = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
