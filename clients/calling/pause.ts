/** Waits; rejects with the signal's reason when that comes first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', gone);
      resolve();
    }, ms);
    if (signal?.aborted) gone();
    else signal?.addEventListener('abort', gone, { once: true });
  });
}

/** Spread over a fifth to either side, so that callers refused together do not come back together. */
export const jittered = (ms: number): number => ms * (0.8 + Math.random() * 0.4);
