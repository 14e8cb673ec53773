import { create } from '@bufbuild/protobuf';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import {
  GetSessionRequestSchema,
  SessionDetailsSchema,
  SessionService,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { Channel, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { money } from '../format.js';
import { useLoaded } from '../loading.js';
import { link, useQuery } from '../route.js';
import { useTail } from '../tail.js';
import { Action } from '../ui/Action.js';
import { Check, Group } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { LiveSwitch, liveEvery } from '../ui/Range.js';
import { Raw } from '../ui/Raw.js';
import { SessionFacts } from '../ui/SessionFacts.js';
import { Timeline } from '../ui/Timeline.js';
import { say } from '../ui/toast.js';
import { channelOf, enumOf, statusOf } from '../words.js';

const { method } = SessionService;

export function Session() {
  const sessionId = useRoute().params.id ?? '';
  const query = useQuery();
  const scope = `${sessionId} ${query.get('workspace')} ${query.get('mode')}`;
  const pollMs = useSignal(2_000);
  const request = create(GetSessionRequestSchema, { ...target(), sessionId });
  const loaded = useLoaded(
    `session ${scope}`,
    async (signal) => (await api.sessions.getSession(request, { signal })).session,
    liveEvery(query, pollMs.value),
  );
  const events = useLoaded(
    `events ${scope}`,
    async (signal) =>
      (await api.sessions.listSessionEvents({ ...target(), sessionId, pageSize: 100 }, { signal })).events,
    liveEvery(query, pollMs.value),
  );
  const details = loaded.value;
  const session = details?.session;
  const again = () => {
    loaded.again();
    events.again();
  };
  const isTailed = useTail(sessionId, scope, query.get('live') !== 'off', again);
  useEffect(() => {
    pollMs.value = isTailed ? 20_000 : 2_000;
  }, [isTailed]);
  const isOpen = session?.status === SessionStatus.PENDING || session?.status === SessionStatus.PARTIAL;
  const { word, tone } = statusOf(session?.status ?? 0);

  return (
    <Page
      name="Session"
      back={{ href: link('/sessions'), word: 'Sessions' }}
      actions={
        <>
          <LiveSwitch />
          {isOpen && (
            <>
              <Action
                label="Resend…"
                method={method.resendSession}
                title="Send a new code"
                submit="Send a new code"
                onSubmit={async (values) => {
                  await api.sessions.resendSession({
                    ...target(),
                    sessionId,
                    channels: values.all('channel').map((text) => enumOf(Channel, text)),
                    requestId: crypto.randomUUID(),
                  });
                  say('A new code is on its way.');
                  again();
                }}
              >
                <p>The code before it stops working. Limits of the recipient apply.</p>
                <Group label="Channels">
                  {session.channels.map(({ channel, verified }) => (
                    <Check
                      key={channel}
                      label={channelOf(channel)}
                      name="channel"
                      value={String(channel)}
                      checked={!verified}
                    />
                  ))}
                </Group>
              </Action>
              <Action
                label="Cancel session…"
                method={method.cancelSession}
                title="Cancel this session"
                submit="Cancel the session"
                onSubmit={async () => {
                  await api.sessions.cancelSession({ ...target(), sessionId });
                  say('The session is cancelled.');
                  again();
                }}
              >
                <p>Its code stops working. The person can ask for a new one at once.</p>
              </Action>
            </>
          )}
        </>
      }
    >
      <p class="subtitle">
        {session && <Pill tone={tone}>{word}</Pill>} <span class="mono">{sessionId}</span>
      </p>
      <Problem error={loaded.error} again={again} />
      <div class="split even">
        <Card title="Timeline">
          <Problem error={events.error} />
          {!events.value && !events.error && <Skeleton rows={8} />}
          {events.value && events.value.length > 0 && <Timeline events={events.value} />}
          {events.value?.length === 0 && <Empty title="No events yet">They appear as they happen.</Empty>}
        </Card>
        <Card title="Details">
          {details ? (
            <Raw
              label="Session as"
              schema={SessionDetailsSchema}
              message={details}
              call={{ method: method.getSession, request }}
            >
              <SessionFacts details={details} />
              {details.costMicros > 0n && <p class="soft">Cost {money(details.costMicros, '')}</p>}
            </Raw>
          ) : (
            !loaded.error && <Skeleton rows={8} />
          )}
        </Card>
      </div>
    </Page>
  );
}
