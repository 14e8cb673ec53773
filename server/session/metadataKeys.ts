import { memberText } from '../domain/exactJson.js';
import type { Clock } from '../platform/clock.js';
import { DAY_MS } from '../platform/durations.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { Document, Documents } from '../store/documents.js';
import { insertOnce } from '../store/insertOnce.js';

/** Values of a session that are hashed: more are found by reading. */
export const MOST_HASHED = 16;
/** Longer than any filter: the contract allows 128 and 512 characters of up to two units each. */
const LONGEST_NAME = 256;
const LONGEST_VALUE = 1024;
/** Of a session that has more than is hashed: every filter looks at it. */
const MORE = 'more';

/** The texts by which a filter can name a value. */
function textsOf(metadata: string, name: string, value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  const text = JSON.stringify(value);
  const written = typeof value === 'number' ? memberText(metadata, name) : undefined;
  return written === undefined || written === text ? [text] : [text, written];
}

/** Keyed hashes of the top-level values of metadata, by which its session is found while the metadata is sealed. */
export function metadataKeys(
  fingerprints: Pick<Fingerprints, 'metadata'>,
  workspace: string,
  metadata: string,
): readonly string[] {
  const pairs = Object.entries(JSON.parse(metadata) as Record<string, unknown>).flatMap(([name, value]) =>
    textsOf(metadata, name, value)
      .filter((text) => name.length <= LONGEST_NAME && text.length <= LONGEST_VALUE)
      .map((text) => fingerprints.metadata(workspace, name, text)),
  );
  return pairs.length > MOST_HASHED ? [...pairs.slice(0, MOST_HASHED), MORE] : pairs;
}

/** What a session with this value has one of. */
export const wantedKeys = (
  fingerprints: Pick<Fingerprints, 'metadataCandidates'>,
  workspace: string,
  [name, value]: readonly [string, string],
): readonly string[] => [...fingerprints.metadataCandidates(workspace, name, value), MORE];

/** Since when every session of the store has its keys: the document `metadataKeys` of the collection `meta`. */
interface StoredBeginning extends Document {
  readonly since: Date;
}

const ID = 'metadataKeys';
/** How long a process of an earlier release, which hashes nothing, may go on beside this one. */
const UPGRADE_MS = DAY_MS;

/** Notes at the first start since when sessions are hashed. */
export async function beginMetadataKeys(documents: Documents, clock: Clock): Promise<void> {
  const meta = documents.collection<StoredBeginning>('meta');
  if (await meta.findOne({ _id: ID })) return;
  const [earlier] = await documents.collection('sessions').find({}, { limit: 1 }).toArray();
  await insertOnce(meta, { _id: ID, since: new Date(earlier ? clock.now() + UPGRADE_MS : 0) });
}

/** Since when sessions are hashed, milliseconds; undefined where that is not known. Asked of the store once. */
export function createMetadataBeginning(documents: Documents): () => Promise<number | undefined> {
  const meta = documents.collection<StoredBeginning>('meta');
  let known: number | undefined;
  return async () => {
    known ??= (await meta.findOne({ _id: ID }))?.since.getTime();
    return known;
  };
}
