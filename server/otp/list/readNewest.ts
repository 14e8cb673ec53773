import { firstIdAt } from '../../domain/ids.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { createMetadataBeginning, wantedKeys } from '../../session/metadataKeys.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection, Documents, Filter } from '../../store/documents.js';

/** Sessions of a workspace within a range of ids. */
export type RangeFilter = Filter & { readonly _id: { readonly $gte: string; readonly $lt: string } };

interface Query {
  readonly workspace: string;
  readonly filter: RangeFilter;
  /** Top-level values of the metadata. Sessions that lack them may be among those read. */
  readonly metadata: readonly (readonly [string, string])[];
  readonly limit: number;
}

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly documents: Documents;
  readonly fingerprints: Pick<Fingerprints, 'metadataCandidates'>;
}

/**
 * Reads the newest sessions. With a filter by metadata those with the first of
 * its values, by its keyed hash; of those from before values were hashed, all.
 */
export function createReadNewest({ sessions, documents, fingerprints }: Deps) {
  const beginning = createMetadataBeginning(documents);
  const newest = (filter: Filter, limit: number) =>
    sessions.find(filter, { sort: { _id: -1 }, limit }).toArray();

  return async ({ workspace, filter, metadata, limit }: Query): Promise<readonly StoredSession[]> => {
    const [value] = metadata;
    const since = value && (await beginning());
    if (value === undefined || since === undefined) return newest(filter, limit);
    const first = `${workspace}/${since > 0 ? firstIdAt(since) : ''}`;
    const { $gte, $lt } = filter._id;
    const keys = { metadataKeys: { $in: wantedKeys(fingerprints, workspace, value) } };
    const hashed =
      first < $lt
        ? await newest({ ...filter, ...keys, _id: { $gte: first > $gte ? first : $gte, $lt } }, limit)
        : [];
    if (hashed.length === limit || first <= $gte) return hashed;
    const earlier = { ...filter, _id: { $gte, $lt: first < $lt ? first : $lt } };
    return [...hashed, ...(await newest(earlier, limit - hashed.length))];
  };
}
