import { useSignal } from '@preact/signals';
import { type Contact, ContactService } from '../../../gen/otp/admin/v1/contact_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, target } from '../api.js';
import { dateOf } from '../format.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action, RecipientField } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Export } from '../ui/Export.js';
import { Facts } from '../ui/Facts.js';
import { Chips, Filters } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { CHANNELS, channelOf } from '../words.js';

const { method } = ContactService;
const channels = ({ channels: list }: Contact) => list.map(({ channel }) => channelOf(channel)).join(', ');

/** Addresses that were verified and kept. */
export function Contacts() {
  const query = useQuery();
  // A filter by address is personal data: it is in the memory of the page, not in the URL.
  const recipient = useSignal('');
  const channel = CHANNELS.find(({ word }) => word.toLowerCase() === query.get('channel'))?.channel;
  const key = `contacts ${query.get('workspace')} ${query.get('mode')} ${channel} ${recipient.value}`;
  const paged = usePaged<Contact>(key, {
    idOf: ({ id }) => id,
    async load(pageToken, signal) {
      const page = await api.contacts.listContacts(
        { ...target(), pageSize: 100, pageToken, recipient: recipient.value, ...(channel && { channel }) },
        signal ? { signal } : {},
      );
      return { items: page.contacts, next: page.nextPageToken };
    },
  });
  const columns: readonly Column<Contact>[] = [
    {
      head: 'Address',
      cell: ({ maskedAddress }) => <span class="num">{maskedAddress}</span>,
      text: ({ maskedAddress }) => maskedAddress,
    },
    { head: 'Channels', isWide: true, cell: channels, text: channels },
    {
      head: 'First verified',
      width: '130px',
      isWide: true,
      isSoft: true,
      cell: ({ firstVerifiedAt }) => <Ago at={firstVerifiedAt} />,
      text: ({ firstVerifiedAt }) => dateOf(firstVerifiedAt)?.toISOString() ?? '',
    },
    {
      head: 'Last verified',
      width: '130px',
      isSoft: true,
      cell: ({ lastVerifiedAt }) => <Ago at={lastVerifiedAt} />,
      text: ({ lastVerifiedAt }) => dateOf(lastVerifiedAt)?.toISOString() ?? '',
    },
    {
      head: 'Actions',
      width: '170px',
      isActions: true,
      cell: (contact) => <ContactActions contact={contact} again={paged.again} />,
    },
  ];
  return (
    <Page name="Contacts">
      <Card isFlush>
        <Filters>
          <Chips
            label="Channel"
            name="channel"
            options={CHANNELS.map(({ word }) => ({ value: word.toLowerCase(), word }))}
          />
          {recipient.value ? (
            <button
              type="button"
              class="chip on"
              onClick={() => {
                recipient.value = '';
              }}
            >
              One address ×<span class="hidden">, remove this filter</span>
            </button>
          ) : (
            <Action
              label="By address…"
              look="quiet"
              method={method.listContacts}
              title="Find a contact"
              submit="Find"
              onSubmit={async (values) => {
                recipient.value = values.text('recipient');
              }}
            >
              <RecipientField />
            </Action>
          )}
          <span class="tally" />
          <Export name="contacts" columns={columns} load={paged.load} />
        </Filters>
        <Table
          label="Contacts"
          columns={columns}
          paged={paged}
          idOf={({ id }) => id}
          empty={
            <Empty title="No contacts">
              A Send with <code>add_contact</code> keeps an address once its code is entered.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}

function ContactActions({ contact, again }: { readonly contact: Contact; readonly again: () => void }) {
  const { id } = contact;
  return (
    <span class="row-actions">
      <Action
        label="Show"
        look="quiet"
        method={method.getContact}
        title={contact.maskedAddress}
        submit="Show the address"
        onSubmit={async () => {
          const { contact: full } = await api.contacts.getContact({ ...target(), id });
          return (
            <Facts
              facts={[
                ['Address', full?.address],
                ['Channels', full && channels(full)],
                [
                  'Last session',
                  full?.lastSessionId && (
                    <a href={link(`/sessions/${full.lastSessionId}`)}>{full.lastSessionId}</a>
                  ),
                ],
              ]}
            />
          );
        }}
      >
        <p>The address is shown in full. That you looked is written to the audit log.</p>
      </Action>
      <Action
        label="Delete"
        look="danger-quiet"
        method={method.deleteContact}
        title={`Delete ${contact.maskedAddress}`}
        submit="Delete the contact"
        confirm={contact.maskedAddress.slice(-2)}
        onSubmit={async () => {
          await api.contacts.deleteContact({ ...target(), id });
          say('The contact is deleted.');
          again();
        }}
      >
        <p>It is forgotten that this address was verified. This cannot be undone.</p>
      </Action>
    </span>
  );
}
