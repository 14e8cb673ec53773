import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { Part } from './parts.js';
import { binOf, type TimeName } from './sketch.js';
import {
  beginOf,
  type Counts,
  idOf,
  KEPT_MS,
  type Span,
  type StoredStats,
  type Subject,
  statsOf,
} from './stored.js';

/** How long counts are held here before they are written. */
const FLUSH_MS = 5_000;
/** As many different subjects and times are held; more are written at once. */
const HELD = 2_000;
/** Documents written at once. */
const WRITERS = 4;

/** Adds counts up in memory and writes them down now and then: counting costs a call next to nothing. */
export interface Counter {
  add(partition: string, counted: Counted): void;
  /** Writes down what is held. Never rejects: what cannot be written stays. */
  flush(): Promise<void>;
}

/** What is counted. */
export interface Counted {
  /** When, milliseconds. */
  readonly at: number;
  readonly subject: Subject;
  readonly counts: Counts;
  /** How long it took, milliseconds. */
  readonly took?: Readonly<Partial<Record<TimeName, number>>> | undefined;
  /** What it is counted by besides. */
  readonly parts?: readonly Part[];
}

/** What was counted alike, before it is known which documents it goes into. */
interface Alike {
  readonly partition: string;
  /** The beginning of its hour, which is in the same day. */
  readonly at: number;
  readonly subject: Subject;
  readonly parts: readonly Part[];
  readonly counts: Record<string, number>;
}

interface Held {
  readonly _id: string;
  readonly begin: number;
  readonly subject: Subject & { readonly value?: string };
  /** By the path of the field. */
  readonly counts: Record<string, number>;
}

export function createCounter(documents: Documents, clock: Clock, log: Logger): Counter {
  const stored = statsOf(documents);
  let counted = new Map<string, Alike>();
  let held = new Map<string, Held>();
  let cancelTimer: (() => void) | undefined;
  let flushing: Promise<void> | undefined;
  /** The last writing failed: the next is left to the timer, however much is held. */
  let failing = false;

  function hold({ _id, begin, subject, counts }: Held): void {
    const known = held.get(_id);
    if (!known) {
      held.set(_id, { _id, begin, subject, counts: { ...counts } });
      return;
    }
    addUp(known.counts, counts);
  }

  /** One count goes into a document for each span and part: worked out once for all that were counted alike. */
  function holdCounted(): void {
    for (const { partition, at, subject, parts, counts } of counted.values()) {
      for (const span of ['hour', 'day'] satisfies Span[]) {
        const begin = beginOf(span, at);
        for (const part of [undefined, ...parts]) {
          const _id = idOf(partition, { span, part }, { at: begin, subject });
          const of = part ? { ...subject, value: part.value } : subject;
          hold({ _id, begin, subject: of, counts });
        }
      }
    }
    counted = new Map();
  }

  async function write({ _id, begin, subject, counts }: Held): Promise<void> {
    const update = { $inc: counts };
    if (await stored.findOneAndUpdate({ _id }, update)) return;
    const first = { ...subject, ...nested(counts), at: new Date(begin), purgeAt: new Date(begin + KEPT_MS) };
    if (await insertOnce(stored, { _id, ...first } as StoredStats)) return;
    await stored.findOneAndUpdate({ _id }, update);
  }

  async function writeAll(): Promise<void> {
    holdCounted();
    const waiting = [...held.values()];
    held = new Map();
    let failed: unknown;
    const writer = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        try {
          if (failed) hold(next);
          else await write(next);
        } catch (error) {
          failed = error;
          hold(next);
        }
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    failing = failed !== undefined;
    if (!failing) return;
    log.warn({ err: failed }, 'statistics cannot be written; trying again');
    flushLater();
  }

  async function flush(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    // What was counted meanwhile is written too: who asks for a flush wants to read everything.
    await flushing;
    flushing ??= writeAll().finally(() => {
      flushing = undefined;
    });
    await flushing;
  }

  function flushLater(): void {
    cancelTimer ??= clock.after(FLUSH_MS, () => void flush());
  }

  return {
    add(partition, { at, subject, counts, took = {}, parts = [] }) {
      const hour = beginOf('hour', at);
      const key = keyOf(partition, hour, { subject, parts });
      let alike = counted.get(key);
      if (!alike) {
        alike = { partition, at: hour, subject, parts, counts: {} };
        counted.set(key, alike);
      }
      addUp(alike.counts, counts);
      for (const [name, ms] of Object.entries(took))
        addUp(alike.counts, { [`times.${name}.${binOf(ms)}`]: 1 });
      // Each goes into about eight documents.
      if (held.size + counted.size * 8 >= HELD && !flushing && !failing) void flush();
      else flushLater();
    },
    flush,
  };
}

/** The same for what is counted alike. A caller chooses the values of parts, so their lengths are in it. */
function keyOf(
  partition: string,
  hour: number,
  { subject: { channel, country, provider }, parts }: Pick<Alike, 'subject' | 'parts'>,
): string {
  let key = `${partition}/${hour}/${channel}/${country}/${provider}`;
  for (const { by, value } of parts) key += `/${by}/${value.length}:${value}`;
  return key;
}

function addUp(counts: Record<string, number>, more: Counts): void {
  for (const [name, by] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + by;
}

/** The fields of a document by their paths, such as { 'a.b': 1 }. */
function nested(paths: Readonly<Record<string, number>>): object {
  const fields: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(paths)) {
    const names = path.split('.');
    const last = names.pop()!;
    let place = fields;
    for (const name of names) {
      place[name] ??= {};
      place = place[name] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return fields;
}
