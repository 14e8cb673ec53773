import { ConnectError } from '@connectrpc/connect';
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { token } from './credential.js';

/** What a page loads: the last value stays while the next is on its way, and beside an error. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: ConnectError | undefined;
  readonly again: () => void;
}

interface State<T> {
  readonly key: string;
  readonly value?: T | undefined;
  readonly error?: ConnectError | undefined;
}

/**
 * Loads whenever `key` changes and every `everyMs` while the tab is visible. A
 * response that was overtaken is dropped.
 */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>, everyMs = 0): Loaded<T> {
  const state: Signal<State<T>> = useSignal({ key: '' });
  const turn = useSignal(0);
  const signedIn = token.value !== undefined;
  useEffect(() => {
    if (!signedIn) return;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      const before = state.peek();
      try {
        if (!document.hidden || before.key !== key) {
          const value = await load(leaving.signal);
          if (!leaving.signal.aborted) state.value = { key, value };
        }
      } catch (thrown) {
        if (!leaving.signal.aborted)
          state.value = { ...(before.key === key ? before : {}), key, error: ConnectError.from(thrown) };
      }
      if (everyMs && !leaving.signal.aborted) timer = setTimeout(run, everyMs);
    };
    void run();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, turn.value, signedIn]);
  const current = state.value.key === key ? state.value : undefined;
  return {
    value: current?.value,
    error: current?.error,
    again: () => {
      turn.value++;
    },
  };
}
