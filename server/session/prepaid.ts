import type { ChannelName } from '../domain/channels.js';
import type { StoredSession } from './stored.js';

type Prepaid = Pick<StoredSession, 'only' | 'paid' | 'channels'>;

/**
 * Where a session counts the comparisons that the newest message of a channel
 * brought: beside the attempts where there is one channel, so that both are
 * taken by an update that does not know which channel it is.
 */
export const paidPath = ({ only }: Pick<Prepaid, 'only'>, channel: ChannelName): string =>
  only === channel ? 'paid' : `channels.${channel}.paid`;

/** How many are left; negative where none are. */
export const paidOf = (session: Prepaid, channel: ChannelName): number =>
  (session.only === channel ? session.paid : session.channels[channel]?.paid) ?? -1;
