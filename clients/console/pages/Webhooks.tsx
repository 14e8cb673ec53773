import { type WebhookEndpoint, WebhookService } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, target } from '../api.js';
import { usePaged } from '../paging.js';
import { IS_PORTAL, link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { EndpointFields, endpointState, readEndpoint } from '../ui/endpointFields.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { PortalLink } from '../ui/PortalLink.js';
import { Secret } from '../ui/Secret.js';
import { type Column, Table } from '../ui/Table.js';
import { WebhookEventLookup } from '../ui/WebhookEventLookup.js';

const columns: readonly Column<WebhookEndpoint>[] = [
  { head: 'URL', cell: ({ url }) => <span title={url}>{url}</span> },
  {
    head: 'State',
    width: '120px',
    cell: (one) => <Pill tone={endpointState(one).tone}>{endpointState(one).word}</Pill>,
  },
  { head: 'For', isWide: true, isSoft: true, cell: ({ description }) => description || '–' },
  {
    head: 'Events',
    isWide: true,
    isSoft: true,
    cell: ({ eventTypes }) => <span title={eventTypes.join(', ')}>{eventTypes.join(', ') || 'all'}</span>,
  },
  {
    head: 'Failing since',
    width: '130px',
    isWide: true,
    cell: ({ failingSince }) =>
      failingSince && (
        <span class="bad">
          <Ago at={failingSince} />
        </span>
      ),
  },
];

/** Where events are posted. */
export function Webhooks() {
  const query = useQuery();
  const paged = usePaged<WebhookEndpoint>(`webhooks ${query.get('workspace')} ${query.get('mode')}`, {
    idOf: ({ id }) => id,
    everyMs: 5_000,
    async load(pageToken, signal) {
      const page = await api.webhooks.listWebhookEndpoints(
        { ...target(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.webhookEndpoints, next: page.nextPageToken };
    },
  });
  return (
    <Page
      name="Webhooks"
      actions={
        <>
          {!IS_PORTAL && <PortalLink />}
          <Action
            label="New endpoint…"
            icon="plus"
            look="primary"
            method={WebhookService.method.createWebhookEndpoint}
            title="New endpoint"
            submit="Create the endpoint"
            onSubmit={async (values) => {
              const { mode, workspace } = target();
              const { secret } = await api.webhooks.createWebhookEndpoint({
                workspace,
                webhookEndpoint: { ...readEndpoint(values), mode },
              });
              paged.again();
              return <Secret name="the secret that verifies its events" secret={secret} />;
            }}
          >
            <EndpointFields />
          </Action>
        </>
      }
    >
      <Card isFlush>
        <Table
          label="Webhook endpoints"
          columns={columns}
          paged={paged}
          idOf={({ id }) => id}
          href={({ id }) => link(`/webhooks/${id}`)}
          empty={
            <Empty title="No endpoints">
              An endpoint is posted every event of a session: approved, expired, delivered and the rest.
            </Empty>
          }
        />
      </Card>
      {query.get('event') && <WebhookEventLookup />}
    </Page>
  );
}
