import type { Clock } from './clock.js';

/** Runs work with a signal that aborts after `ms` milliseconds, and no longer once the work has ended. */
export async function withTimeLimit<T>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.after(ms, () => limit.abort());
  try {
    return await work(limit.signal);
  } finally {
    cancel();
  }
}
