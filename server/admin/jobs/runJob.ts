import { toFailure } from '../../errors.js';
import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';
import { workspaceOf } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import { JOB_KEPT_MS } from './jobs.js';
import type { JobTypeName, StoredJob } from './stored.js';

/** How long a run may take between two reports of its progress. */
const LEASE_MS = MINUTE_MS;

/** Reports that so many documents of a collection are done, and keeps the lease. */
export type Progress = (collection: string, done: number) => Promise<void>;

/** Does the work of one type of job. It can be run again: what is done is not found again. */
export type Runner = (
  job: { readonly id: string; readonly workspace: string; readonly resource: string },
  progress: Progress,
) => Promise<void>;

interface Deps {
  readonly documents: Documents;
  /** What is not here is done within its call and stored when it has ended. */
  readonly runners: Readonly<Partial<Record<JobTypeName, Runner>>>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Another process took the job over, because this one was too slow. */
class LostLease extends Error {
  override readonly name = 'LostLease';
}

/** Runs a due job in this process: takes the lease, works, and records the end. After a crash another process continues when the lease has ended. */
export function createRunJob({ documents, runners, newId, clock, log }: Deps) {
  const jobs: Collection<StoredJob> = documents.collection('jobs');

  return async (due: StoredJob): Promise<void> => {
    const run = newId();
    const { _id } = due;
    const leased = () => new Date(clock.now() + LEASE_MS);
    const taken = await jobs.findOneAndUpdate(
      { _id, state: due.state, dueAt: due.dueAt ?? null, run: due.run ?? null },
      { $set: { state: 'RUNNING', run, dueAt: leased() } },
    );
    if (!taken || !due.dueAt) return;
    const progress: Progress = async (collection, done) => {
      const kept = await jobs.findOneAndUpdate(
        { _id, run, state: 'RUNNING' },
        { $set: { dueAt: leased() }, $inc: { [`counts.${collection}`]: done } },
      );
      if (!kept) throw new LostLease();
    };
    try {
      const { id, type, resource } = taken;
      await runners[type]?.({ id, workspace: workspaceOf(taken), resource }, progress);
      await end('SUCCEEDED');
    } catch (thrown) {
      if (thrown instanceof LostLease) return;
      const { reason } = toFailure(thrown);
      // The lease ends, and the job is tried again.
      if (reason === 'STORE_UNAVAILABLE') throw thrown;
      log.error({ err: thrown, job: _id }, 'a job has failed');
      await end('FAILED', reason);
    }

    function end(state: 'SUCCEEDED' | 'FAILED', error?: string) {
      const now = clock.now();
      return jobs.findOneAndUpdate(
        { _id, run, state: 'RUNNING' },
        {
          $set: {
            state,
            endedAt: new Date(now),
            purgeAt: new Date(now + JOB_KEPT_MS),
            ...(error && { error }),
          },
          $unset: { dueAt: '', run: '' },
        },
      );
    }
  };
}
