import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';

/** An object with the timestamp field; empty without a date. */
export function timestampField<K extends string>(
  field: K,
  date: Date | null | undefined,
): { [P in K]?: Timestamp } {
  return date ? ({ [field]: timestampFromDate(date) } as { [P in K]: Timestamp }) : {};
}
