import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { JobTypeName, StoredJob } from './stored.js';

/** Jobs are kept this long after they end. */
export const JOB_KEPT_MS = 30 * DAY_MS;

interface NewJob {
  readonly workspace: string;
  readonly id: string;
  readonly type: JobTypeName;
  readonly resource: string;
  readonly actor: string;
  readonly startsAt: Date;
}

/** Work that is done. */
interface EndedJob extends NewJob {
  readonly counts: Readonly<Record<string, number>>;
  readonly kept?: NonNullable<StoredJob['kept']>;
}

/** Starts jobs, and stops those that have not begun. */
export interface Jobs {
  /** Stores a job; with an id that is known, returns the job of that id. */
  start(job: NewJob): Promise<StoredJob>;
  /** Stores work that was done within its call. */
  recordEnded(job: EndedJob): Promise<StoredJob>;
  find(workspace: string, id: string): Promise<StoredJob | null>;
  /** Cancels a job that has not begun. Null where there is none, or it has begun. */
  cancelScheduled(workspace: string, id: string): Promise<StoredJob | null>;
}

export function createJobs(documents: Documents, clock: Clock): Jobs {
  const jobs: Collection<StoredJob> = documents.collection('jobs');
  const find = (workspace: string, id: string) => jobs.findOne({ _id: `${workspace}/${id}` });
  return {
    async start({ workspace, ...job }) {
      const stored: StoredJob = {
        ...job,
        _id: `${workspace}/${job.id}`,
        state: 'SCHEDULED',
        counts: {},
        total: 0,
        createdAt: new Date(clock.now()),
        dueAt: job.startsAt,
        listedAs: `${job.id}/${workspace}`,
      };
      return (await insertOnce(jobs, stored)) ? stored : ((await find(workspace, job.id)) ?? stored);
    },
    async recordEnded({ workspace, ...job }) {
      const now = clock.now();
      const stored: StoredJob = {
        ...job,
        _id: `${workspace}/${job.id}`,
        state: 'SUCCEEDED',
        total: Object.values(job.counts).reduce((sum, count) => sum + count, 0),
        createdAt: job.startsAt,
        endedAt: new Date(now),
        purgeAt: new Date(now + JOB_KEPT_MS),
        listedAs: `${job.id}/${workspace}`,
      };
      await jobs.insertOne(stored);
      return stored;
    },
    find,
    cancelScheduled(workspace, id) {
      const now = clock.now();
      return jobs.findOneAndUpdate(
        { _id: `${workspace}/${id}`, state: 'SCHEDULED' },
        {
          $set: { state: 'CANCELED', endedAt: new Date(now), purgeAt: new Date(now + JOB_KEPT_MS) },
          $unset: { dueAt: '' },
        },
      );
    },
  };
}
