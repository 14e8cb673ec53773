import type { SessionDetails } from '../../../gen/otp/admin/v1/session_service_pb.js';
import { dateOf } from '../format.js';
import { channelOf, deliveryOf, statusOf } from '../words.js';
import { Ago } from './Ago.js';
import { Pill } from './Pill.js';
import type { Column } from './Table.js';

const main = ({ session }: SessionDetails) => session?.channels[0];
const channels = ({ session }: SessionDetails) =>
  session?.channels.map(({ channel }) => channelOf(channel)).join(' + ') ?? '';

/** Of every list of sessions. Addresses are masked, in a file as well. */
export const sessionColumns: readonly Column<SessionDetails>[] = [
  {
    head: 'Status',
    width: '132px',
    cell: ({ session }) => {
      const { word, tone } = statusOf(session?.status ?? 0);
      return <Pill tone={tone}>{word}</Pill>;
    },
    text: ({ session }) => statusOf(session?.status ?? 0).word,
  },
  {
    head: 'Recipient',
    cell: (one) => <span class="num">{main(one)?.maskedRecipient ?? '–'}</span>,
    text: (one) => main(one)?.maskedRecipient ?? '',
  },
  { head: 'Channel', isWide: true, cell: channels, text: channels },
  {
    head: 'Delivery',
    isWide: true,
    isSoft: true,
    cell: (one) => {
      const { word, tone } = deliveryOf(main(one)?.deliveryState ?? 0);
      return tone === 'bad' ? <span class="bad">{word}</span> : word;
    },
    text: (one) => deliveryOf(main(one)?.deliveryState ?? 0).word,
  },
  {
    head: 'Purpose',
    isWide: true,
    isSoft: true,
    cell: ({ session }) => session?.purpose || '–',
    text: ({ session }) => session?.purpose ?? '',
  },
  {
    head: 'Attempts left',
    width: '104px',
    isWide: true,
    isNumber: true,
    isSoft: true,
    cell: ({ session }) => session?.attemptsRemaining,
    text: ({ session }) => String(session?.attemptsRemaining ?? ''),
  },
  {
    head: 'Started',
    width: '96px',
    isNumber: true,
    isSoft: true,
    cell: ({ session }) => <Ago at={session?.createdAt} as="clock" />,
    text: ({ session }) => dateOf(session?.createdAt)?.toISOString() ?? '',
  },
];

/** With what a file has besides. */
export const sessionFileColumns: readonly Column<SessionDetails>[] = [
  ...sessionColumns,
  { head: 'Session', cell: () => null, text: ({ session }) => session?.id ?? '' },
];
