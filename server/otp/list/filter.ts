import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';
import type { ListSessionsRequest } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { namedRecipient } from '../../admin/shared/recipient.js';
import { channelName } from '../../domain/channels.js';
import { memberText } from '../../domain/exactJson.js';
import { firstIdAt } from '../../domain/ids.js';
import { MODES } from '../../domain/mode.js';
import { type Principal, partitionOf, visibleTo } from '../../domain/principal.js';
import { statusOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import type { RangeFilter } from './readNewest.js';

/** The fingerprints of the recipient that the request names; undefined where it names none. Throws INVALID_RECIPIENT. */
export function recipientFingerprints(
  text: string,
  candidates: (identity: string) => readonly string[],
): readonly string[] | undefined {
  if (!text) return undefined;
  return candidates(namedRecipient(text).identity);
}

/** What the filters that indexes serve are made of. */
interface IndexedQuery {
  readonly request: ListSessionsRequest;
  readonly principal: Principal;
  /** Fingerprints; undefined: any recipient. */
  readonly recipients: readonly string[] | undefined;
  /** Only sessions whose `_id` sorts before this one. */
  readonly before: string | undefined;
}

/** The filters that indexes serve: mode, recipient and time range. */
export function indexedFilters({ request, principal, recipients, before }: IndexedQuery): RangeFilter {
  const { workspace } = principal;
  const firstOf = (time: Timestamp | undefined) => time && `${workspace}/${firstIdAt(timestampMs(time))}`;
  const from = firstOf(request.createdAfter) ?? `${workspace}/`;
  // "0" is the character after "/": every id of the workspace sorts before it.
  const ends = [firstOf(request.createdBefore), before, `${workspace}0`].filter((end) => end !== undefined);
  const wanted = MODES.filter(
    (mode) =>
      visibleTo(principal, { mode }) &&
      (request.sandbox === undefined || request.sandbox === (mode === 'test')),
  );
  return {
    _id: { $gte: from, $lt: ends.sort()[0] as string },
    // No partition has an empty name, so nothing matches where no mode is left.
    ...(wanted.length < MODES.length && { partition: wanted[0] ? partitionOf(principal, wanted[0]) : '' }),
    ...(recipients && { recipients: { $in: recipients } }),
  };
}

/** The other filters, which are applied while reading. */
export function createMatcher(
  request: ListSessionsRequest,
  now: number,
): (session: StoredSession) => boolean {
  const { status, purpose, sponsorSlug } = request;
  const channel = request.channel === Channel.UNSPECIFIED ? undefined : channelName(request.channel);
  const metadata = Object.entries(request.metadata);
  return (session) =>
    (status === SessionStatus.UNSPECIFIED || SessionStatus[statusOf(session, now)] === status) &&
    (channel === undefined || session.channels[channel] !== undefined) &&
    (purpose === '' || session.purpose === purpose) &&
    (sponsorSlug === '' || session.beneficiary?.sponsorSlug === sponsorSlug) &&
    (metadata.length === 0 || holdsMetadata(session.metadata, metadata));
}

/** Whether stored metadata has all of these top-level values. */
export function holdsMetadata(stored: string, wanted: readonly (readonly [string, string])[]): boolean {
  const metadata = JSON.parse(stored) as Record<string, unknown>;
  return wanted.every(([key, value]) => {
    if (!Object.hasOwn(metadata, key)) return false;
    const actual = metadata[key];
    if (typeof actual === 'number' && memberText(stored, key) === value) return true;
    return (typeof actual === 'string' ? actual : JSON.stringify(actual)) === value;
  });
}
