import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ListRefusalsRequestSchema, Refusal } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, target } from '../api.js';
import { count, dateOf } from '../format.js';
import { usePaged } from '../paging.js';
import { link } from '../route.js';
import { channelOf, plain } from '../words.js';
import { Ago } from './Ago.js';
import { type Column, Table } from './Table.js';

export const refusalColumns: readonly Column<Refusal>[] = [
  {
    head: 'Reason',
    cell: ({ reason, rule, detail }) => (
      <span title={detail}>
        {plain(reason)}
        {rule && <span class="soft"> {rule}</span>}
      </span>
    ),
    text: ({ reason, rule }) => `${reason} ${rule}`.trim(),
  },
  {
    head: 'Recipient',
    isWide: true,
    cell: ({ maskedRecipient, fingerprint, country }) => (
      <>
        {fingerprint ? <a href={link(`/recipients/${fingerprint}`)}>{maskedRecipient}</a> : maskedRecipient}{' '}
        <span class="soft">{country}</span>
      </>
    ),
    text: ({ maskedRecipient }) => maskedRecipient,
  },
  {
    head: 'Channel',
    width: '96px',
    isWide: true,
    isSoft: true,
    cell: ({ channel }) => channelOf(channel),
    text: ({ channel }) => channelOf(channel),
  },
  {
    head: 'Times',
    width: '72px',
    isNumber: true,
    cell: (one) => count(one.count),
    text: (one) => String(one.count),
  },
  {
    head: 'Last',
    width: '112px',
    isNumber: true,
    isSoft: true,
    cell: ({ lastAt }) => <Ago at={lastAt} as="clock" />,
    text: ({ lastAt }) => dateOf(lastAt)?.toISOString() ?? '',
  },
];

interface Props {
  readonly filter: MessageInitShape<typeof ListRefusalsRequestSchema>;
  readonly scope: string;
  readonly everyMs?: number;
}

/** Sends that were refused, each with what refused it. */
export function RefusalTable({ filter, scope, everyMs = 0 }: Props) {
  const paged = usePaged<Refusal>(`refusals ${scope}`, {
    idOf: ({ id }) => id,
    everyMs,
    async load(pageToken, signal) {
      const page = await api.recipients.listRefusals(
        { ...target(), ...filter, pageSize: 50, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.refusals, next: page.nextPageToken };
    },
  });
  const columns = filter.fingerprint
    ? refusalColumns.filter(({ head }) => head !== 'Recipient')
    : refusalColumns;
  return (
    <Table
      label="Refused sends"
      columns={columns}
      paged={paged}
      idOf={({ id }) => id}
      empty={<Empty title="Nothing was refused">No limit, rule or block refused a send in this time.</Empty>}
    />
  );
}
