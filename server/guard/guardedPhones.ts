import type { ChannelName } from '../domain/channels.js';
import type { Fingerprints } from '../secrets/fingerprints.js';
import type { StoredChannel } from '../session/stored.js';
import type { RefusedRecipient } from './stored.js';

/** Digits that a prefix leaves open: pumpers rent numbers by the thousand, in a row. */
export const OPEN_DIGITS = 4;

/** The fingerprint of a number's prefix: the same for all numbers that differ in their last four digits only. */
export const phonePrefix = (fingerprints: Fingerprints, workspace: string, number: string): string =>
  fingerprints.subject(workspace, `prefix ${number.slice(0, -OPEN_DIGITS)}`);
/** The budgets of the phones among these, by prefix. */
export function budgetsByPrefix(
  channels: readonly { readonly prefix?: string | undefined; readonly budget: string }[],
): ReadonlyMap<string, readonly string[]> {
  const budgets = new Map<string, string[]>();
  for (const { prefix, budget } of channels)
    if (prefix) budgets.set(prefix, [...(budgets.get(prefix) ?? []), budget]);
  return budgets;
}

type Named = Pick<StoredChannel, 'masked' | 'recipient' | 'prefix' | 'country' | 'numberType'>;
/** Those that are guarded: phones, which alone have a country, and a prefix where something is really sent. */
export const guardedPhones = (channels: readonly (readonly [ChannelName, Named])[]): RefusedRecipient[] =>
  channels.flatMap(([channel, { masked, recipient, prefix, country, numberType }]) =>
    prefix && country
      ? [{ channel, masked, recipient, prefix, country, ...(numberType && { numberType }) }]
      : [],
  );
