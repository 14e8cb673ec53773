import { CHANNELS, type ChannelName } from '../domain/channels.js';

/** What a message is for: the code of a channel, or such a code for a transaction, which it has to show. */
export type MessageKind = ChannelName | `${ChannelName}-transaction`;

/** All of them, those without a transaction first. */
export const MESSAGE_KINDS: readonly MessageKind[] = [
  ...CHANNELS,
  ...CHANNELS.map((channel) => `${channel}-transaction` as const),
];

/** The kind of a channel's messages. */
export const messageKind = (channel: ChannelName, withTransaction: boolean): MessageKind =>
  withTransaction ? `${channel}-transaction` : channel;

export const channelOf = (kind: MessageKind): ChannelName =>
  CHANNELS.find((channel) => kind === channel || kind === `${channel}-transaction`)!;

/** Whether messages of the kind show a transaction. */
export const showsTransaction = (kind: MessageKind): boolean => kind !== channelOf(kind);
