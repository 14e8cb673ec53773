import type { ChannelName } from '../domain/channels.js';

/** Which channels must be verified: all, any one, or the required ones. */
export type StrategyName = 'ALL' | 'ANY' | 'SPECIFIC';

/** Whether the verified channels satisfy the strategy. */
export function isSatisfied(
  strategy: StrategyName,
  channels: readonly ChannelName[],
  required: readonly ChannelName[],
  verified: ReadonlySet<ChannelName>,
): boolean {
  switch (strategy) {
    case 'ALL':
      return channels.every((name) => verified.has(name));
    case 'ANY':
      return channels.some((name) => verified.has(name));
    case 'SPECIFIC':
      return required.every((name) => verified.has(name));
  }
}
