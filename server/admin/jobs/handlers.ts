import type { JobService } from '../../../gen/otp/admin/v1/job_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure, invalid } from '../../errors.js';
import type { Collection, Documents } from '../../store/documents.js';
import { readPage } from '../shared/paging.js';
import { listedWorkspace, requireLive, targetWorkspace } from '../shared/target.js';
import type { Jobs } from './jobs.js';
import type { StoredJob } from './stored.js';
import { jobToProto, stateName, typeName } from './toProto.js';

interface Deps {
  readonly documents: Documents;
  readonly jobs: Jobs;
}

/** Jobs as operators see them. */
export function createJobHandlers({ documents, jobs }: Deps): Handlers<typeof JobService> {
  const stored: Collection<StoredJob> = documents.collection('jobs');

  async function find(workspace: string, id: string): Promise<StoredJob> {
    const job = await jobs.find(workspace, id);
    if (!job) throw new Failure('NOT_FOUND');
    return job;
  }

  return {
    async getJob(call, request) {
      return { job: jobToProto(await find(targetWorkspace(call, request.workspace), request.id)) };
    },

    async listJobs(call, request) {
      const workspace = listedWorkspace(call, request.workspace);
      const filter = {
        ...(request.type && { type: typeName(request.type) ?? '' }),
        ...(request.state && { state: stateName(request.state) ?? '' }),
      };
      const listing =
        workspace === undefined
          ? { field: 'listedAs', filter: { ...filter, listedAs: { $gt: '' } } }
          : { prefix: `${workspace}/`, filter };
      const { items, nextPageToken } = await readPage(stored, { ...listing, descending: true }, request);
      return { jobs: items.map(jobToProto), nextPageToken };
    },

    async cancelJob(call, request) {
      requireLive(call);
      const workspace = targetWorkspace(call, request.workspace);
      call.resource = `jobs/${request.id}`;
      const canceled = await jobs.cancelScheduled(workspace, request.id);
      const job = canceled ?? (await find(workspace, request.id));
      if (job.state === 'RUNNING')
        throw invalid('id', 'must be a job that has not begun: what this one does cannot be undone');
      return { job: jobToProto(job) };
    },
  };
}
