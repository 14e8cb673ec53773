import type { ChannelName } from '../../domain/channels.js';

/** The channels of each recipient: text messages and WhatsApp to one phone have one. */
export function recipientChannels(
  channels: readonly (readonly [ChannelName, string])[],
): ReadonlyMap<string, readonly ChannelName[]> {
  const byRecipient = new Map<string, ChannelName[]>();
  for (const [channel, recipient] of channels) {
    const others = byRecipient.get(recipient);
    if (others) others.push(channel);
    else byRecipient.set(recipient, [channel]);
  }
  return byRecipient;
}
