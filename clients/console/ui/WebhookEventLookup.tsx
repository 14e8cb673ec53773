import { create } from '@bufbuild/protobuf';
import {
  GetWebhookEventRequestSchema,
  type WebhookEvent,
  WebhookEventSchema,
  WebhookService,
} from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { Code } from '../../look/Copy.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { Facts } from './Facts.js';
import { Filters, Typed } from './Filters.js';
import { Card } from './Page.js';
import { Raw } from './Raw.js';
import { replayedText } from './replayedText.js';
import { SessionLink } from './SessionLink.js';
import { say } from './toast.js';

const { method } = WebhookService;

interface Props {
  /** Where it can be posted again. Absent: it is only shown. */
  readonly endpointId?: string;
  readonly again?: () => void;
}

/** One event, by the id that the endpoint got in webhook-id: its body, and posting it again. */
export function WebhookEventLookup({ endpointId, again }: Props) {
  const query = useQuery();
  const eventId = query.get('event');
  const request = create(GetWebhookEventRequestSchema, { ...target(), eventId });
  const loaded = useLoaded(
    `event ${eventId} ${query.get('workspace')} ${query.get('mode')}`,
    async (signal) => (eventId ? (await api.webhooks.getWebhookEvent(request, { signal })).event : undefined),
  );
  const event = loaded.value;
  return (
    <Card
      title="Event"
      tools={
        event && endpointId && <Replay endpointId={endpointId} eventId={event.id} again={() => again?.()} />
      }
    >
      <Filters>
        <Typed label="Event id" name="event" />
      </Filters>
      {!eventId && (
        <Empty title="No event is chosen">
          Choose one of a delivery, or type the id that the endpoint got in the header webhook-id.
        </Empty>
      )}
      <Problem error={loaded.error} again={loaded.again} />
      {event && (
        <Raw
          label="Event as"
          schema={WebhookEventSchema}
          message={event}
          call={{ method: method.getWebhookEvent, request }}
        >
          <EventFacts event={event} />
        </Raw>
      )}
      {eventId && !event && !loaded.error && <Skeleton rows={4} />}
    </Card>
  );
}

const EventFacts = ({ event }: { readonly event: WebhookEvent }) => (
  <>
    <Facts
      facts={[
        ['Type', event.type],
        ['At', <Ago key="at" at={event.at} />],
        ['Session', event.sessionId && <SessionLink key="session" id={event.sessionId} />],
        [
          'Header webhook-id',
          <span key="id" class="mono">
            {event.id}
          </span>,
        ],
      ]}
    />
    <h3>Body, as it is signed and posted</h3>
    <Code text={event.body} />
  </>
);

const Replay = ({ endpointId, eventId, again }: Required<Props> & { readonly eventId: string }) => (
  <Action
    label="Post again…"
    method={method.replayWebhookEvents}
    title="Post this event again"
    submit="Post it"
    onSubmit={async () => {
      say(replayedText(await api.webhooks.replayWebhookEvents({ ...target(), id: endpointId, eventId })));
      again();
    }}
  >
    <p>The endpoint gets it with the same id, so a receiver that has seen it ignores it.</p>
    <p>If it is pending, it is posted now and not at its next attempt.</p>
  </Action>
);
