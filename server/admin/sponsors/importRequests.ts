import { createHash } from 'node:crypto';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Document, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { ImportedRow } from './importBeneficiaries.js';

/** How long the response to a request id is remembered. */
const REMEMBERED_MS = DAY_MS;

/** The response to a request id, in `idempotency`: workspace.live/import/digest. */
interface StoredImport extends Document {
  /** Keyed fingerprint of the request. */
  readonly request: string;
  readonly results: readonly ImportedRow[];
  readonly purgeAt: Date;
}

interface Deps {
  readonly documents: Documents;
  readonly fingerprints: Pick<Fingerprints, 'request' | 'isSameRequest'>;
  readonly clock: Clock;
}

/** A request with its id; an empty id is none. */
interface Identified {
  readonly workspace: string;
  readonly requestId: string;
  /** What the request says besides, as text. */
  readonly request: string;
}

/**
 * Runs an import, or responds as before to a request id that was used. Importing
 * twice is harmless, so the response is stored after the import and two calls at
 * once may both run.
 */
export function createImportRequests({ documents, fingerprints, clock }: Deps) {
  const stored = documents.collection<StoredImport>('idempotency');
  return async (
    { workspace, requestId, request }: Identified,
    run: () => Promise<readonly ImportedRow[]>,
  ): Promise<readonly ImportedRow[]> => {
    if (!requestId) return run();
    const _id = `${workspace}.live/import/${createHash('sha256').update(requestId).digest('base64url')}`;
    const earlier = await stored.findOne({ _id });
    if (earlier && earlier.purgeAt.getTime() > clock.now()) {
      if (!fingerprints.isSameRequest(workspace, request, earlier.request))
        throw new Failure('IDEMPOTENCY_CONFLICT');
      return earlier.results;
    }
    const results = await run();
    const purgeAt = new Date(clock.now() + REMEMBERED_MS);
    await insertOnce(stored, { _id, request: fingerprints.request(workspace, request), results, purgeAt });
    return results;
  };
}
