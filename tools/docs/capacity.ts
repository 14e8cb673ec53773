import { MOST_HASHED } from '../../server/session/metadataKeys.js';
import { COLLECTIONS } from '../../server/store/collections.js';
import { table, tenth, whole } from './markdown.js';
import type { Figures } from './sizing.js';

/** What a capacity is calculated for: sends a second. */
const RATES = [100, 1_000, 10_000, 100_000];
/** Right codes for each send. */
const RIGHT = 0.8;
/** argon2id on a core, microseconds; measured by the bench of hashing. */
const ARGON2_MICROS = 11_000;
/** Guarded writes by `_id` that one shard is taken to sustain, majority write concern. An assumption: measure yours. */
const SHARD_WRITES = 20_000;
/** Of a stored session with its indexes; measured on the embedded store. */
const SESSION_BYTES = 3_700;
const DAY_SECONDS = 86_400;
/** How often MongoDB looks for documents that are to be removed. */
const TTL_PASS_SECONDS = 60;

// Bytes of a key of an index: those of the value, and what BSON and the record id add.
const EXTRA = 16;
const DATE = 8;
const DIGEST = 43;
const ID = 45;
const PARTITION = 13;
/** How long an entry is in its index; `each`: as long as its session, and one for each value of the metadata. */
type Span = 'kept' | 'open' | 'each' | 'rare';

/** Indexes of `sessions` by their first field, with the length of their values. */
const SESSION_INDEXES: Readonly<Record<string, { readonly bytes: number; readonly span: Span }>> = {
  _id: { bytes: ID, span: 'kept' },
  '_id, hashed': { bytes: 8, span: 'kept' },
  partition: { bytes: PARTITION + ID, span: 'kept' },
  recipients: { bytes: DIGEST + ID, span: 'kept' },
  changedAt: { bytes: DATE, span: 'kept' },
  vendorIds: { bytes: 45, span: 'kept' },
  purgeAt: { bytes: DATE, span: 'kept' },
  deliverAt: { bytes: DATE, span: 'open' },
  deliverKey: { bytes: 40, span: 'open' },
  eventsAt: { bytes: DATE, span: 'open' },
  eventsKey: { bytes: 40, span: 'open' },
  expireAt: { bytes: DATE, span: 'open' },
  eraseAt: { bytes: DATE, span: 'open' },
  metadataKeys: { bytes: DIGEST + ID, span: 'each' },
  satisfies: { bytes: DIGEST, span: 'rare' },
  operationKey: { bytes: DIGEST, span: 'rare' },
};
/** How long the longest open entry stays, seconds: until the addresses are erased. */
const OPEN_SECONDS = 3_600;
/** Top-level values in the metadata of each send, the most that are hashed among them. */
const METADATA_VALUES = [1, 4, MOST_HASHED];
/** Of the budget of a recipient: `_id`, hashed `_id`, `purgeAt`. */
const BUDGET_INDEX_BYTES = PARTITION + 11 + DIGEST + 8 + DATE + 3 * EXTRA;

const bytesOf = (span: Span): number =>
  Object.values(SESSION_INDEXES)
    .filter((index) => index.span === span)
    .reduce((sum, { bytes }) => sum + bytes + EXTRA, 0);

/** The model up to 10^5 sends a second: what follows from the kept figures and the declared indexes. */
export function capacity({ stores }: Figures): string {
  assertComplete();
  const calls = stores.flatMap((store) => store.calls);
  const of = (wanted: string) => {
    const found = calls.filter(({ call }) => call === wanted).at(-1)?.now;
    if (!found) throw new Error(`figures.json has no figures of ${wanted}`);
    return found;
  };
  const [send, right] = [of('send'), of('right code')];
  const models = RATES.map((rate) => {
    const rights = rate * RIGHT;
    const cores = (rate * send.all + rights * right.all) / 1e6;
    const operations = rate * send.operations + rights * right.operations;
    const deletions = rate;
    const shards = Math.max(1, Math.ceil((operations + deletions) / SHARD_WRITES));
    const perDay = rate * DAY_SECONDS;
    const indexes = perDay * (bytesOf('kept') + BUDGET_INDEX_BYTES) + rate * OPEN_SECONDS * bytesOf('open');
    const network = rate * (send.bytesUp + send.bytesDown) + rights * (right.bytesUp + right.bytesDown);
    return { rate, rights, cores, operations, deletions, shards, perDay, indexes, network };
  });
  return [
    '## Capacity over MongoDB, calculated',
    `Calculated from the figures above and the assumptions named here; **nothing in this section was measured**, and no cluster of this size was seen. Assumed: ${RIGHT} right codes for each send, no request ids, no wallet, no metadata but where the last table has it; as many recipients as sends of a day, measured as if each were new (one operation more than to one that is known); ${whole(ARGON2_MICROS)} µs a hash with argon2id; ${whole(SHARD_WRITES)} writes a second and shard with majority write concern, TTL deletions included; sessions are kept for one day (\`retention_days\`: 1). Processor time is that of the services alone, as measured above, with what the machine's other work cost.`,
    'For the services:',
    table(
      ['sends a second', 'right codes a second', 'cores, hmac', 'cores, argon2id', 'network to MongoDB'],
      models.map(({ rate, rights, cores, network }) => [
        whole(rate),
        whole(rights),
        tenth(cores),
        tenth(cores + ((rate + rights) * ARGON2_MICROS) / 1e6),
        bytes(network, '/s'),
      ]),
    ),
    'For MongoDB:',
    table(
      [
        'sends a second',
        'store operations a second',
        'shards',
        'operations a second and shard',
        'TTL deletions a second',
        'and shard, in each pass',
        'sessions of one day',
        'index memory',
        'index memory of a shard',
      ],
      models.map(({ rate, operations, shards, deletions, perDay, indexes }) => [
        whole(rate),
        whole(operations),
        whole(shards),
        whole(operations / shards),
        whole(deletions),
        whole((deletions / shards) * TTL_PASS_SECONDS),
        bytes(perDay * SESSION_BYTES),
        bytes(indexes),
        bytes(indexes / shards),
      ]),
    ),
    `For workspaces that send metadata with each session, the index memory of one day in all. Each top-level value adds an entry of ${whole(bytesOf('each'))} bytes, a number that is not written as JavaScript writes it adds two, and of a session with more than ${MOST_HASHED} one says that there are more. No send has more operations for it. The metadata itself, sealed, adds its length to the sessions of one day:`,
    table(
      [
        'sends a second',
        'no metadata',
        ...METADATA_VALUES.map((n) => `${n} ${n === 1 ? 'value' : 'values'}`),
      ],
      models.map(({ rate, perDay, indexes }) => [
        whole(rate),
        bytes(indexes),
        ...METADATA_VALUES.map((n) => bytes(indexes + perDay * n * bytesOf('each'))),
      ]),
    ),
    [
      '* **Shard key**: hashed `_id` for `sessions`, `limits` and `idempotency`, with webhooks for `events` and `webhookDeliveries`, by `sh.shardCollection("countersign.sessions", { _id: "hashed" })` and its like before the first start. Each write names its document by `_id`, so it goes to one shard, and no operation spans two documents, so there are no distributed transactions. `_id` stays unique, because documents with one `_id` are on one shard: an insert that loses a race is refused there. Ids begin with time, so a key by ranges would send all inserts to one shard. The other collections are small: leave them on one shard.',
      '* **What asks all shards**: listings, and the polls of the queues, one a second for each queue of each process. They read indexes of open work only.',
      `* **Index memory**: ${whole(bytesOf('kept'))} bytes for a kept session in ${Object.values(SESSION_INDEXES).filter(({ span }) => span === 'kept').length} indexes and ${whole(BUDGET_INDEX_BYTES)} for the budget of its recipient; ${whole(bytesOf('open'))} more while work is due, at most an hour. Without prefix compression, so it is an upper bound; what has to be in memory is that of the last minutes, because ids and dates grow with time and calls name recent sessions. The entries by recipient, and those by values of the metadata, are spread over the whole index. A budget is kept for 90 days after its last use, so each recipient beyond those of a day adds its ${whole(BUDGET_INDEX_BYTES)} bytes.`,
      `* **TTL**: MongoDB looks every ${TTL_PASS_SECONDS} seconds, on each shard by itself. In balance as many sessions go as come; budgets of recipients who are not written to for 90 days are few beside them. Deletions are writes, and counted as such above.`,
    ].join('\n'),
  ].join('\n\n');
}

/** The model speaks of every index of sessions: one that is added has to be added here. */
function assertComplete(): void {
  const declared = COLLECTIONS.find(({ name }) => name === 'sessions')?.indexes ?? [];
  const missing = declared
    .map(([field]) => field?.path ?? '')
    .filter((path) => SESSION_INDEXES[path] === undefined);
  if (missing.length > 0) throw new Error(`the capacity model has no index ${missing.join(', ')}`);
}

/** In the unit that leaves the fewest digits. */
function bytes(value: number, per = ''): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  const scaled = value / 2 ** (10 * power);
  return `${scaled < 10 ? scaled.toFixed(1) : whole(scaled)} ${units[power]}${per}`;
}
