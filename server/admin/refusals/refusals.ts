import { createHash } from 'node:crypto';
import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import { HOUR_MS, SECOND_MS } from '../../platform/durations.js';
import { below } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import {
  hourKey,
  REFUSALS_KEPT_MS,
  refusalCountsOf,
  type StoredRefusalRow,
  type StoredRefusals,
} from './stored.js';

/** Recipients of one API key and hour that are counted each by itself. */
export const RECIPIENTS_EACH = 1_000;
/** Reasons and rules of one recipient that are counted each by itself. */
const ROWS_EACH = 8;
const FLUSH_MS = SECOND_MS;

type Uncounted = Omit<StoredRefusalRow, 'count' | 'firstAt' | 'lastAt'>;

/** A refused Send or Resend to one recipient. */
export type Refused = Uncounted & {
  readonly partition: string;
  /** The API key. */
  readonly client: string;
};

/** Counts refusals in memory and writes them once a second, one document for each API key and hour. */
export interface Refusals {
  /** `purpose`: of what was refused, for the statistics. */
  add(refused: readonly Refused[], purpose: string): void;
  /** Writes what is held. Never rejects: what cannot be written is written later. */
  flush(): Promise<void>;
  /** Forgets recipients of a workspace, here and in the store. Returns from how many documents. */
  forget(partition: string, recipients: readonly string[]): Promise<number>;
}

interface Held {
  readonly document: Omit<StoredRefusals, 'rows' | 'recipients'>;
  readonly recipients: Map<string, number>;
  /** Recipients that the stored document does not name yet. */
  readonly fresh: Set<string>;
  readonly rows: Map<string, StoredRefusalRow>;
  readonly changed: Set<string>;
  isStored: boolean;
}

interface Deps {
  readonly documents: Documents;
  /** Names this process. */
  readonly process: string;
  /** Counts what is refused for the statistics. */
  readonly counted: (refused: readonly Refused[], purpose: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createRefusals({ documents, process, counted, clock, log }: Deps): Refusals {
  const stored = refusalCountsOf(documents);
  const held = new Map<string, Held>();
  let isTimed = false;
  let flushing = Promise.resolve();

  function heldFor(partition: string, client: string, now: number): Held {
    const hour = now - (now % HOUR_MS);
    const _id = `${partition}/${hourKey(hour)}/${client}/${process}`;
    const known = held.get(_id);
    if (known) return known;
    const fresh: Held = {
      document: {
        _id,
        partition,
        hour: new Date(hour),
        client,
        purgeAt: new Date(hour + HOUR_MS + REFUSALS_KEPT_MS),
      },
      recipients: new Map(),
      fresh: new Set(),
      rows: new Map(),
      changed: new Set(),
      isStored: false,
    };
    held.set(_id, fresh);
    return fresh;
  }

  function count({ partition, client, ...row }: Refused, now: number): void {
    const here = heldFor(partition, client, now);
    if (here.rows.has(rowKey(row))) {
      addTo(here, row, now);
      return;
    }
    const rows = here.recipients.get(row.recipient);
    const isOne = rows === undefined ? here.recipients.size < RECIPIENTS_EACH : rows < ROWS_EACH;
    if (isOne) {
      here.recipients.set(row.recipient, (rows ?? 0) + 1);
      if (rows === undefined) here.fresh.add(row.recipient);
      addTo(here, row, now);
      return;
    }
    const { reason, rule, freeAt } = row;
    addTo(here, { recipient: '', masked: OTHERS, reason, rule, ...(freeAt && { freeAt }) }, now);
  }

  function addTo({ rows, changed }: Held, row: Uncounted, now: number): void {
    const key = rowKey(row);
    const before = rows.get(key);
    rows.set(key, {
      ...row,
      count: (before?.count ?? 0) + 1,
      firstAt: before?.firstAt ?? new Date(now),
      lastAt: new Date(now),
    });
    changed.add(key);
  }

  async function write(here: Held): Promise<void> {
    const keys = [...here.changed];
    if (keys.length === 0) return;
    here.changed.clear();
    const fresh = [...here.fresh];
    here.fresh.clear();
    try {
      const { _id } = here.document;
      if (!here.isStored) {
        const rows = Object.fromEntries(here.rows);
        const isNew = await insertOnce(stored, { ...here.document, recipients: fresh, rows });
        here.isStored = true;
        if (isNew) return;
      }
      // Whole rows, not increments: a write that is repeated changes nothing.
      const rows = keys.map((key) => [`rows.${key}`, here.rows.get(key)]);
      // Recipients are added and never written as a whole: another process may have erased one.
      await stored.findOneAndUpdate(
        { _id },
        {
          $set: Object.fromEntries(rows),
          ...(fresh.length > 0 && { $push: { recipients: { $each: fresh } } }),
        },
      );
    } catch (error) {
      for (const key of keys) here.changed.add(key);
      for (const recipient of fresh) here.fresh.add(recipient);
      throw error;
    }
  }

  async function writeAll(): Promise<void> {
    const hour = clock.now() - (clock.now() % HOUR_MS);
    for (const [_id, here] of held) {
      try {
        await write(here);
        if (here.document.hour.getTime() < hour && here.changed.size === 0) held.delete(_id);
      } catch (error) {
        log.warn({ err: error }, 'refusals cannot be written; will retry');
        flushLater();
        return;
      }
    }
  }

  function flushLater(): void {
    if (isTimed) return;
    isTimed = true;
    clock.after(FLUSH_MS, () => {
      isTimed = false;
      void flush();
    });
  }

  /** One after the other: each writes what was added before it began. */
  function flush(): Promise<void> {
    flushing = flushing.then(writeAll);
    return flushing;
  }

  return {
    add(refused, purpose) {
      counted(refused, purpose);
      const now = clock.now();
      for (const one of refused) count(one, now);
      flushLater();
    },
    flush,
    async forget(partition, recipients) {
      for (const here of held.values()) {
        if (here.document.partition !== partition) continue;
        for (const recipient of recipients) {
          here.recipients.delete(recipient);
          here.fresh.delete(recipient);
        }
        for (const [key, row] of here.rows) {
          if (!recipients.includes(row.recipient)) continue;
          here.rows.delete(key);
          here.changed.delete(key);
        }
      }
      await flush();
      return forgetStored(stored, partition, recipients);
    },
  };
}

/** Takes recipients out of stored refusals. Counts of others are as they were. */
async function forgetStored(
  stored: Collection<StoredRefusals>,
  partition: string,
  recipients: readonly string[],
): Promise<number> {
  const range = below(partition);
  const found = await stored.find({ _id: range, recipients: { $in: recipients } }).toArray();
  for (const { _id, rows, recipients: named } of found) {
    const theirs = Object.entries(rows).filter(([, row]) => recipients.includes(row.recipient));
    await stored.findOneAndUpdate(
      { _id },
      {
        $set: { recipients: named.filter((one) => !recipients.includes(one)) },
        ...(theirs.length > 0 && {
          $unset: Object.fromEntries(theirs.map(([key]) => [`rows.${key}`, '' as const])),
        }),
      },
    );
  }
  return found.length;
}

/** How those that are not counted each by itself are shown. */
export const OTHERS = 'others';

/** The name of a row within its document: no part of it can be a path. */
const rowKey = ({
  recipient,
  channel,
  reason,
  rule,
}: Pick<StoredRefusalRow, 'recipient' | 'channel' | 'reason' | 'rule'>): string =>
  createHash('sha256')
    .update(JSON.stringify([recipient, channel ?? '', reason, rule]))
    .digest('hex')
    .slice(0, 24);
