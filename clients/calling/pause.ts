/** Waits; rejects with the signal's reason if the signal aborts first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    if (signal?.aborted) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}

/** Plus or minus a fifth at random, so that callers refused together do not repeat their calls together. */
export const jittered = (ms: number): number => ms * (0.8 + Math.random() * 0.4);
