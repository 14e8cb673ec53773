import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { JobState, JobType } from '../../../gen/otp/admin/v1/job_service_pb.js';
import type { RecipientService } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { recipientsOf } from '../sessions/recipientsOf.js';
import { modeName } from '../shared/mode.js';
import { namedRecipient } from '../shared/recipient.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import { createErasePerson, type EraseDeps } from './erase.js';

export interface EraseHandlerDeps extends EraseDeps {
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Erases a person within the call: the documents of one person are few. */
export function createEraseHandler(
  deps: EraseHandlerDeps,
): Pick<Handlers<typeof RecipientService>, 'eraseRecipient'> {
  const { fingerprints, newId, clock } = deps;
  const erase = createErasePerson(deps);

  return {
    async eraseRecipient(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const names = recipientsOf(fingerprints, request)?.(workspace);
      if (!names) throw invalid('recipient', 'is required');
      // Never by the fingerprint: this entry is made after the others have lost it.
      call.resource = 'recipients';
      const startedAt = timestampFromDate(new Date(clock.now()));
      const identity = request.recipient ? namedRecipient(request.recipient).identity : undefined;
      const { counts, kept } = await erase({ workspace, mode, names, identity }, request.dryRun);
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (!identity && total === 0 && kept.length === 0) throw new Failure('NOT_FOUND');
      const shown = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(count)]));
      return {
        ...(!request.dryRun && {
          job: {
            id: newId(),
            type: JobType.ERASE_RECIPIENT,
            state: JobState.SUCCEEDED,
            workspace,
            resource: 'recipients',
            done: BigInt(total),
            total: BigInt(total),
            counts: shown,
            actor: call.principal.client,
            createdAt: startedAt,
            startsAt: startedAt,
            endedAt: timestampFromDate(new Date(clock.now())),
          },
        }),
        counts: shown,
        kept: kept.map(({ what, until }) => ({ what, ...(until && { until: timestampFromDate(until) }) })),
      };
    },
  };
}
