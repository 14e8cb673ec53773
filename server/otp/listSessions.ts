import {
  type ListSessionsRequest,
  ListSessionsRequestSchema,
  type OtpService,
} from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection } from '../store/documents.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { createMatcher, indexedFilters, recipientFingerprints } from './list/filter.js';
import { readPageToken, writePageToken } from './list/pageToken.js';
import { sessionToProto } from './toProto/sessionToProto.js';

const DEFAULT_PAGE = 20;
/** Documents read in one call; a page that is not full by then ends early and has a next token. */
const MOST_READ = 10_000;

/**
 * Lists sessions, newest first. Ids sort by time, so a page begins where the
 * last one ended and sessions added meanwhile never shift it. Recipient, time
 * range and mode are served by indexes, the other filters are applied while reading.
 */
export function createListSessions(
  sessions: Collection<StoredSession>,
  fingerprints: Fingerprints,
  clock: Clock,
): Handler<typeof OtpService.method.listSessions> {
  return async (call, request) => {
    const { principal } = call;
    const filters = canonicalRequest(ListSessionsRequestSchema, { ...request, ...PAGING, requestId: '' });
    const before = readPageToken(request.pageToken, filters);
    const recipients = recipientFingerprints(request.recipient, (identity) =>
      fingerprints.recipientCandidates(principal.workspace, identity),
    );
    const filter = indexedFilters({ request, principal, recipients, before });
    const matches = createMatcher(request, clock.now());
    const size = request.pageSize || DEFAULT_PAGE;

    const page: StoredSession[] = [];
    let read = 0;
    let last: string | undefined;
    for await (const session of sessions.find(filter, { sort: { _id: -1 }, limit: MOST_READ })) {
      // One session more than the page holds is read, so that the last page has no next token.
      if (page.length === size) return respond(page, page.at(-1)?._id);
      read++;
      last = session._id;
      if (matches(session)) page.push(session);
    }
    return respond(page, read === MOST_READ ? last : undefined);

    function respond(found: readonly StoredSession[], lastId: string | undefined) {
      return {
        sessions: found.map((session) => sessionToProto(session, clock.now(), true)),
        nextPageToken: lastId === undefined ? '' : writePageToken(lastId, filters),
      };
    }
  };
}

const PAGING: Pick<ListSessionsRequest, 'pageSize' | 'pageToken'> = { pageSize: 0, pageToken: '' };
