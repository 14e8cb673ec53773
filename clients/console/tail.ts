import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api, target } from './api.js';
import { token } from './credential.js';

const PAUSE_MS = 5_000;

/**
 * Calls back for each event of a session, or of the workspace for '', from now on.
 * The stream is resumed by its cursor. True while it is open: until then, and where
 * it cannot be, a page polls more often.
 */
export function useTail(sessionId: string, scope: string, isOn: boolean, onEvent: () => void): boolean {
  const isOpen = useSignal(false);
  const signedIn = token.value !== undefined;
  useEffect(() => {
    if (!isOn || !signedIn) return;
    const leaving = new AbortController();
    let cursor = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      try {
        const options = { signal: leaving.signal, timeoutMs: 0 };
        for await (const next of api.sessions.tailEvents({ ...target(), sessionId, cursor }, options)) {
          isOpen.value = true;
          cursor = next.cursor;
          if (next.event) onEvent();
        }
      } catch {
        // Too many streams, or the service stops: the page polls meanwhile.
      }
      isOpen.value = false;
      if (!leaving.signal.aborted) timer = setTimeout(run, PAUSE_MS);
    };
    void run();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [sessionId, scope, isOn, signedIn]);
  return isOpen.value;
}
