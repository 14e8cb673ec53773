import { HOUR_MS } from '../../platform/durations.js';
import type { Document, Documents } from '../documents.js';

/** How long it is known that a process has ended: longer than any lease. */
const KNOWN_MS = HOUR_MS;

/** A process of the store, `_id` = its id. */
export interface StoredProcess extends Document {
  /** Raised while it lives, on MongoDB. */
  readonly beats: number;
  /** When another process took over its leases. */
  readonly endedAt?: Date;
  readonly purgeAt: Date;
}

export const purgeTime = (now: number): Date => new Date(now + KNOWN_MS);

/** Whether another process has taken over the leases of that one. */
export async function isTakenOver(documents: Documents, id: string): Promise<boolean> {
  const found = await documents.collection<StoredProcess>('processes').findOne({ _id: id });
  return found?.endedAt !== undefined;
}
