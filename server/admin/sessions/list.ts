import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { ListSessionsRequest } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { DeliveryState, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { channelName } from '../../domain/channels.js';
import { firstIdAt } from '../../domain/ids.js';
import type { Mode } from '../../domain/mode.js';
import { holdsMetadata } from '../../otp/list/filter.js';
import type { createReadNewest } from '../../otp/list/readNewest.js';
import { channelsOf, statusOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { idOf } from '../../store/documentId.js';
import { userOf } from './details.js';

type ReadNewest = ReturnType<typeof createReadNewest>;

/** Documents read in one call; a page that is not full by then ends early and has a next token. */
const MOST_READ = 10_000;
/** Documents read in one turn. */
const TURN = 200;

/** What is listed, besides the filters that are applied while reading. */
export interface SessionQuery {
  readonly workspaces: readonly string[];
  readonly mode: Mode;
  /** The fingerprints of the recipient in a workspace; undefined: any recipient. */
  readonly recipients: ((workspace: string) => readonly string[]) | undefined;
  readonly createdAfter: number | undefined;
  readonly createdBefore: number | undefined;
  /** Only sessions with a lower UUID. */
  readonly before: string | undefined;
  /** Top-level values of the metadata. */
  readonly metadata: readonly (readonly [string, string])[];
  /** Reads once, when it is the caller's turn. */
  readonly turn: <T>(read: () => Promise<T>) => Promise<T>;
}

/** One page, and where to go on after it. */
export interface SessionPage {
  readonly sessions: readonly StoredSession[];
  /** The last session read, where there may be more. */
  readonly last: StoredSession | undefined;
  readonly searchedTo: Date | undefined;
}

/** Reads a page of sessions, newest first, of several workspaces where so many are named. */
export async function readSessions(
  readNewest: ReadNewest,
  query: SessionQuery,
  { size, matches }: { readonly size: number; readonly matches: (session: StoredSession) => boolean },
): Promise<SessionPage> {
  const page: StoredSession[] = [];
  let read = 0;
  let last: StoredSession | undefined;
  for await (const session of merged(query.workspaces.map((name) => ofWorkspace(readNewest, name, query)))) {
    // One session more than the page holds is read, so that the last page has no next token.
    if (page.length === size) {
      const end = page.at(-1)!;
      return { sessions: page, last: end, searchedTo: end.createdAt };
    }
    read++;
    last = session;
    if (matches(session)) page.push(session);
    if (read === MOST_READ) return { sessions: page, last, searchedTo: last.createdAt };
  }
  return { sessions: page, last: undefined, searchedTo: last?.createdAt };
}

/** Reads in turns, so that listings that match little delay no other call. */
async function* ofWorkspace(
  readNewest: ReadNewest,
  workspace: string,
  query: SessionQuery,
): AsyncGenerator<StoredSession> {
  const { mode, recipients, createdAfter, createdBefore, before, metadata, turn } = query;
  const from = createdAfter === undefined ? '' : firstIdAt(createdAfter);
  let ends = [
    ...(createdBefore === undefined ? [] : [firstIdAt(createdBefore)]),
    ...(before === undefined ? [] : [before]),
  ].sort();
  for (;;) {
    // "0" is the character after "/".
    const $lt = ends[0] === undefined ? `${workspace}0` : `${workspace}/${ends[0]}`;
    const filter = {
      _id: { $gte: `${workspace}/${from}`, $lt },
      partition: `${workspace}.${mode}`,
      ...(recipients && { recipients: { $in: recipients(workspace) } }),
    };
    const found = await turn(() => readNewest({ workspace, filter, metadata, limit: TURN }));
    yield* found;
    const last = found.at(-1);
    if (!last || found.length < TURN) return;
    ends = [idOf(last)];
  }
}

/** Lists that are each newest first, as one. */
async function* merged(lists: readonly AsyncIterable<StoredSession>[]): AsyncGenerator<StoredSession> {
  const iterators = lists.map((list) => list[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map((one) => one.next()));
    for (;;) {
      let newest = -1;
      for (const [index, { done, value }] of heads.entries()) {
        if (done) continue;
        if (newest < 0 || idOf(value) > idOf(heads[newest]!.value)) newest = index;
      }
      if (newest < 0) return;
      yield heads[newest]!.value;
      heads[newest] = await iterators[newest]!.next();
    }
  } finally {
    await Promise.all(iterators.map((one) => one.return?.()));
  }
}

/** The filters that are applied while reading. */
export function createSessionMatcher(request: ListSessionsRequest, now: number) {
  const { statuses, purpose, userId, apiKeyId, deliveryState, deliveryError, provider, country } = request;
  const { sponsorSlug, operationId } = request;
  const channel = channelName(request.channel);
  const metadata = Object.entries(request.metadata);
  return (session: StoredSession): boolean =>
    (statuses.length === 0 || statuses.includes(SessionStatus[statusOf(session, now)])) &&
    (channel === undefined || session.channels[channel] !== undefined) &&
    (!purpose || session.purpose === purpose) &&
    (!userId || userOf(session) === userId) &&
    (!apiKeyId || session.client === apiKeyId) &&
    (!deliveryState || stateOf(session, deliveryState)) &&
    (!deliveryError ||
      channelsOf(session).some(
        ([, { delivery }]) => delivery.state === 'FAILED' && delivery.error === deliveryError,
      )) &&
    (!provider || (session.attempts ?? []).some((attempt) => attempt.provider === provider)) &&
    (!country || channelsOf(session).some(([, one]) => one.country === country)) &&
    (!sponsorSlug || session.beneficiary?.sponsorSlug === sponsorSlug) &&
    (!operationId || session.operation?.id === operationId) &&
    (metadata.length === 0 || holdsMetadata(session.metadata, metadata));
}

const stateOf = (session: StoredSession, wanted: DeliveryState): boolean =>
  channelsOf(session).some(
    ([, { delivery }]) => (delivery.waits ? DeliveryState.WAITING : DeliveryState[delivery.state]) === wanted,
  );

/** A time of a request in milliseconds. */
export const msOf = (time: Parameters<typeof timestampMs>[0] | undefined): number | undefined =>
  time && timestampMs(time);
