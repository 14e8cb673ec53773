import type { ChannelName } from '../domain/channels.js';
import type { StoredChannel } from '../session/stored.js';
import type { RefusedRecipient } from './refusals.js';

type Named = Pick<StoredChannel, 'masked' | 'recipient' | 'prefix' | 'country'>;

/** Those that are guarded: phones, which alone have a country, and a prefix where something is really sent. */
export const guardedPhones = (channels: readonly (readonly [ChannelName, Named])[]): RefusedRecipient[] =>
  channels.flatMap(([channel, { masked, recipient, prefix, country }]) =>
    prefix && country ? [{ channel, masked, recipient, prefix, country }] : [],
  );
