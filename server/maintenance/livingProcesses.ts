import { SECOND_MS } from '../platform/durations.js';
import type { Documents } from '../store/documents.js';
import type { StoredProcess } from '../store/processes/stored.js';

/** Longer than a process takes to raise its counter; see store/processes/heartbeats.ts. */
export const BEATS_MS = 5 * SECOND_MS;

/**
 * How many processes of the service use a store on MongoDB: those whose counter
 * rises while `wait` lasts, which has to take BEATS_MS.
 */
export async function countLiving(documents: Documents, wait: () => Promise<unknown>): Promise<number> {
  const processes = documents.collection<StoredProcess>('processes');
  const before = new Map((await processes.find({}).toArray()).map(({ _id, beats }) => [_id, beats]));
  if (before.size === 0) return 0;
  await wait();
  const after = await processes.find({}).toArray();
  return after.filter(({ _id, beats }) => beats !== before.get(_id)).length;
}
