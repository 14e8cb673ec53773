import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { RecipientService } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Jobs } from '../jobs/jobs.js';
import { jobToProto } from '../jobs/toProto.js';
import { recipientsOf } from '../sessions/recipientsOf.js';
import { modeName } from '../shared/mode.js';
import { namedRecipient } from '../shared/recipient.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import { createErasePerson, type EraseDeps } from './erase.js';

export interface EraseHandlerDeps extends EraseDeps {
  readonly jobs: Pick<Jobs, 'recordEnded'>;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Erases a person within the call: the documents of one person are few. */
export function createEraseHandler(
  deps: EraseHandlerDeps,
): Pick<Handlers<typeof RecipientService>, 'eraseRecipient'> {
  const { fingerprints, jobs, newId, clock } = deps;
  const erase = createErasePerson(deps);

  return {
    async eraseRecipient(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const names = recipientsOf(fingerprints, request)?.(workspace);
      if (!names) throw invalid('recipient', 'is required');
      // Never by the fingerprint: this entry is made after the others have lost it.
      call.resource = 'recipients';
      const startsAt = new Date(clock.now());
      const identity = request.recipient ? namedRecipient(request.recipient).identity : undefined;
      const { counts, kept } = await erase({ workspace, mode, names, identity }, request.dryRun);
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (!identity && total === 0 && kept.length === 0) throw new Failure('NOT_FOUND');
      const shown = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(count)]));
      const job = request.dryRun
        ? undefined
        : await jobs.recordEnded({
            workspace,
            id: newId(),
            type: 'ERASE_RECIPIENT',
            resource: 'recipients',
            actor: call.principal.client,
            startsAt,
            counts,
          });
      return {
        ...(job && { job: jobToProto(job) }),
        counts: shown,
        kept: kept.map(({ what, until }) => ({ what, ...(until && { until: timestampFromDate(until) }) })),
      };
    },
  };
}
