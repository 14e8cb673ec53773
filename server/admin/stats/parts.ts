import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';

/** By what counts are split further, one at a time: each is counted in documents of its own. */
export const PARTS = ['purpose', 'apiKey', 'locale', 'deliveryError', 'refusal'] as const;
export type PartName = (typeof PARTS)[number];

/** What one document counts of a part. */
export interface Part {
  readonly by: PartName;
  readonly value: string;
}

/** Values of a part that are counted each by itself, for each workspace, mode and day. */
export const VALUES_EACH = 200;

/** What the rest is counted as. */
export const OTHERS = 'others';

/** Bounds the values of parts: callers choose purposes and languages. */
export type BoundPart = (partition: string, part: Part) => Part;

export function createBoundPart(clock: Clock): BoundPart {
  let day = 0;
  let seen = new Map<string, Set<string>>();
  return (partition, part) => {
    const today = Math.floor(clock.now() / DAY_MS);
    if (today !== day) {
      day = today;
      seen = new Map();
    }
    const name = `${partition}/${part.by}`;
    const values = seen.get(name) ?? new Set();
    seen.set(name, values);
    if (values.has(part.value)) return part;
    if (values.size >= VALUES_EACH) return { ...part, value: OTHERS };
    values.add(part.value);
    return part;
  };
}
