import type { ChannelName } from '../../domain/channels.js';
import { DAY_MS, HOUR_MS } from '../../platform/durations.js';
import type { Collection, Document, Documents } from '../../store/documents.js';

/** Counts are kept this long. */
export const KEPT_MS = 400 * DAY_MS;

/** What can be counted. */
export const COUNTS = [
  'sends',
  'accepted',
  'delivered',
  'failed',
  /** Messages that a provider took or gave up: what it was sent, as far as that is decided. */
  'settled',
  'approvals',
  'refused',
  'spendMicros',
] as const;

export type Count = (typeof COUNTS)[number];

/** What is counted for the guess bound and never shown: messages by the length of their codes, and those whose Send named no source. */
type BoundCount = 'codes4' | 'codes5' | 'codes6' | 'unidentified';

export type Counts = Readonly<Partial<Record<Count | BoundCount, number>>>;

/** Of what something is counted. Empty: of e-mail there is no country, and not every message has a provider yet. */
export interface Subject {
  readonly channel: ChannelName;
  readonly country: string;
  readonly provider: string;
}

/** The hours and the days are counted apart, so that a year is not added up from hours. */
export type Span = 'hour' | 'day';

const SPANS: Readonly<Record<Span, { readonly ms: number; readonly digits: number }>> = {
  hour: { ms: HOUR_MS, digits: '2030-01-15T12'.length },
  day: { ms: DAY_MS, digits: '2030-01-15'.length },
};

/** The counts of one subject in one hour or day, `_id` = workspace.mode/span/time/channel/country/provider. */
export interface StoredStats extends Document, Subject, Counts {
  readonly at: Date;
  readonly purgeAt: Date;
}

export const statsOf = (documents: Documents): Collection<StoredStats> => documents.collection('stats');

/** Milliseconds at which the hour or day of `ms` begins. */
export const beginOf = (span: Span, ms: number): number => ms - (ms % SPANS[span].ms);

/** Where the documents of a time begin: ids sort by time. */
export const idAt = (partition: string, span: Span, ms: number): string =>
  `${partition}/${span}/${new Date(ms).toISOString().slice(0, SPANS[span].digits)}`;

/** The `_id` of a subject's counts. */
export const idOf = (
  partition: string,
  span: Span,
  ms: number,
  { channel, country, provider }: Subject,
): string => `${idAt(partition, span, ms)}/${channel}/${country}/${provider}`;
