import { Failure } from '../errors.js';
import type { Document, Documents } from './documents.js';
import { insertOnce } from './insertOnce.js';
import type { Observer, Operation } from './observeOperations.js';

/** Knows whether the store takes writes. */
export interface WriteCheck {
  /** Of the operations of this process. */
  readonly observer: Observer;
  /** Resolves while the store responds and the last write did not fail; after one that failed, once a test write works. */
  check(): Promise<void>;
}

/** Written after a write that failed. */
interface StoredProbe extends Document {
  readonly filling: string;
}

const ID = 'probe';
/** As much as a batch of operations: on a full disk a small write may still find room. */
const FILLING = 64 * 1024;
const WRITES: ReadonlySet<Operation> = new Set(['insertOne', 'findOneAndUpdate', 'deleteOne', 'deleteMany']);

/** A store that can be read and not written, as on a full disk, is no store to send requests to. */
export function createWriteCheck(engine: Documents): WriteCheck {
  const meta = engine.collection<StoredProbe>('meta');
  let failed = false;

  async function probe(): Promise<void> {
    // One that was left by a process that ended here.
    await meta.deleteOne({ _id: ID });
    await insertOnce(meta, { _id: ID, filling: 'x'.repeat(FILLING) });
    await meta.deleteOne({ _id: ID });
  }

  return {
    observer: (_collection, operation) => (error) => {
      if (!WRITES.has(operation)) return;
      if (error instanceof Failure && error.reason === 'STORE_UNAVAILABLE') failed = true;
    },
    async check() {
      await engine.ping();
      if (!failed) return;
      await probe();
      failed = false;
    },
  };
}
