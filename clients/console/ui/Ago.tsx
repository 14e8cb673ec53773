import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { ago, bothTimes, clockTime, dateOf, dayTime } from '../format.js';

interface Props {
  readonly at: Timestamp | undefined;
  /** `clock` today, `day` with the date, `ago` relative to now. */
  readonly as?: 'clock' | 'day' | 'ago';
  readonly none?: string;
}

/** A moment; its title has it in UTC and in local time. */
export function Ago({ at, as = 'day', none = '–' }: Props) {
  const date = dateOf(at);
  if (!date) return <>{none}</>;
  const text = as === 'ago' ? ago(date) : as === 'clock' && isToday(date) ? clockTime(date) : dayTime(date);
  return (
    <time dateTime={date.toISOString()} title={bothTimes(date)}>
      {text}
    </time>
  );
}

const isToday = (date: Date): boolean => Date.now() - date.getTime() < 86_400_000;
