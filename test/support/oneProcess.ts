import type { Processes } from '../../server/store/processes/processes.js';

/** A process that never sees another one. */
export const oneProcess = (id = '0'.repeat(32)): Processes => ({
  id,
  mayBegin: () => true,
  hasEnded: async () => false,
  start: async () => {},
  stop: async () => {},
});
