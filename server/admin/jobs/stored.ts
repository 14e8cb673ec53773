import type { Document } from '../../store/documents.js';

/** What a job can do; see JobType of the contract. */
export type JobTypeName = 'PURGE_WORKSPACE' | 'ERASE_RECIPIENT';

export type JobStateName = 'SCHEDULED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

/** Long-running work, `_id` = workspace/uuid. */
export interface StoredJob extends Document {
  readonly id: string;
  readonly type: JobTypeName;
  readonly state: JobStateName;
  readonly resource: string;
  /** The key that started it. */
  readonly actor: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Of ERASE_RECIPIENT: what it left, for a repeated request. */
  readonly kept?: readonly { readonly what: string; readonly until?: Date }[];
  /** 0 while it is not known. */
  readonly total: number;
  /** Of FAILED: the reason. */
  readonly error?: string;
  readonly createdAt: Date;
  readonly startsAt: Date;
  readonly endedAt?: Date;
  /** When a process takes it next; also the lease of the one that runs it. Absent once it has ended. */
  readonly dueAt?: Date;
  /** Names the run that holds the lease. */
  readonly run?: string;
  /** By which the jobs of all workspaces are listed, newest last. */
  readonly listedAs: string;
  readonly purgeAt?: Date;
}
