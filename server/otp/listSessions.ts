import {
  type ListSessionsRequest,
  ListSessionsRequestSchema,
  type OtpService,
} from '../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../call/call.js';
import type { FairPool } from '../fairness/fairPool.js';
import type { Clock } from '../platform/clock.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { StoredSession } from '../session/stored.js';
import type { Collection, Documents } from '../store/documents.js';
import { canonicalRequest } from './idempotency/canonicalRequest.js';
import { createMatcher, indexedFilters, recipientFingerprints } from './list/filter.js';
import { readPageToken, writePageToken } from './list/pageToken.js';
import { createReadNewest } from './list/readNewest.js';
import { sessionToProto } from './toProto/sessionToProto.js';

const DEFAULT_PAGE = 20;
/** Documents read in one call; a page that is not full by then ends early and has a next token. */
const MOST_READ = 10_000;
/** Documents read in one turn, so that listings that match little delay no other call. */
const TURN = 200;

interface Deps {
  readonly sessions: Collection<StoredSession>;
  readonly documents: Documents;
  readonly fingerprints: Fingerprints;
  readonly listing: FairPool;
  readonly clock: Clock;
}

/**
 * Lists sessions, newest first. Ids sort by time, so a page begins where the
 * last one ended and sessions added meanwhile never shift it. Recipient, time
 * range, mode and one value of metadata are served by indexes, the other filters
 * are applied while reading.
 */
export function createListSessions(deps: Deps): Handler<typeof OtpService.method.listSessions> {
  const { fingerprints, listing, clock } = deps;
  const readNewest = createReadNewest(deps);
  return async (call, request) => {
    const { principal } = call;
    const filters = canonicalRequest(ListSessionsRequestSchema, { ...request, ...PAGING, requestId: '' });
    const before = readPageToken(request.pageToken, filters);
    const recipients = recipientFingerprints(request.recipient, (identity) =>
      fingerprints.recipientCandidates(principal.workspace, identity),
    );
    const matches = createMatcher(request, clock.now());
    const size = request.pageSize || DEFAULT_PAGE;

    const readTurn = async (last: string | undefined): Promise<readonly StoredSession[]> => {
      // The embedded store reads at once: what has arrived meanwhile is served first.
      await new Promise(setImmediate);
      const filter = indexedFilters({ request, principal, recipients, before: last });
      const metadata = Object.entries(request.metadata);
      return readNewest({ workspace: principal.workspace, filter, metadata, limit: TURN });
    };

    const slot = listing.enter(principal, call.signal);
    try {
      const page: StoredSession[] = [];
      let last = before;
      for (let read = 0; read < MOST_READ; read += TURN) {
        const found = await slot.run(() => readTurn(last));
        for (const session of found) {
          // One session more than the page holds is read, so that the last page has no next token.
          if (page.length === size) return respond(page, page.at(-1)?._id);
          last = session._id;
          if (matches(session)) page.push(session);
        }
        if (found.length < TURN) return respond(page, undefined);
      }
      return respond(page, last);
    } finally {
      slot.leave();
    }

    function respond(found: readonly StoredSession[], lastId: string | undefined) {
      return {
        sessions: found.map((session) => sessionToProto(session, clock.now(), true)),
        nextPageToken: lastId === undefined ? '' : writePageToken(lastId, filters),
      };
    }
  };
}

const PAGING: Pick<ListSessionsRequest, 'pageSize' | 'pageToken'> = { pageSize: 0, pageToken: '' };
