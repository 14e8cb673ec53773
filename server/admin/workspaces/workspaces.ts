import type { Clock } from '../../platform/clock.js';
import type { Collection, Documents } from '../../store/documents.js';
import { createTtlCache } from '../../store/ttlCache.js';
import { defaultWorkspace, type Workspace } from './stored.js';

/** Reads workspaces, caching each for a few seconds. */
export interface Workspaces {
  /** The workspace as it is or was at most five seconds ago, deleted or not; one that was never created has the defaults. */
  get(name: string): Promise<Workspace>;
  /** Whether there is one that is not deleted; asks the store. */
  exists(name: string): Promise<boolean>;
  /** Whether there is one or was: a deleted one too. */
  isKnown(name: string): Promise<boolean>;
  /** Every workspace that is not deleted. */
  names(): Promise<readonly string[]>;
  /** Reads the workspace again the next time. */
  forget(name: string): void;
}

export function createWorkspaces(documents: Documents, clock: Clock): Workspaces {
  const stored: Collection<Workspace> = documents.collection('workspaces');
  /** Without its logo, which only its page and GetWorkspace show: ten thousand would be 400 MB. */
  const read = async (name: string): Promise<Workspace> => {
    const { logo: _logo, ...rest } = (await stored.findOne({ _id: name })) ?? { _id: name };
    return { ...defaultWorkspace(name), ...rest };
  };
  return {
    ...createTtlCache(read, clock),
    names: async () =>
      (await stored.find({ deletedAt: null }, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id),
    isKnown: async (name) => (await stored.findOne({ _id: name })) !== null,
    exists: async (name) => (await stored.findOne({ _id: name, deletedAt: null })) !== null,
  };
}
