import type { StoredSession } from '../session/stored.js';
import { type ChangeListener, notifyOnChange } from '../store/changeListener.js';
import type { Documents } from '../store/documents.js';
import { measureOperations } from '../store/measureOperations.js';
import { observeOperations } from '../store/observeOperations.js';
import { traceOperations } from '../store/traceOperations.js';
import { createWriteCheck } from '../store/writeCheck.js';
import type { Observing } from './telemetry.js';

/** The store as the rest of the service sees it. */
export interface DecoratedStore {
  readonly documents: Documents;
  /** Rejects while the store cannot be used; see store/writeCheck.ts. */
  readonly checkStore: () => Promise<void>;
  /** Notifies the listener of every session stored or changed through `documents`, in the order of registration. */
  onSessionChange(listener: ChangeListener<StoredSession>): void;
}

/**
 * The only place that decorates the store. From the inside out:
 *
 * 1. Validation, inside both engines (store/validatingCollection.ts), because an
 *    engine is equal to the other only for operations of the port.
 * 2. Whether writes work, and metrics, next to the engine, so that they measure the store alone.
 * 3. Traces around them, where traces are sent.
 * 4. Sealing of sessions, so that everything further in holds what the store holds.
 * 5. Change listeners outermost: they run after a write that succeeded, and
 *    neither a metric nor a span includes the time they take.
 */
export function decorateStore(
  engine: Documents,
  { metrics, tracing }: Observing,
  seal: (documents: Documents) => Documents = (documents) => documents,
): DecoratedStore {
  const listeners: ChangeListener<StoredSession>[] = [];
  const writes = createWriteCheck(engine);
  const measured = observeOperations(observeOperations(engine, writes.observer), measureOperations(metrics));
  const traced = tracing ? observeOperations(measured, traceOperations(tracing)) : measured;
  return {
    checkStore: writes.check,
    documents: notifyOnChange<StoredSession>(seal(traced), 'sessions', (session, update) => {
      for (const listener of listeners) listener(session, update);
    }),
    onSessionChange: (listener) => void listeners.push(listener),
  };
}
