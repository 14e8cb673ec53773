import type { Provider } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import type { Channel } from '../../../gen/otp/v1/session_pb.js';
import { Empty, Problem } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { Card, Page } from '../ui/Page.js';
import { ProviderAccounts } from '../ui/ProviderAccounts.js';
import { ProviderActions, TestMessage } from '../ui/ProviderActions.js';
import { providerColumns } from '../ui/providerColumns.js';
import { LiveSwitch, liveEvery } from '../ui/Range.js';
import { RouteEditor } from '../ui/RouteEditor.js';
import { Table } from '../ui/Table.js';
import { CHANNELS, channelOf } from '../words.js';

/** Who delivers the messages of each channel, in which order, and how they do. */
export function Providers() {
  const query = useQuery();
  const loaded = useLoaded(
    `providers ${query.get('workspace')}`,
    async (signal) => (await api.providers.listProviders(inWorkspace(), { signal })).providers,
    liveEvery(query, 5_000),
  );
  const all = loaded.value;
  return (
    <Page
      name="Providers"
      actions={
        <>
          <LiveSwitch />
          <TestMessage again={loaded.again} />
        </>
      }
    >
      <Problem error={loaded.error} again={loaded.again} />
      {CHANNELS.map(({ channel }) => (
        <OfChannel
          key={channel}
          channel={channel}
          providers={all?.filter((one) => one.channel === channel)}
          again={loaded.again}
        />
      ))}
      {all && <ProviderAccounts providers={all} again={loaded.again} />}
      <p class="soft">
        Numbers are of the live messages of the last hour. A message goes to the first provider of its channel
        that works; the next one is used when it refuses or does not respond.
      </p>
    </Page>
  );
}

interface Props {
  readonly channel: Channel;
  readonly providers: readonly Provider[] | undefined;
  readonly again: () => void;
}

function OfChannel({ channel, providers, again }: Props) {
  const shown = providers?.filter(({ configured, attempts }) => configured || attempts > 0n);
  const missing = providers?.filter(({ configured }) => !configured).map(({ name }) => name) ?? [];
  const columns = [
    ...providerColumns,
    {
      head: 'Actions',
      width: '150px',
      isActions: true,
      cell: (provider: Provider) => <ProviderActions provider={provider} again={again} />,
    },
  ];
  return (
    <Card
      title={channelOf(channel)}
      isFlush
      tools={providers && <RouteEditor channel={channel} providers={providers} again={again} />}
    >
      <Table
        label={`Providers of ${channelOf(channel)}`}
        columns={columns}
        paged={{ items: shown, error: undefined, again, hasMore: false, more: async () => {} }}
        idOf={({ name }) => name}
        empty={
          <Empty title="No provider">Messages of this channel cannot be sent: configure a provider.</Empty>
        }
      />
      {missing.length > 0 && <p class="card-foot soft">Not configured: {missing.join(', ')}</p>}
    </Card>
  );
}
