import type { Clock } from '../platform/clock.js';
import { SECOND_MS } from '../platform/durations.js';
import { type Document, type Documents, StoreRefused } from './documents.js';
import { insertOnce } from './insertOnce.js';

/** What documents mean, as numbers that only rise. Release 0.1 is 1; it stored none. */
export interface Format {
  /** The format that a release writes. */
  readonly written: number;
  /** The earliest format whose releases may use a store that holds documents of `written`. */
  readonly readableSince: number;
}

/** Of this release. Raised when a stored document changes its meaning, not when an index is added. */
export const FORMAT: Format = { written: 2, readableSince: 1 };

/** The highest numbers of all releases that have used the store: the document `format` of the collection `meta`. */
interface StoredFormat extends Document, Format {}

const ID = 'format';
/** How soon a process finds that a newer release has raised the format. */
const CHECK_MS = 5 * SECOND_MS;

/**
 * Records that this release uses the store. Throws StoreRefused where it cannot
 * read what is there. Where its documents shut out releases that could use the
 * store until now, it returns only when their processes have had time to notice.
 */
export async function enterFormat(documents: Documents, clock: Clock, own: Format = FORMAT): Promise<void> {
  const meta = documents.collection<StoredFormat>('meta');
  for (;;) {
    const stored = await meta.findOne({ _id: ID });
    if (!stored) {
      if (await insertOnce(meta, { _id: ID, ...own })) return;
      continue;
    }
    refuseNewer(stored, own);
    const written = Math.max(own.written, stored.written);
    const readableSince = Math.max(own.readableSince, stored.readableSince);
    if (written === stored.written && readableSince === stored.readableSince) return;
    const seen = { _id: ID, written: stored.written, readableSince: stored.readableSince };
    if (!(await meta.findOneAndUpdate(seen, { $set: { written, readableSince } }))) continue;
    if (readableSince > stored.readableSince) {
      await new Promise<void>((resolve) => clock.after(2 * CHECK_MS, resolve));
    }
    return;
  }
}

function refuseNewer({ readableSince }: Format, own: Format): void {
  if (own.written >= readableSince) return;
  throw new StoreRefused(
    `The store holds documents of a newer release of Countersign (format ${readableSince}; this release reads up to ${own.written}). Start that release.`,
  );
}

/**
 * Asks every few seconds whether this process may still use the store, and calls
 * `refused` when it may not. Returns how to stop.
 */
export function watchFormat(
  documents: Documents,
  { clock, refused }: { readonly clock: Clock; readonly refused: (why: StoreRefused) => void },
  own: Format = FORMAT,
): () => void {
  const meta = documents.collection<StoredFormat>('meta');
  let stopped = false;
  let cancel = schedule();

  function schedule(): () => void {
    return clock.after(CHECK_MS, () => {
      check()
        // A store that cannot be read now is asked again.
        .catch((error) => error instanceof StoreRefused && refused(error))
        .finally(() => {
          if (!stopped) cancel = schedule();
        });
    });
  }

  async function check(): Promise<void> {
    // The embedded store compares its tables here.
    await documents.ping();
    const stored = await meta.findOne({ _id: ID });
    if (stored) refuseNewer(stored, own);
  }

  return () => {
    stopped = true;
    cancel();
  };
}
