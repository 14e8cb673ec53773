import { create } from '@bufbuild/protobuf';
import { useRoute } from 'preact-iso';
import {
  GetWebhookEndpointRequestSchema,
  type WebhookDelivery,
  WebhookEndpointSchema,
  WebhookService,
} from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { count } from '../format.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Ago } from '../ui/Ago.js';
import { EndpointActions } from '../ui/EndpointActions.js';
import { endpointState } from '../ui/endpointFields.js';
import { Facts } from '../ui/Facts.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { Raw } from '../ui/Raw.js';
import { SessionLink } from '../ui/SessionLink.js';
import { Table } from '../ui/Table.js';
import { WebhookAttempt } from '../ui/WebhookAttempt.js';
import { ShowEvent, WebhookAttempts } from '../ui/WebhookAttempts.js';
import { WebhookEventLookup } from '../ui/WebhookEventLookup.js';

const { method } = WebhookService;

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
  const chosen = paged.items?.find(({ sessionId }) => sessionId === query.get('delivery'));
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
                cell: ({ sessionId }) => <SessionLink id={sessionId} />,
              },
              {
                head: 'Last attempt',
                cell: ({ attempts }) => <WebhookAttempt attempt={attempts.at(-1)} />,
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
                cell: ({ sessionId, attempts, waiting }) => (
                  <ShowEvent sessionId={sessionId} eventId={(attempts.at(-1) ?? waiting[0])?.eventId} />
                ),
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
          {chosen && <WebhookAttempts delivery={chosen} />}
          <WebhookEventLookup endpointId={id} again={paged.again} />
        </div>
      </div>
    </Page>
  );
}
