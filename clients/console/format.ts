import type { Duration, Timestamp } from '@bufbuild/protobuf/wkt';
import { durationMs, timestampDate } from '@bufbuild/protobuf/wkt';
import { timeFormat, utcFormat } from 'd3-time-format';

const number = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

export const clockTime = timeFormat('%H:%M:%S');
export const preciseTime = timeFormat('%H:%M:%S.%L');
export const hourTime = timeFormat('%H:%M');
export const dayOf = timeFormat('%-d %b');
export const dayTime = timeFormat('%-d %b %H:%M');
const utc = utcFormat('%Y-%m-%d %H:%M:%S.%L UTC');
/** For a title: UTC and local time. */
export const bothTimes = (date: Date): string =>
  `${utc(date)} · ${timeFormat('%Y-%m-%d %H:%M:%S')(date)} local`;

export const count = (n: number | bigint): string => number.format(n);
export const share = (part: number, whole: number): string =>
  whole > 0 ? percent.format(part / whole) : '–';
export const fraction = (n: number): string =>
  n > 0 && n < 0.0001
    ? 'under 0.01%'
    : new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 2 }).format(n);
export const dateOf = (time?: Timestamp): Date | undefined => time && timestampDate(time);

/** An amount in millionths of the currency. Currencies that are not three letters are written behind it. */
export function money(micros: bigint, currency: string): string {
  const amount = Number(micros) / 1e6;
  const digits = Math.abs(amount) < 1 && amount !== 0 ? 4 : 2;
  const options = { minimumFractionDigits: 2, maximumFractionDigits: digits };
  if (!/^[A-Z]{3}$/.test(currency)) return new Intl.NumberFormat('en', options).format(amount);
  return new Intl.NumberFormat('en', { ...options, style: 'currency', currency }).format(amount);
}

/** How long, in its largest two units. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

export const duration = (value?: Duration): string => (value ? span(durationMs(value)) : '–');

/** How long ago, or until, a moment is. */
export function ago(date: Date, now = Date.now()): string {
  const ms = now - date.getTime();
  if (Math.abs(ms) < 1000) return 'now';
  return ms > 0 ? `${span(Math.floor(ms / 1000) * 1000)} ago` : `in ${span(Math.ceil(-ms / 1000) * 1000)}`;
}
