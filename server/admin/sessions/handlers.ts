import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ListSessionsRequestSchema,
  type SessionService,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import {
  CancelSessionRequestSchema,
  type OtpService,
  ResendRequestSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import type { Call, Handler } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { parseId } from '../../domain/ids.js';
import type { Principal } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import type { FairPool } from '../../fairness/fairPool.js';
import { canonicalRequest } from '../../otp/idempotency/canonicalRequest.js';
import { readPageToken, writePageToken } from '../../otp/list/pageToken.js';
import { createReadNewest } from '../../otp/list/readNewest.js';
import type { Clock } from '../../platform/clock.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredSession } from '../../session/stored.js';
import { idOf, workspaceOf } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import type { RecordRead } from '../shared/audit.js';
import { modeName } from '../shared/mode.js';
import { listedWorkspace, targetMode, targetWorkspace } from '../shared/target.js';
import { createDetails, type DetailsDeps } from './details.js';
import { createSessionMatcher, msOf, readSessions } from './list.js';
import { recipientsOf } from './recipientsOf.js';
import { timelineOf } from './timeline.js';
import type { WebhooksOf } from './webhooks.js';

const DEFAULT_PAGE = 50;

interface Deps extends DetailsDeps {
  readonly documents: Documents;
  readonly fingerprints: Fingerprints;
  /** The names of all workspaces. */
  readonly workspaceNames: () => Promise<readonly string[]>;
  readonly webhooksOf: WebhooksOf;
  readonly recordRead: RecordRead;
  /** Turns of those who list. */
  readonly listing: FairPool;
  readonly resend: Handler<typeof OtpService.method.resend>;
  readonly cancel: Handler<typeof OtpService.method.cancelSession>;
  readonly clock: Clock;
}

/** What a request of a session names. */
interface Named {
  readonly workspace: string;
  readonly mode: Parameters<typeof modeName>[0];
  readonly sessionId: string;
}

/** Sessions with everything that is known of them, for support. */
export function createSessionHandlers(deps: Deps): Handlers<typeof SessionService> {
  const { documents, fingerprints, recordRead, clock } = deps;
  const sessions: Collection<StoredSession> = documents.collection('sessions');
  const details = createDetails(deps);
  const readNewest = createReadNewest({ sessions, documents, fingerprints });

  /** SESSION_NOT_FOUND alike for what is unknown, malformed, or of another workspace or mode. */
  async function find(call: Call, { workspace, mode, sessionId }: Named): Promise<StoredSession> {
    const name = targetWorkspace(call, workspace);
    const wanted = targetMode(call, modeName(mode));
    const id = parseId(sessionId);
    const session = id === undefined ? null : await sessions.findOne({ _id: `${name}/${id}` });
    // A live key sees sandbox sessions too, unless the request names a mode.
    const visible = session && (session.mode === wanted || (wanted === 'live' && !mode));
    if (!visible) throw new Failure('SESSION_NOT_FOUND');
    call.sessionId = idOf(session);
    call.resource = `sessions/${idOf(session)}`;
    return session;
  }

  /** Runs a use case of the person as the workspace of the session. */
  async function onBehalf(
    call: Call,
    session: StoredSession,
    run: (call: Call) => Promise<unknown>,
  ): Promise<StoredSession> {
    const principal: Principal = {
      ...call.principal,
      workspace: workspaceOf(session),
      mode: session.mode,
    };
    await run(Object.create(call, { principal: { value: principal } }) as Call);
    const after = await sessions.findOne({ _id: session._id });
    if (!after) throw new Failure('SESSION_NOT_FOUND');
    return after;
  }

  return {
    async listSessions(call, request) {
      const workspace = listedWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const recipients = recipientsOf(fingerprints, request);
      if (recipients) {
        await recordRead(call, {
          workspace: workspace ?? call.principal.workspace,
          resource: `recipients/${recipients(workspace ?? call.principal.workspace)[0]}`,
        });
      }
      const filters = canonicalRequest(ListSessionsRequestSchema, {
        ...request,
        pageSize: 0,
        pageToken: '',
        requestId: '',
      });
      const before = readPageToken(request.pageToken, filters);
      const slot = deps.listing.enter(call.principal, call.signal);
      try {
        const found = await readSessions(
          readNewest,
          {
            workspaces: workspace === undefined ? await deps.workspaceNames() : [workspace],
            mode,
            recipients,
            createdAfter: msOf(request.createdAfter),
            createdBefore: msOf(request.createdBefore),
            before: before?.slice(before.indexOf('/') + 1),
            metadata: Object.entries(request.metadata),
            turn: (read) => slot.run(read),
          },
          { size: request.pageSize || DEFAULT_PAGE, matches: createSessionMatcher(request, clock.now()) },
        );
        return {
          sessions: await Promise.all(found.sessions.map((session) => details(session, false))),
          nextPageToken: found.last ? writePageToken(found.last._id, filters) : '',
          ...(found.searchedTo && { searchedTo: timestampFromDate(found.searchedTo) }),
        };
      } finally {
        slot.leave();
      }
    },

    async getSession(call, request) {
      const session = await find(call, request);
      await recordRead(call, { workspace: workspaceOf(session), resource: `sessions/${idOf(session)}` });
      return { session: await details(session, true) };
    },

    async listSessionEvents(call, request) {
      const session = await find(call, request);
      await recordRead(call, { workspace: workspaceOf(session), resource: `sessions/${idOf(session)}` });
      const entries = timelineOf(session, await deps.webhooksOf(session));
      const after = request.pageToken && Buffer.from(request.pageToken, 'base64url').toString('utf8');
      const from = after ? entries.findIndex(({ id }) => id === after) + 1 : 0;
      if (after && from === 0) throw invalid('page_token', 'must be a token of this service');
      const page = entries.slice(from, from + (request.pageSize || DEFAULT_PAGE));
      const more = from + page.length < entries.length;
      return {
        events: page.map(({ event }) => event),
        nextPageToken: more ? Buffer.from(page.at(-1)!.id).toString('base64url') : '',
      };
    },

    async resendSession(call, request) {
      const session = await find(call, request);
      const { channels, requestId } = request;
      const after = await onBehalf(call, session, (inner) =>
        deps.resend(inner, create(ResendRequestSchema, { sessionId: idOf(session), channels, requestId })),
      );
      return { session: await details(after, true) };
    },

    async cancelSession(call, request) {
      const session = await find(call, request);
      const after = await onBehalf(call, session, (inner) =>
        deps.cancel(inner, create(CancelSessionRequestSchema, { sessionId: idOf(session) })),
      );
      return { session: await details(after, true) };
    },
  };
}
