import { create, type MessageShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { JobSchema, JobState, JobType } from '../../../gen/otp/admin/v1/job_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { workspaceOf } from '../../store/documentId.js';
import type { StoredJob } from './stored.js';

/** How a type and a state of the contract are stored. */
export const typeName = (type: JobType): string | undefined =>
  Object.entries(JobType).find(([, value]) => value === type)?.[0];
export const stateName = (state: JobState): string | undefined =>
  Object.entries(JobState).find(([, value]) => value === state)?.[0];

/** A job as the contract shows it. */
export function jobToProto(job: StoredJob): MessageShape<typeof JobSchema> {
  const counts = Object.entries(job.counts);
  return create(JobSchema, {
    id: job.id,
    type: JobType[job.type],
    state: JobState[job.state],
    workspace: workspaceOf(job),
    resource: job.resource,
    done: BigInt(counts.reduce((sum, [, done]) => sum + done, 0)),
    total: BigInt(job.total),
    counts: Object.fromEntries(counts.map(([collection, done]) => [collection, BigInt(done)])),
    error: job.error ?? '',
    cancelable: job.state === 'SCHEDULED',
    actor: job.actor,
    createdAt: timestampFromDate(job.createdAt),
    startsAt: timestampFromDate(job.startsAt),
    ...timestampField('endedAt', job.endedAt),
  });
}
