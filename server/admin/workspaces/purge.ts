import { MODES } from '../../domain/mode.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { below } from '../../store/documentId.js';
import type { Collection, Document, Documents, Filter } from '../../store/documents.js';
import type { Progress } from '../jobs/runJob.js';
import { defaultWorkspace, type Workspace } from './stored.js';
import type { Workspaces } from './workspaces.js';

/** Documents deleted at once: what bounds the time one operation takes. */
const BATCH = 200;

/** What a purge leaves: the name, which stays taken, and what was done. Or it belongs to no workspace. */
const KEPT: ReadonlySet<string> = new Set([
  'workspaces',
  'audit',
  'auditStarts',
  'jobs',
  'keyring',
  'meta',
  'processes',
]);

/** What the name keeps of a workspace that was purged. */
const REMAINING: ReadonlySet<string> = new Set(['_id', 'createdAt', 'deletedAt', 'purgedAt']);

interface Deps {
  readonly documents: Documents;
  /** The names of all collections. */
  readonly collections: readonly string[];
  readonly workspaces: Pick<Workspaces, 'forget'>;
  /** Writes what this process has counted and not stored yet, so that it does not appear again afterwards. */
  readonly flushCounts: () => Promise<unknown>;
  readonly clock: Clock;
}

/** Removes everything of a workspace, collection by collection, and its settings last. */
export function createPurge({ documents, collections, workspaces, flushCounts, clock }: Deps) {
  const stored: Collection<Workspace> = documents.collection('workspaces');
  return async (
    { id, workspace }: { readonly id: string; readonly workspace: string },
    progress: Progress,
  ): Promise<void> => {
    // The workspace has the last word: a job that it does not name removes nothing.
    const found = await stored.findOne({ _id: workspace });
    // A run that was cut off at its very end is repeated.
    if (found?.purgedAt) return;
    if (found?.purge?.job !== id || !found.deletedAt) throw new Failure('NOT_FOUND');
    await flushCounts();
    for (const name of collections) {
      if (KEPT.has(name)) continue;
      for (const filter of filtersOf(workspace, name))
        await deleteAll(documents.collection(name), filter, (done) => progress(name, done));
    }
    const { _id, ...defaults } = defaultWorkspace(workspace);
    const settings = Object.keys(found).filter((field) => !(field in defaults) && !REMAINING.has(field));
    await stored.findOneAndUpdate(
      { _id, 'purge.job': id },
      {
        $set: { ...defaults, purgedAt: new Date(clock.now()) },
        $unset: Object.fromEntries(settings.map((field) => [field, '' as const])),
      },
    );
    workspaces.forget(workspace);
  };
}

/**
 * Ids begin with the workspace or with its partition, or are its name; keys are found by where they are
 * listed, pages, whose ids are digests, by the workspace they name.
 */
function filtersOf(workspace: string, name: string): readonly Filter[] {
  if (name === 'keys') return [{ listedAs: below(workspace) }];
  if (name === 'pages') return [{ workspace }];
  const owners = [workspace, ...MODES.map((mode) => `${workspace}.${mode}`)];
  return [{ _id: workspace }, ...owners.map((owner) => ({ _id: below(owner) }))];
}

/** A key names its later secrets; see admin/keys/stored.ts. */
interface WithSecrets extends Document {
  readonly secret?: string;
  readonly oldSecret?: { readonly id: string };
}

/** A document, and of a key also those of its later secrets, which name only the key. */
const idsOf = ({ _id, secret, oldSecret }: WithSecrets): string[] =>
  [_id, secret, oldSecret?.id].filter((id) => id !== undefined);

async function deleteAll(
  collection: Collection<WithSecrets>,
  filter: Filter,
  report: (done: number) => Promise<void>,
): Promise<void> {
  for (;;) {
    const found = await collection.find(filter, { limit: BATCH }).toArray();
    if (found.length === 0) return;
    const done = await collection.deleteMany({ _id: { $in: found.flatMap(idsOf) } });
    await report(done);
    if (found.length < BATCH) return;
  }
}
