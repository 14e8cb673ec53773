import { Channel } from '../../gen/otp/v1/session_pb.js';

/** Channel names as used in maps, in the database and in REST bodies. */
export type ChannelName = 'email' | 'sms' | 'whatsapp';

/** All channels, in the order in which they are shown and checked. */
export const CHANNELS: readonly ChannelName[] = ['email', 'sms', 'whatsapp'];

const NAMES: Readonly<Record<number, ChannelName>> = {
  [Channel.EMAIL]: 'email',
  [Channel.SMS]: 'sms',
  [Channel.WHATSAPP]: 'whatsapp',
};

const ENUMS: Readonly<Record<ChannelName, Channel>> = {
  email: Channel.EMAIL,
  sms: Channel.SMS,
  whatsapp: Channel.WHATSAPP,
};

/** The name of an enum value; undefined for a value outside the contract. */
export const channelName = (channel: Channel): ChannelName | undefined => NAMES[channel];

/** The enum value of a name. */
export const channelEnum = (name: ChannelName): Channel => ENUMS[name];

/** Whether a word names a channel. */
export const isChannelName = (word: string): word is ChannelName => Object.hasOwn(ENUMS, word);
