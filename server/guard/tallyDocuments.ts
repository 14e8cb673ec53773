import type { Collection, Document } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';

/** Keys that no longer count are removed once there are so many: seldom, and before they weigh. */
const SWEEP_AT = 24;

/** Dotted paths of counts, and what is added to each. */
export type Increments = Readonly<Record<string, number>>;

/** Counts, and returns the document with these counts in it: whichever process counts later finds them there. */
export async function addCounts<T extends Document & { readonly purgeAt: Date }>(
  tallies: Collection<T>,
  _id: string,
  increments: Increments,
  set: { readonly purgeAt: Date } & Readonly<Record<string, unknown>>,
): Promise<T> {
  const update = { $inc: increments, $set: set };
  for (;;) {
    const counted = await tallies.findOneAndUpdate({ _id }, update);
    if (counted) return counted;
    const first = { _id, ...nested(increments), ...set } as unknown as T;
    if (await insertOnce(tallies, first)) return first;
  }
}

export const takeBack = <T extends Document>(
  tallies: Collection<T>,
  _id: string,
  increments: Increments,
): Promise<T | null> =>
  tallies.findOneAndUpdate(
    { _id },
    { $inc: Object.fromEntries(Object.entries(increments).map(([path, by]) => [path, -by])) },
  );

/** Removes keys that no longer count, where there are many. */
export async function sweep<T extends Document>(
  tallies: Collection<T>,
  _id: string,
  paths: readonly string[],
): Promise<void> {
  if (paths.length < SWEEP_AT) return;
  await tallies.findOneAndUpdate({ _id }, { $unset: Object.fromEntries(paths.map((path) => [path, ''])) });
}

/** The document that incrementing these paths of an empty one makes. */
function nested(increments: Increments): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const [path, by] of Object.entries(increments)) {
    const parts = path.split('.');
    const last = parts.pop() as string;
    let container = document;
    for (const part of parts) {
      container[part] ??= {};
      container = container[part] as Record<string, unknown>;
    }
    container[last] = by;
  }
  return document;
}
