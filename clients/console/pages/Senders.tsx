import { type Sender, SenderService } from '../../../gen/otp/admin/v1/sender_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { usePaged } from '../paging.js';
import { useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Check, Select, Text } from '../ui/Fields.js';
import { Chips, Filters } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { Pill } from '../ui/Pill.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { CHANNELS, channelOf, enumOf } from '../words.js';

const { method } = SenderService;

/** From whom messages come. */
export function Senders() {
  const query = useQuery();
  const channel = CHANNELS.find(({ word }) => word.toLowerCase() === query.get('channel'))?.channel;
  const paged = usePaged<Sender>(`senders ${query.get('workspace')} ${channel}`, {
    idOf,
    async load(pageToken, signal) {
      const page = await api.senders.listSenders(
        { ...inWorkspace(), pageSize: 100, pageToken, ...(channel && { channel }) },
        signal ? { signal } : {},
      );
      return { items: page.senders, next: page.nextPageToken };
    },
  });
  const columns: readonly Column<Sender>[] = [
    { head: 'Sender', cell: ({ senderId }) => senderId },
    { head: 'Shown as', isWide: true, cell: ({ displayName }) => displayName || '–' },
    { head: 'Channel', width: '110px', cell: ({ channel: of }) => channelOf(of) },
    {
      head: 'Default',
      width: '110px',
      isWide: true,
      cell: ({ isDefault }) => isDefault && <Pill tone="ok">Default</Pill>,
    },
    {
      head: 'Since',
      width: '120px',
      isWide: true,
      isSoft: true,
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
    {
      head: 'Actions',
      width: '170px',
      isActions: true,
      cell: (sender) => <SenderActions sender={sender} again={paged.again} />,
    },
  ];
  return (
    <Page
      name="Senders"
      actions={
        <Action
          label="New sender…"
          icon="plus"
          look="primary"
          method={method.createSender}
          title="New sender"
          submit="Create the sender"
          onSubmit={async (values) => {
            await api.senders.createSender({
              ...inWorkspace(),
              sender: {
                channel: enumOf(Channel, values.text('channel')),
                senderId: values.text('senderId'),
                displayName: values.text('displayName'),
                isDefault: values.has('isDefault'),
              },
            });
            say('The sender is there.');
            paged.again();
          }}
        >
          <Select
            label="Channel"
            name="channel"
            value={Channel.SMS}
            options={CHANNELS.map(({ channel: value, word }) => ({ value, word }))}
          />
          <Text
            label="Sender"
            name="senderId"
            required
            maxLength={254}
            hint="A phone number or a name for text messages, an address for e-mail"
          />
          <Text label="Shown as" name="displayName" maxLength={78} />
          <Check label="Use it where a send names none" name="isDefault" />
        </Action>
      }
    >
      <Card isFlush>
        <Filters>
          <Chips
            label="Channel"
            name="channel"
            options={CHANNELS.map(({ word }) => ({ value: word.toLowerCase(), word }))}
          />
        </Filters>
        <Table
          label="Senders"
          columns={columns}
          paged={paged}
          idOf={idOf}
          empty={
            <Empty title="No senders">Messages come from the senders in the settings of the providers.</Empty>
          }
        />
      </Card>
    </Page>
  );
}

const idOf = ({ channel, senderId }: Sender): string => `${channel} ${senderId}`;

function SenderActions({ sender, again }: { readonly sender: Sender; readonly again: () => void }) {
  const { channel, senderId } = sender;
  return (
    <span class="row-actions">
      <Action
        label="Edit"
        look="quiet"
        method={method.updateSender}
        title={`Edit ${senderId}`}
        submit="Save"
        onSubmit={async (values) => {
          const { sender: current } = await api.senders.getSender({ ...inWorkspace(), channel, senderId });
          await api.senders.updateSender({
            ...inWorkspace(),
            sender: {
              ...current,
              channel,
              senderId,
              displayName: values.text('displayName'),
              isDefault: values.has('isDefault'),
            },
            updateMask: { paths: ['display_name', 'is_default'] },
          });
          say(`${senderId} is changed.`);
          again();
        }}
      >
        <Text label="Shown as" name="displayName" maxLength={78} value={sender.displayName} />
        <Check label="Use it where a send names none" name="isDefault" checked={sender.isDefault} />
      </Action>
      <Action
        label="Delete"
        look="danger-quiet"
        method={method.deleteSender}
        title={`Delete ${senderId}`}
        submit="Delete the sender"
        confirm={senderId}
        onSubmit={async () => {
          await api.senders.deleteSender({ ...inWorkspace(), channel, senderId });
          say(`${senderId} is deleted.`);
          again();
        }}
      >
        <p>Sends that name it are refused from then on. It can be made again.</p>
      </Action>
    </span>
  );
}
