import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type GetStatsResponse,
  StatsDimension,
  type StatsRow,
} from '../../gen/otp/admin/v1/stats_service_pb.js';
import { api, target } from './api.js';
import type { Step } from './charts/HourBars.js';
import { dateOf } from './format.js';
import type { Range } from './ui/Range.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

export const isDaily = (range: Range): boolean => range.ms > 3 * DAY;

/** Totals of a range and each hour or day of it, with the one a week before where asked. */
export async function readTraffic(
  range: Range,
  signal: AbortSignal,
  withBefore = false,
): Promise<{ total: StatsRow | undefined; steps: Step[] }> {
  const groupBy = [isDaily(range) ? StatsDimension.DAY : StatsDimension.HOUR];
  const ask = (shift: number) =>
    api.stats.getStats(
      {
        ...target(),
        from: timestampFromDate(new Date(range.from.getTime() - shift)),
        ...(range.to || shift
          ? { to: timestampFromDate(new Date((range.to?.getTime() ?? Date.now()) - shift)) }
          : {}),
        groupBy,
      },
      { signal },
    );
  const [now, before] = await Promise.all([ask(0), withBefore ? ask(WEEK) : undefined]);
  return { total: now.total, steps: stepsOf(now, range, before) };
}

/** Hours without messages have no row, and are shown. */
function stepsOf({ rows }: GetStatsResponse, range: Range, before: GetStatsResponse | undefined): Step[] {
  const length = isDaily(range) ? DAY : HOUR;
  const byStart = (list: readonly StatsRow[]) =>
    new Map(list.map((row) => [dateOf(row.start)?.getTime() ?? 0, row]));
  const found = byStart(rows);
  const earlier = before && byStart(before.rows);
  const start = Math.floor(range.from.getTime() / length) * length;
  const end = range.to?.getTime() ?? Date.now();
  const steps: Step[] = [];
  for (let at = start; at < end; at += length) {
    const row = found.get(at);
    steps.push({
      start: new Date(at),
      sends: Number(row?.sends ?? 0n),
      approvals: Number(row?.approvals ?? 0n),
      refused: Number(row?.refused ?? 0n),
      ...(earlier && { before: Number(earlier.get(at - WEEK)?.sends ?? 0n) }),
    });
  }
  return steps;
}
