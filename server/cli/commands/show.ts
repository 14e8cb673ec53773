import type { DescEnum } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import {
  type Channel,
  ChannelSchema,
  type Session,
  SessionSchema,
  type SessionStatus,
  SessionStatusSchema,
} from '../../../gen/otp/v1/session_pb.js';
import type { Column } from '../output/table.js';
import { wordOf } from '../resources/readValue.js';
import { jsonOf } from '../resources/showMessage.js';

/** The word of a value, as the command line writes it. */
export const word = (desc: DescEnum, value: number): string => {
  const found = desc.values.find(({ number }) => number === value);
  return found && found.number !== 0 ? wordOf(desc, found.name) : '';
};

const numberOf = (desc: DescEnum, text: string): number =>
  desc.values.find(({ number }) => word(desc, number) === text)?.number ?? 0;

/** The channel or status of a word; UNSPECIFIED for words that are none. */
export const channelNamed = (text: string): Channel => numberOf(ChannelSchema, text) as Channel;
export const statusNamed = (text: string): SessionStatus =>
  numberOf(SessionStatusSchema, text) as SessionStatus;

export const time = (at: Timestamp | undefined): string => (at ? timestampDate(at).toISOString() : '');

/** The columns of a session in a list. */
export const SESSION_COLUMNS: readonly Column<Session>[] = [
  { title: 'SESSION', value: ({ id }) => id },
  { title: 'STATUS', value: ({ status }) => word(SessionStatusSchema, status) },
  {
    title: 'CHANNELS',
    value: ({ channels }) =>
      channels
        .map(({ channel, maskedRecipient }) => `${word(ChannelSchema, channel)}:${maskedRecipient}`)
        .join(' '),
  },
  { title: 'PURPOSE', value: ({ purpose }) => purpose },
  { title: 'CREATED', value: ({ createdAt }) => time(createdAt) },
  { title: 'EXPIRES', value: ({ expiresAt }) => time(expiresAt) },
];

export const sessionJson = (session: Session): unknown => jsonOf(SessionSchema, session);
