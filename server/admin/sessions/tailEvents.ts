import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  SessionService,
  TailEventsRequest,
  TailEventsResponseSchema,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import type { Call, StreamHandler } from '../../call/call.js';
import { channelName } from '../../domain/channels.js';
import { parseId } from '../../domain/ids.js';
import { partitionOf } from '../../domain/principal.js';
import type { Serving } from '../../observe/readiness.js';
import { WATCH_LIMITS } from '../../otp/watch/limits.js';
import type { WatchQuota } from '../../otp/watch/quota.js';
import { untilLeft } from '../../otp/watch/untilLeft.js';
import { createWakeup } from '../../otp/watch/wakeup.js';
import type { Clock } from '../../platform/clock.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredSession } from '../../session/stored.js';
import { idOf, workspaceOf } from '../../store/documentId.js';
import type { RecordRead } from '../shared/audit.js';
import { modeName } from '../shared/mode.js';
import { ALL_WORKSPACES, listedWorkspace, targetMode } from '../shared/target.js';
import { createDetails, type DetailsDeps } from './details.js';
import { recipientsOf } from './recipientsOf.js';
import { createBacklog } from './tail/backlog.js';
import type { TailHub } from './tail/hub.js';
import { readPosition, writePosition } from './tail/position.js';
import type { TimelineEntry } from './timeline.js';

const HEARTBEAT_MS = WATCH_LIMITS.heartbeatSeconds * 1_000;
const LENGTH_MS = WATCH_LIMITS.lengthSeconds * 1_000;

/** Streams open at once: each looks at every change of the store. */
export const TAIL_LIMITS = { perProcess: 100, perWorkspace: 20, perSession: 20 } as const;

interface Deps extends DetailsDeps {
  readonly hub: TailHub;
  readonly quota: WatchQuota;
  readonly fingerprints: Fingerprints;
  readonly recordRead: RecordRead;
  readonly serving: Pick<Serving, 'state' | 'subscribe'>;
  readonly clock: Clock;
}

type Tail = StreamHandler<typeof SessionService.method.tailEvents>;

/** Streams what happens to sessions, in the order in which it was stored. */
export function createTailEvents(deps: Deps): Tail {
  const { hub, quota, fingerprints, serving, clock } = deps;
  const details = createDetails(deps);

  return async function* tailEvents(call, request) {
    const workspace = listedWorkspace(call, request.workspace);
    const mode = targetMode(call, modeName(request.mode));
    const matches = createMatcher(fingerprints, request, { workspace, mode });
    const start = request.cursor ? readPosition(request.cursor, clock.now()) : { at: clock.now() - 1 };
    await recordReads(call, request, workspace ?? call.principal.workspace);
    const wakeup = createWakeup(clock);
    const { types } = request;
    const backlog = createBacklog({
      start,
      matches,
      matchesEntry: ({ type }: TimelineEntry) => types.length === 0 || types.includes(type),
      notify: wakeup.notify,
    });
    const name = workspace ?? ALL_WORKSPACES;
    const release = [
      quota.take(name, `${name}/tail`),
      hub.subscribe(backlog),
      serving.subscribe(wakeup.notify),
    ];
    return yield* untilLeft({ signal: call.signal, release, notify: wakeup.notify }, respond);

    async function* respond(): ReturnType<Tail> {
      const endAt = clock.now() + LENGTH_MS;
      let respondedAt = clock.now();
      yield { cursor: writePosition(backlog.position()) };
      for (;;) {
        if (call.signal.aborted) return 'LEFT';
        const found = backlog.next();
        const now = clock.now();
        if (found) {
          respondedAt = now;
          yield await response(found.session, found.entry, writePosition(found.position));
        } else if (serving.state() === 'stopping') return 'STOPPING';
        else if (now >= endAt) return 'TOO_LONG';
        else if (now >= respondedAt + HEARTBEAT_MS) {
          respondedAt = now;
          yield { cursor: writePosition(backlog.position()) };
        } else await wakeup.wait(Math.min(endAt, respondedAt + HEARTBEAT_MS));
      }
    }
  };

  async function response(
    session: StoredSession,
    { event }: TimelineEntry,
    cursor: string,
  ): Promise<MessageInitShape<typeof TailEventsResponseSchema>> {
    return { event, session: await details(session, false), cursor };
  }

  async function recordReads(call: Call, request: TailEventsRequest, workspace: string): Promise<void> {
    const id = parseId(request.sessionId);
    if (id) await deps.recordRead(call, { workspace, resource: `sessions/${id}` });
    const names = recipientsOf(fingerprints, request)?.(workspace);
    if (names) await deps.recordRead(call, { workspace, resource: `recipients/${names[0]}` });
  }
}

/** The filters of a request that are about sessions. */
function createMatcher(
  fingerprints: Fingerprints,
  request: TailEventsRequest,
  { workspace, mode }: { readonly workspace: string | undefined; readonly mode: 'live' | 'test' },
) {
  const { apiKeyId, sessionId } = request;
  const channel = channelName(request.channel);
  const id = sessionId && (parseId(sessionId) ?? sessionId);
  const recipients = recipientsOf(fingerprints, request);
  const known = new Map<string, readonly string[]>();
  const namesIn = (name: string): readonly string[] => {
    const names = known.get(name) ?? recipients?.(name) ?? [];
    known.set(name, names);
    return names;
  };
  const partition = workspace && partitionOf({ workspace, mode });
  return (session: StoredSession): boolean =>
    (partition ? session.partition === partition : session.partition.endsWith(`.${mode}`)) &&
    (!id || idOf(session) === id) &&
    (!apiKeyId || session.client === apiKeyId) &&
    (channel === undefined || session.channels[channel] !== undefined) &&
    (!recipients || session.recipients.some((one) => namesIn(workspaceOf(session)).includes(one)));
}
