import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useLocation, useRoute } from 'preact-iso';
import {
  GetWebhookEndpointRequestSchema,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookEndpoint,
  WebhookEndpointSchema,
  WebhookService,
} from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { count, duration } from '../format.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { EndpointFields, endpointState, readEndpoint } from '../ui/endpointFields.js';
import { Facts } from '../ui/Facts.js';
import { Select, Text } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { Raw } from '../ui/Raw.js';
import { Secret } from '../ui/Secret.js';
import { Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { WebhookEventLookup } from '../ui/WebhookEventLookup.js';

const { method } = WebhookService;
const HOUR_MS = 3_600_000;

/** One endpoint: what it was posted, and its whole life. */
export function Webhook() {
  const id = useRoute().params.id ?? '';
  const query = useQuery();
  const scope = `${id} ${query.get('workspace')} ${query.get('mode')}`;
  const request = create(GetWebhookEndpointRequestSchema, { ...target(), id });
  const loaded = useLoaded(
    `endpoint ${scope}`,
    async (signal) => (await api.webhooks.getWebhookEndpoint(request, { signal })).webhookEndpoint,
    5_000,
  );
  const paged = usePaged<WebhookDelivery>(`deliveries ${scope}`, {
    idOf: ({ sessionId }) => sessionId,
    everyMs: 5_000,
    async load(pageToken, signal) {
      const page = await api.webhooks.listWebhookDeliveries(
        { ...target(), id, pageSize: 50, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.deliveries, next: page.nextPageToken };
    },
  });
  const again = () => {
    loaded.again();
    paged.again();
  };
  const endpoint = loaded.value;
  return (
    <Page
      name="Endpoint"
      back={{ href: link('/webhooks'), word: 'Webhooks' }}
      actions={endpoint && <EndpointActions endpoint={endpoint} again={again} />}
    >
      <p class="subtitle mono">{endpoint?.url}</p>
      <Problem error={loaded.error} again={again} />
      <div class="split even">
        <Card title="Deliveries" isFlush>
          <Table
            label="Deliveries, newest first"
            columns={[
              {
                head: 'Session',
                cell: ({ sessionId }) =>
                  sessionId ? (
                    <a href={link(`/sessions/${sessionId}`)} class="mono">
                      {sessionId.slice(0, 18)}…
                    </a>
                  ) : (
                    'Test event'
                  ),
              },
              {
                head: 'Last attempt',
                cell: ({ attempts }) => <Attempt attempt={attempts.at(-1)} />,
              },
              {
                head: 'Attempts',
                width: '84px',
                isWide: true,
                isNumber: true,
                cell: ({ attempts }) => count(attempts.length),
              },
              {
                head: 'Waiting',
                width: '170px',
                isWide: true,
                cell: ({ waiting, nextTryAt }) =>
                  waiting.length > 0 && (
                    <span class="wait">
                      {count(waiting.length)}, next <Ago at={nextTryAt} as="ago" />
                    </span>
                  ),
              },
              {
                head: 'Actions',
                width: '130px',
                isActions: true,
                cell: ({ attempts }) => <ShowBody attempt={attempts.at(-1)} />,
              },
            ]}
            paged={paged}
            idOf={({ sessionId, attempts }) => `${sessionId} ${attempts[0]?.eventId}`}
            empty={<Empty title="Nothing was posted yet">Send a test event to try the endpoint.</Empty>}
          />
        </Card>
        <div class="stack">
          <Card title="Details">
            {endpoint ? (
              <Raw
                label="Endpoint as"
                schema={WebhookEndpointSchema}
                message={endpoint}
                call={{ method: method.getWebhookEndpoint, request }}
              >
                <Facts
                  facts={[
                    [
                      'State',
                      <Pill key="state" tone={endpointState(endpoint).tone}>
                        {endpointState(endpoint).word}
                      </Pill>,
                    ],
                    ['For', endpoint.description],
                    ['Events', endpoint.eventTypes.join(', ') || 'all'],
                    ['Failing since', endpoint.failingSince && <Ago at={endpoint.failingSince} />],
                    ['Old secret until', endpoint.oldSecretUntil && <Ago at={endpoint.oldSecretUntil} />],
                    ['Created', <Ago key="created" at={endpoint.createdAt} />],
                    [
                      'Id',
                      <span key="id" class="mono">
                        {endpoint.id}
                      </span>,
                    ],
                  ]}
                />
              </Raw>
            ) : (
              !loaded.error && <Skeleton />
            )}
          </Card>
          <WebhookEventLookup endpointId={id} again={paged.again} />
        </div>
      </div>
    </Page>
  );
}

const Attempt = ({ attempt }: { readonly attempt: WebhookAttempt | undefined }) =>
  attempt ? (
    <>
      <Pill tone={attempt.accepted ? 'ok' : 'bad'}>{String(attempt.statusCode || 'failed')}</Pill>{' '}
      {attempt.eventType}{' '}
      <span class="soft">
        {attempt.error} {duration(attempt.duration)}
      </span>
    </>
  ) : (
    <>–</>
  );

/** Chooses the event of an attempt. */
function ShowBody({ attempt }: { readonly attempt: WebhookAttempt | undefined }) {
  const query = useQuery();
  return (
    <span class="row-actions">
      {attempt && (
        <button type="button" class="button quiet" onClick={() => query.set({ event: attempt.eventId })}>
          Show body
        </button>
      )}
    </span>
  );
}

function EndpointActions({
  endpoint,
  again,
}: {
  readonly endpoint: WebhookEndpoint;
  readonly again: () => void;
}) {
  const { route } = useLocation();
  const { id, url, disabled } = endpoint;
  const update = async (changed: object, paths: string[]) => {
    const { mode, workspace } = target();
    await api.webhooks.updateWebhookEndpoint({
      workspace,
      webhookEndpoint: { id, mode, ...changed },
      updateMask: { paths },
    });
    again();
  };
  return (
    <>
      <Action
        label="Send test event"
        method={method.sendTestEvent}
        title="Send a test event"
        submit="Send it"
        onSubmit={async () => {
          const { attempt } = await api.webhooks.sendTestEvent({ ...target(), id });
          again();
          return (
            <p>
              <Attempt attempt={attempt} />
            </p>
          );
        }}
      >
        <p>The endpoint is posted an event that belongs to no session.</p>
      </Action>
      <Action
        label="Replay…"
        method={method.replayWebhookEvents}
        title="Post events again"
        submit="Replay"
        onSubmit={async (values) => {
          const eventId = values.text('eventId');
          const since = timestampFromDate(new Date(Date.now() - values.number('hours') * HOUR_MS));
          let replayed = 0;
          let pageToken = '';
          do {
            const page = await api.webhooks.replayWebhookEvents({
              ...target(),
              id,
              pageToken,
              ...(eventId ? { eventId } : { since }),
            });
            replayed += page.replayed;
            pageToken = page.nextPageToken;
          } while (pageToken);
          say(`${count(replayed)} events are posted again.`);
          again();
        }}
      >
        <Select
          label="Events of"
          name="hours"
          value={1}
          options={[
            { value: 1, word: 'the last hour' },
            { value: 24, word: 'the last 24 hours' },
            { value: 168, word: 'the last 7 days' },
          ]}
        />
        <Text label="Or one event, by its id" name="eventId" maxLength={64} placeholder="evt_…" />
      </Action>
      <Action
        label="Edit…"
        method={method.updateWebhookEndpoint}
        title="Edit the endpoint"
        submit="Save"
        onSubmit={async (values) => {
          await update(readEndpoint(values), ['url', 'description', 'event_types']);
          say('The endpoint is changed.');
        }}
      >
        <EndpointFields endpoint={endpoint} />
      </Action>
      <Action
        label={disabled ? 'Switch on…' : 'Switch off…'}
        method={method.updateWebhookEndpoint}
        title={disabled ? 'Switch the endpoint on' : 'Switch the endpoint off'}
        submit={disabled ? 'Switch it on' : 'Switch it off'}
        onSubmit={async () => {
          await update({ disabled: !disabled }, ['disabled']);
        }}
      >
        <p>
          {disabled ? 'Events are posted again from now on.' : 'No events are posted until it is on again.'}
        </p>
      </Action>
      <Action
        label="Rotate secret…"
        method={method.rotateWebhookSecret}
        title="Make a new secret"
        submit="Make a new secret"
        onSubmit={async () => {
          const { secret } = await api.webhooks.rotateWebhookSecret({ ...target(), id });
          again();
          return <Secret name="the new secret" secret={secret} />;
        }}
      >
        <p>Events are signed with both secrets for a time, so that receivers can change.</p>
      </Action>
      <Action
        label="Delete…"
        look="danger-quiet"
        method={method.deleteWebhookEndpoint}
        title="Delete the endpoint"
        submit="Delete the endpoint"
        confirm={new URL(url).hostname}
        onSubmit={async () => {
          await api.webhooks.deleteWebhookEndpoint({ ...target(), id });
          say('The endpoint is deleted.');
          route(link('/webhooks'));
        }}
      >
        <p>Events that wait for it are dropped. This cannot be undone.</p>
      </Action>
    </>
  );
}
