import { timestampMs } from '@bufbuild/protobuf/wkt';
import {
  type GetStatsRequest,
  StatsDimension,
  type StatsService,
} from '../../../gen/otp/admin/v1/stats_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { channelName } from '../../domain/channels.js';
import { partitionOf } from '../../domain/principal.js';
import { invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS, HOUR_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import { modeName } from '../shared/mode.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import type { Counter } from './counter.js';
import { createAdder, type Dimension, type Grouping } from './rows.js';
import { beginOf, idAt, type Span, type StoredStats, statsOf } from './stored.js';
import { rowToProto } from './toProto.js';

const MOST_DAYS = 400;
const MOST_DAYS_BY_HOUR = 32;
const MOST_ROWS = 10_000;

const DIMENSIONS: Readonly<Record<number, Dimension>> = {
  [StatsDimension.CHANNEL]: 'channel',
  [StatsDimension.COUNTRY]: 'country',
  [StatsDimension.PROVIDER]: 'provider',
};

/** Milliseconds, both whole hours. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** The operator's side of the statistics. */
export function createStatsHandlers(
  documents: Documents,
  counter: Counter,
  clock: Clock,
): Handlers<typeof StatsService> {
  const stored = statsOf(documents);

  async function* read(partition: string, span: Span, { from, to }: Range): AsyncGenerator<StoredStats> {
    if (from >= to) return;
    const range = { $gte: idAt(partition, span, from), $lt: idAt(partition, span, to) };
    yield* stored.find({ _id: range }, { sort: { _id: 1 } });
  }

  /** Whole days are read as such, what is left before and after them by the hour. */
  async function* readAll(partition: string, range: Range, byHour: boolean): AsyncGenerator<StoredStats> {
    const firstDay = beginOf('day', range.from + DAY_MS - 1);
    const lastDay = beginOf('day', range.to);
    if (byHour || firstDay >= lastDay) return yield* read(partition, 'hour', range);
    yield* read(partition, 'hour', { from: range.from, to: firstDay });
    yield* read(partition, 'day', { from: firstDay, to: lastDay });
    yield* read(partition, 'hour', { from: lastDay, to: range.to });
  }

  return {
    async getStats(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const partition = partitionOf({ workspace, mode: targetMode(call, modeName(request.mode)) });
      const range = rangeOf(request, clock.now());
      const wanted = wantedBy(request);
      const grouping = groupingOf(request);
      const rows = createAdder(grouping);
      const total = createAdder({ ...grouping, by: new Set(), startOf: () => 0 });
      // The counts of this process are included at once, those of others within seconds.
      await counter.flush();
      for await (const document of readAll(partition, range, isByHour(request))) {
        if (!wanted(document)) continue;
        rows.add(document);
        total.add(document);
        // Each row may have one beside it whose counts end up zero; see rows.ts.
        if (rows.size > 2 * MOST_ROWS) throw tooManyRows();
      }
      const found = rows.rows();
      if (found.length > MOST_ROWS) throw tooManyRows();
      const [sum] = total.rows();
      return { rows: found.map(rowToProto), total: sum ? rowToProto(sum) : {} };
    },
  };
}

const tooManyRows = () =>
  invalid('group_by', `would give more than ${MOST_ROWS} rows: ask for less time or fewer groups`);

const isByHour = ({ groupBy }: GetStatsRequest): boolean => groupBy.includes(StatsDimension.HOUR);

function rangeOf(request: GetStatsRequest, now: number): Range {
  const end = request.to ? timestampMs(request.to) : now;
  // The current hour is included from its first millisecond on.
  const to = beginOf('hour', request.to ? end + HOUR_MS - 1 : now + HOUR_MS);
  const from = beginOf('hour', request.from ? timestampMs(request.from) : end - DAY_MS);
  if (from >= to) throw invalid('to', 'must be later than from');
  const byHour = isByHour(request);
  if (byHour && request.groupBy.includes(StatsDimension.DAY))
    throw invalid('group_by', 'may name the hour or the day, not both');
  const most = byHour ? MOST_DAYS_BY_HOUR : MOST_DAYS;
  if (to - from > most * DAY_MS)
    throw invalid('from', `must be at most ${most} days before the end${byHour ? ' by the hour' : ''}`);
  return { from, to };
}

/** Which documents a request asks for. */
function wantedBy({ channel, country, provider }: GetStatsRequest): (document: StoredStats) => boolean {
  const name = channelName(channel);
  return (document) =>
    (!name || document.channel === name) &&
    (!country || document.country === country) &&
    (!provider || document.provider === provider);
}

function groupingOf({ groupBy, provider }: GetStatsRequest): Grouping {
  const by = new Set(groupBy.flatMap((dimension) => DIMENSIONS[dimension] ?? []));
  const span = groupBy.includes(StatsDimension.HOUR)
    ? 'hour'
    : groupBy.includes(StatsDimension.DAY)
      ? 'day'
      : undefined;
  return {
    by,
    startOf: ({ at }) => (span ? beginOf(span, at.getTime()) : 0),
    ofOneProvider: provider !== '',
  };
}
