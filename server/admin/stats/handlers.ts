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
import { listedWorkspace, targetMode } from '../shared/target.js';
import type { Counter } from './counter.js';
import type { PartName } from './parts.js';
import { createAdder, type Dimension, type Grouping } from './rows.js';
import { beginOf, type Family, idAt, type StoredStats, statsOf } from './stored.js';
import { rowToProto } from './toProto.js';

const MOST_DAYS = 400;
const MOST_DAYS_BY_HOUR = 32;
const MOST_ROWS = 10_000;

const DIMENSIONS: Readonly<Record<number, Dimension>> = {
  [StatsDimension.CHANNEL]: 'channel',
  [StatsDimension.COUNTRY]: 'country',
  [StatsDimension.PROVIDER]: 'provider',
  [StatsDimension.WORKSPACE]: 'workspace',
};

const PART_DIMENSIONS: Readonly<Record<number, PartName>> = {
  [StatsDimension.PURPOSE]: 'purpose',
  [StatsDimension.API_KEY]: 'apiKey',
  [StatsDimension.LOCALE]: 'locale',
  [StatsDimension.DELIVERY_ERROR]: 'deliveryError',
  [StatsDimension.REFUSAL]: 'refusal',
};

/** The parts that can be filtered by, and the field that does. */
const FILTERS = [
  ['purpose', 'purpose'],
  ['apiKey', 'apiKeyId'],
  ['locale', 'locale'],
] as const;

/** Milliseconds, both whole hours. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is read. */
interface Reading {
  readonly range: Range;
  readonly byHour: boolean;
  readonly by: PartName | undefined;
}

/** The part that a request asks for. */
interface AskedPart {
  readonly by: PartName;
  /** The only value that is wanted. */
  readonly value: string | undefined;
  /** Whether rows are split by it. */
  readonly isGrouped: boolean;
}

interface Deps {
  readonly documents: Documents;
  readonly counter: Pick<Counter, 'flush'>;
  readonly workspaceNames: () => Promise<readonly string[]>;
  readonly clock: Clock;
}

/** The operator's side of the statistics. */
export function createStatsHandlers({
  documents,
  counter,
  workspaceNames,
  clock,
}: Deps): Handlers<typeof StatsService> {
  const stored = statsOf(documents);

  async function* read(partition: string, family: Family, { from, to }: Range): AsyncGenerator<StoredStats> {
    if (from >= to) return;
    const range = { $gte: idAt(partition, family, from), $lt: idAt(partition, family, to) };
    yield* stored.find({ _id: range }, { sort: { _id: 1 } });
  }

  /** Whole days are read as such, what is left before and after them by the hour. */
  async function* readAll(partition: string, { range, byHour, by }: Reading): AsyncGenerator<StoredStats> {
    const hours = { span: 'hour', by } as const;
    const firstDay = beginOf('day', range.from + DAY_MS - 1);
    const lastDay = beginOf('day', range.to);
    if (byHour || firstDay >= lastDay) return yield* read(partition, hours, range);
    yield* read(partition, hours, { from: range.from, to: firstDay });
    yield* read(partition, { span: 'day', by }, { from: firstDay, to: lastDay });
    yield* read(partition, hours, { from: lastDay, to: range.to });
  }

  return {
    async getStats(call, request) {
      const named = listedWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const part = partOf(request);
      const reading = { range: rangeOf(request, clock.now()), byHour: isByHour(request), by: part?.by };
      const wanted = wantedBy(request, part);
      const grouping = groupingOf(request, part);
      const rows = createAdder(grouping);
      const total = createAdder({ ...grouping, by: new Set(), startOf: () => 0 });
      // The counts of this process are included at once, those of others within seconds.
      await counter.flush();
      for (const workspace of named === undefined ? await workspaceNames() : [named]) {
        for await (const document of readAll(partitionOf({ workspace, mode }), reading)) {
          if (!wanted(document)) continue;
          rows.add(document, workspace);
          total.add(document, workspace);
          // Each row may have one beside it whose counts end up zero; see rows.ts.
          if (rows.size > 2 * MOST_ROWS) throw tooManyRows();
        }
      }
      const found = rows.rows();
      if (found.length > MOST_ROWS) throw tooManyRows();
      const [sum] = total.rows();
      const shown = part?.isGrouped ? part.by : undefined;
      return {
        rows: found.map((row) => rowToProto(row, shown)),
        total: sum ? rowToProto(sum, undefined) : {},
      };
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

/** The part by which a request splits or filters, of which there may be one. */
function partOf(request: GetStatsRequest): AskedPart | undefined {
  const grouped = request.groupBy.flatMap((dimension) => PART_DIMENSIONS[dimension] ?? []);
  const filtered = FILTERS.flatMap(([by, field]) => (request[field] ? [{ by, value: request[field] }] : []));
  const names = new Set([...grouped, ...filtered.map(({ by }) => by)]);
  if (names.size > 1) {
    throw invalid(
      'group_by',
      'may name one of purpose, API key, language, delivery error and refusal, and no other of them as a filter',
    );
  }
  const [by] = names;
  return by && { by, value: filtered[0]?.value, isGrouped: grouped.length > 0 };
}

/** Which documents a request asks for. */
function wantedBy(
  { channel, country, provider }: GetStatsRequest,
  part: AskedPart | undefined,
): (document: StoredStats) => boolean {
  const name = channelName(channel);
  const value = part?.value;
  return (document) =>
    (!name || document.channel === name) &&
    (!country || document.country === country) &&
    (!provider || document.provider === provider) &&
    (value === undefined || document.value === value);
}

function groupingOf({ groupBy, provider }: GetStatsRequest, part: AskedPart | undefined): Grouping {
  const by = new Set<Dimension>(groupBy.flatMap((dimension) => DIMENSIONS[dimension] ?? []));
  if (part?.isGrouped) by.add('value');
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
