import type { ChannelName } from '../../domain/channels.js';
import type { Charges } from '../../session/stored.js';
import type { Prices } from './stored.js';

/** What a message on each of these channels costs. Free ones are left out. */
export const chargesFor = (prices: Prices, channels: readonly ChannelName[]): Charges =>
  Object.fromEntries(channels.filter((name) => prices[name] > 0).map((name) => [name, prices[name]]));

/** The charges together. */
export const sumCharges = (charges: Charges): number =>
  Object.values(charges).reduce((total, amount) => total + amount, 0);
