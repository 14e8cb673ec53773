import type { ChannelName } from '../../domain/channels.js';
import { DAY_MS, HOUR_MS } from '../../platform/durations.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import type { Part, PartName } from './parts.js';
import type { Bins, TimeName } from './sketch.js';

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
  'refusedTotal',
  'wrongCodes',
  'spendMicros',
] as const;

export type Count = (typeof COUNTS)[number];

/** What is counted for the guess bound and never shown: messages by the length of their codes, and those whose Send named no source. */
type BoundCount = 'codes4' | 'codes5' | 'codes6' | 'unidentified';

export type Counts = Readonly<Partial<Record<Count | BoundCount, number>>>;

/**
 * Of what something is counted. Empty: of e-mail there is no country, not every
 * message has a provider yet, and not every refused one a channel.
 */
export interface Subject {
  readonly channel: ChannelName | '';
  readonly country: string;
  readonly provider: string;
}

/** Which documents are read: those of all messages, or those split by a part. */
export interface Family {
  readonly span: Span;
  readonly by?: PartName | undefined;
}

/** The hours and the days are counted apart, so that a year is not added up from hours. */
export type Span = 'hour' | 'day';

const SPANS: Readonly<Record<Span, { readonly ms: number; readonly digits: number }>> = {
  hour: { ms: HOUR_MS, digits: '2030-01-15T12'.length },
  day: { ms: DAY_MS, digits: '2030-01-15'.length },
};

/**
 * The counts of one subject in one hour or day,
 * `_id` = workspace.mode/span/time/channel/country/provider. Those of a part have
 * "span.part" for the span, and its value, encoded, at the end.
 */
export interface StoredStats extends Document, Subject, Counts {
  /** Of a part. */
  readonly value?: string;
  /** How long things took, by what was measured. */
  readonly times?: Readonly<Partial<Record<TimeName, Bins>>>;
  readonly at: Date;
  readonly purgeAt: Date;
}

export const statsOf = (documents: Documents): Collection<StoredStats> => documents.collection('stats');

/** Milliseconds at which the hour or day of `ms` begins. */
export const beginOf = (span: Span, ms: number): number => ms - (ms % SPANS[span].ms);

/** Where the documents of a time begin: ids sort by time. */
export const idAt = (partition: string, { span, by }: Family, ms: number): string =>
  `${partition}/${by ? `${span}.${by}` : span}/${new Date(ms).toISOString().slice(0, SPANS[span].digits)}`;

/** The `_id` of a subject's counts, or of a part of them. */
export function idOf(
  partition: string,
  { span, part }: { readonly span: Span; readonly part?: Part | undefined },
  { at, subject }: { readonly at: number; readonly subject: Subject },
): string {
  const { channel, country, provider } = subject;
  const id = `${idAt(partition, { span, by: part?.by }, at)}/${channel}/${country}/${provider}`;
  return part ? `${id}/${Buffer.from(part.value).toString('base64url')}` : id;
}
