import { setImmediate as nextTurn } from 'node:timers/promises';
import { retryWhileBusy } from './retryWhileBusy.js';
import { closed, isSqliteError, type SqlValue, type Statement, storeFailure, type Writer } from './sqlite.js';
import { USER_VERSION } from './version.js';

/** Bounds the time one batch keeps the event loop, at some 50 µs an operation. */
const BATCH = 100;

/** What every write must find in the file. */
export interface Expected {
  readonly userVersion: number;
  /** Called where it finds something else; returns the error of the operation. */
  refuse(): Error;
}

/** The transaction an operation runs in. Reads see what earlier operations of the batch wrote. */
export class Transaction {
  wrote = false;
  readonly later: (() => Promise<void>)[] = [];

  run(statement: Statement, parameters: readonly SqlValue[]): number {
    this.wrote = true;
    return statement.run(parameters).changes;
  }

  /** Does something once the batch has ended, while nothing else uses the connection. It must not matter that it fails. */
  afterwards(work: () => Promise<void>): void {
    this.later.push(work);
  }
}

/** Reads, decides and writes; throws before its first write or not at all, the file itself failing apart. */
type Operation<T> = (transaction: Transaction) => T;

interface Waiting {
  readonly operation: Operation<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit. Operations that arrive in one turn of the event loop, or while
 * a commit is under way, share one transaction and so one wait for the disk.
 * They run one after another, each deciding on what those before it left; a
 * promise resolves only when the batch is on the disk.
 */
export class WriteQueue {
  readonly #writer: Writer;
  readonly #begin: Statement;
  readonly #rollback: Statement;
  readonly #version: Statement;
  readonly #expected: Expected;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  private constructor(
    writer: Writer,
    [begin, rollback, version]: readonly [Statement, Statement, Statement],
    expected: Expected,
  ) {
    this.#writer = writer;
    this.#begin = begin;
    this.#rollback = rollback;
    this.#version = version;
    this.#expected = expected;
  }

  static async over(writer: Writer, expected: Expected): Promise<WriteQueue> {
    const prepare = (sql: string) => writer.prepare(sql);
    const statements = [
      await prepare('BEGIN IMMEDIATE'),
      await prepare('ROLLBACK'),
      await prepare(USER_VERSION),
    ] as const;
    return new WriteQueue(writer, statements, expected);
  }

  add<T>(operation: Operation<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Takes nothing more and resolves when everything taken is on the disk. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn();
      await this.#commitNext();
    }
    this.#working = undefined;
  }

  async #commitNext(): Promise<void> {
    let batch: Waiting[] = [];
    try {
      await retryWhileBusy(() => this.#begin.run([]));
      this.#checkVersion();
    } catch (error) {
      // Nothing can be written for now, so those who wait behind need not find that out one by one.
      batch = this.#waiting;
      this.#waiting = [];
      return refuse(batch, error);
    }
    batch = this.#waiting.splice(0, BATCH);
    const transaction = new Transaction();
    try {
      const settled = batch.map((waiting) => settle(waiting, transaction));
      if (transaction.wrote) await this.#writer.exec('COMMIT');
      else this.#rollback.run([]);
      for (const announce of settled) announce();
    } catch (error) {
      this.#undo();
      refuse(batch, error);
    }
    for (const work of transaction.later) await work().catch(() => {});
  }

  /** Read in each transaction, so that no other release can rebuild the tables between the check and the write. */
  #checkVersion(): void {
    if (this.#version.get([])?.[0] === this.#expected.userVersion) return;
    this.#undo();
    throw this.#expected.refuse();
  }

  #undo(): void {
    try {
      // Some errors end the transaction by themselves.
      if (this.#writer.inTransaction) this.#rollback.run([]);
    } catch {
      // The next BEGIN reports what is wrong with the file.
    }
  }
}

/** Runs one operation; its result is announced after the commit. Throws only what makes the batch impossible. */
function settle({ operation, resolve, reject }: Waiting, transaction: Transaction): () => void {
  try {
    const result = operation(transaction);
    return () => resolve(result as never);
  } catch (error) {
    if (isSqliteError(error)) throw error;
    return () => reject(error);
  }
}

function refuse(batch: readonly Waiting[], error: unknown): void {
  for (const { reject } of batch) reject(storeFailure(error));
}
