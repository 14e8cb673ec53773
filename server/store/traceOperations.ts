import type { Tracing } from '../observe/tracing.js';
import { DuplicateKey } from './documents.js';
import type { Observer } from './observeOperations.js';

/** A span for each operation that is part of something traced; what the queues do on their own is not. */
export function traceOperations(tracing: Tracing): Observer {
  return (collection, operation) => {
    if (!tracing.current()) return () => {};
    const span = tracing.begin(`${operation} ${collection}`, 'client', {
      'db.collection.name': collection,
      'db.operation.name': operation,
    });
    return (error) => {
      const failed = error !== undefined && !(error instanceof DuplicateKey);
      span.end(failed ? (error instanceof Error ? error.name : 'Error') : undefined);
    };
  };
}
