import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';

/** A timestamp field where there is a date, nothing where there is none. */
export function when<K extends string>(field: K, date: Date | null | undefined): { [P in K]?: Timestamp } {
  return date ? ({ [field]: timestampFromDate(date) } as { [P in K]: Timestamp }) : {};
}
