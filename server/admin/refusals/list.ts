import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ListRefusalsRequest, RefusalSchema } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { channelEnum, channelName } from '../../domain/channels.js';
import { workspaceOfPartition } from '../../domain/principal.js';
import { invalid } from '../../errors.js';
import type { StoredRefusalRow, StoredRefusals } from './stored.js';

/** Refusals of one recipient, reason, rule and hour, of all processes and keys. */
export interface CountedRefusal extends StoredRefusalRow {
  readonly id: string;
  readonly partition: string;
  readonly client: string;
}

/** The rows of several documents, those about the same added up; latest first. */
export function addUp(documents: readonly StoredRefusals[]): CountedRefusal[] {
  const rows = new Map<string, CountedRefusal>();
  for (const { partition, hour, client, rows: stored } of documents) {
    for (const [key, row] of Object.entries(stored)) {
      const id = `${hour.getTime()}.${key}`;
      const name = `${partition}/${id}`;
      const before = rows.get(name);
      const later = before && before.lastAt > row.lastAt ? before : { ...row, client };
      rows.set(name, {
        ...later,
        id,
        partition,
        count: (before?.count ?? 0) + row.count,
        firstAt: before && before.firstAt < row.firstAt ? before.firstAt : row.firstAt,
      });
    }
  }
  return [...rows.values()].sort(
    (a, b) => b.lastAt.getTime() - a.lastAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
  );
}

/** The filters of a request that are applied to rows. */
export function createRefusalMatcher(
  request: ListRefusalsRequest,
  recipients: readonly string[] | undefined,
) {
  const { reason, rule, country, prefix, after, before } = request;
  const channel = channelName(request.channel);
  const ms = (time: typeof after) => time && Number(time.seconds) * 1000 + time.nanos / 1e6;
  const [from, to] = [ms(after), ms(before)];
  return (row: CountedRefusal): boolean =>
    (!recipients || recipients.includes(row.recipient)) &&
    (!reason || row.reason === reason) &&
    (!rule || row.rule.split(',').includes(rule)) &&
    (!country || row.country === country) &&
    (!prefix || row.prefix === prefix) &&
    (channel === undefined || row.channel === channel) &&
    (from === undefined || row.lastAt.getTime() >= from) &&
    (to === undefined || row.firstAt.getTime() < to);
}

/** A refusal as the contract shows it. */
export const refusalToProto = (row: CountedRefusal): MessageInitShape<typeof RefusalSchema> => ({
  id: row.id,
  workspace: workspaceOfPartition(row.partition),
  reason: row.reason,
  rule: row.rule,
  count: BigInt(row.count),
  firstAt: timestampFromDate(row.firstAt),
  lastAt: timestampFromDate(row.lastAt),
  apiKeyId: row.client,
  sessionId: row.session ?? '',
  ...(row.channel && { channel: channelEnum(row.channel) }),
  maskedRecipient: row.masked,
  fingerprint: row.recipient,
  prefix: row.prefix ?? '',
  country: row.country ?? '',
  detail: row.detail ?? '',
});

/** The page of rows after a token, and the token of the next. */
export function pageOf(
  rows: readonly CountedRefusal[],
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
) {
  const after = pageToken && Buffer.from(pageToken, 'base64url').toString('utf8');
  const from = after ? rows.findIndex((row) => nameOf(row) === after) + 1 : 0;
  if (pageToken && from === 0) throw invalid('page_token', 'must be a token of this service');
  const page = rows.slice(from, from + (pageSize || 50));
  const more = from + page.length < rows.length;
  return { page, nextPageToken: more ? Buffer.from(nameOf(page.at(-1)!)).toString('base64url') : '' };
}

const nameOf = ({ partition, id }: CountedRefusal): string => `${partition}/${id}`;
