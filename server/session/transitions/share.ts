import type { Change } from '../change.js';
import { OPEN } from '../status.js';
import type { StoredSession } from '../stored.js';

/**
 * The session is given to a second caller. From then on its token says nothing
 * of who holds it. Undefined where it was given away before.
 */
export const share = (seen: StoredSession, at: number): Change | undefined =>
  seen.shared ? undefined : { at, guard: { status: { $in: OPEN } }, set: { shared: true } };
