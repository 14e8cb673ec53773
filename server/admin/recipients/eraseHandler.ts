import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  EraseRecipientRequestSchema,
  type RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { partitionOf } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import { canonicalRequest } from '../../otp/idempotency/canonicalRequest.js';
import type { Idempotency } from '../../otp/idempotency/claims.js';
import type { Clock } from '../../platform/clock.js';
import type { Jobs } from '../jobs/jobs.js';
import type { StoredJob } from '../jobs/stored.js';
import { jobToProto } from '../jobs/toProto.js';
import { recipientsOf } from '../sessions/recipientsOf.js';
import { modeName } from '../shared/mode.js';
import { namedRecipient } from '../shared/recipient.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import { createErasePerson, type EraseDeps, type Erased, type Person } from './erase.js';

export interface EraseHandlerDeps extends EraseDeps {
  readonly jobs: Pick<Jobs, 'recordEnded' | 'find'>;
  readonly idempotency: Pick<Idempotency, 'claim'>;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Erases a person within the call: the documents of one person are few. */
export function createEraseHandler(
  deps: EraseHandlerDeps,
): Pick<Handlers<typeof RecipientService>, 'eraseRecipient'> {
  const { fingerprints, jobs, idempotency, newId, clock } = deps;
  const erase = createErasePerson(deps);

  return {
    async eraseRecipient(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const names = recipientsOf(fingerprints, request)?.(workspace);
      if (!names) throw invalid('recipient', 'is required');
      // Never by the fingerprint: this entry is made after the others have lost it.
      call.resource = 'recipients';
      const identity = request.recipient ? namedRecipient(request.recipient).identity : undefined;
      const person: Person = { workspace, mode, names, identity };
      // What only counts may be repeated anyway.
      if (request.dryRun) return responseOf(await checked(erase(person, true), person));
      const claim = request.requestId
        ? await idempotency.claim({
            workspace,
            scope: `${partitionOf({ workspace, mode })}/${call.principal.client}/EraseRecipient`,
            requestId: request.requestId,
            request: canonicalRequest(EraseRecipientRequestSchema, { ...request, workspace }),
            sessionId: newId(),
          })
        : undefined;
      if (claim?.repeated) {
        const earlier = await jobs.find(workspace, claim.sessionId);
        if (earlier) return responseOf(earlier, earlier);
        await claim.takeOver();
      }
      try {
        const startsAt = new Date(clock.now());
        const { counts, kept } = await checked(erase(person, false), person);
        const job = await jobs.recordEnded({
          workspace,
          id: claim?.sessionId ?? newId(),
          type: 'ERASE_RECIPIENT',
          resource: 'recipients',
          actor: call.principal.client,
          startsAt,
          counts,
          kept,
        });
        return responseOf(job, job);
      } finally {
        await claim?.release();
      }
    },
  };
}

/** A fingerprint that nothing is stored under is one that no recipient has. */
async function checked(erasing: Promise<Erased>, { identity }: Person): Promise<Erased> {
  const erased = await erasing;
  const isFound = erased.kept.length > 0 || Object.values(erased.counts).some((count) => count > 0);
  if (!identity && !isFound) throw new Failure('NOT_FOUND');
  return erased;
}

/** What was erased, and the job that did it. */
function responseOf({ counts, kept = [] }: Pick<StoredJob, 'counts' | 'kept'>, job?: StoredJob) {
  return {
    ...(job && { job: jobToProto(job) }),
    counts: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(count)])),
    kept: kept.map(({ what, until }) => ({ what, ...(until && { until: timestampFromDate(until) }) })),
  };
}
