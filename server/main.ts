import { keepStartSmall } from './platform/startMemory.js';

// Before anything else is loaded, so the rest is imported here and not above.
keepStartSmall();

/** The URL of the service once it is ready, for `countersign start`. */
export const ready = import('./process.js').then((started) => started.ready);
