import { durationMs } from '@bufbuild/protobuf/wkt';
import {
  type DurationQuantiles,
  StatsDimension,
  type StatsRow,
} from '../../../gen/otp/admin/v1/stats_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { Empty, Problem, Skeleton } from '../../look/States.js';
import { api, target } from '../api.js';
import { Funnel } from '../charts/Funnel.js';
import { HeatMap, type Hours } from '../charts/HeatMap.js';
import { csv, save } from '../csv.js';
import { DIMENSIONS, idOfRow } from '../dimensions.js';
import { count, dateOf, duration, money, share } from '../format.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { Figures } from '../ui/Facts.js';
import { Filters, Pick } from '../ui/Filters.js';
import { Card, Page } from '../ui/Page.js';
import { RangePicker, rangeOf } from '../ui/Range.js';
import { type Column, Table } from '../ui/Table.js';
import { CHANNELS } from '../words.js';

const FEW = 30;

const n = (value: bigint): number => Number(value);
const conversion = (row: StatsRow): string => share(n(row.approvals), n(row.sends));

/** Half of the times, and what nearly all of them are within. */
const times = (of: DurationQuantiles | undefined) =>
  of && of.count > 0n
    ? {
        value: duration(of.p50),
        note: `after being sent, half of ${count(of.count)}; 90% within ${duration(of.p90)}, 99% within ${duration(of.p99)}`,
      }
    : { value: '–', note: 'after being sent; none measured' };

export function Analytics() {
  const query = useQuery();
  const range = rangeOf(query, '7d');
  const by = DIMENSIONS.find(({ value }) => value === query.get('by')) ?? DIMENSIONS[0];
  const second = DIMENSIONS.find(({ value }) => value === query.get('and') && value !== by.value);
  const channel = CHANNELS.find(({ word }) => word.toLowerCase() === query.get('channel'))?.channel;
  const scope = `${query.get('workspace')} ${query.get('mode')} ${range.name} ${channel}`;
  const ask = (groupBy: StatsDimension[], signal: AbortSignal) =>
    api.stats.getStats(
      {
        ...target(),
        from: range.fromTime,
        ...(range.toTime && { to: range.toTime }),
        ...(channel && { channel }),
        groupBy,
      },
      { signal },
    );
  const table = useLoaded(`analytics ${scope} ${by.value} ${second?.value}`, (signal) =>
    ask([by.dimension, ...(second ? [second.dimension] : [])], signal),
  );
  const hours = useLoaded(`hours ${scope}`, async (signal) =>
    weekOf((await ask([StatsDimension.HOUR], signal)).rows),
  );
  const total = table.value?.total;
  const rows = table.value?.rows.toSorted((a, b) => n(b.sends) - n(a.sends));
  const columns: readonly Column<StatsRow>[] = [
    { head: by.word, cell: by.of, text: by.of },
    ...(second ? [{ head: second.word, cell: second.of, text: second.of }] : []),
    ...(['sends', 'accepted', 'delivered', 'approvals', 'wrongCodes', 'refusedTotal'] as const).map(
      (name) => ({
        head: {
          sends: 'Sent',
          accepted: 'Accepted',
          delivered: 'Delivered',
          approvals: 'Approved',
          refusedTotal: 'Refused',
          wrongCodes: 'Wrong codes',
        }[name],
        isNumber: true,
        isWide: name !== 'sends',
        cell: (row: StatsRow) => count(row[name]),
        text: (row: StatsRow) => String(row[name]),
      }),
    ),
    {
      head: 'Conversion',
      isNumber: true,
      cell: (row) => (
        <span
          class={row.sends < FEW ? 'soft' : undefined}
          title={row.sends < FEW ? 'Few sends: chance weighs' : undefined}
        >
          {conversion(row)}
        </span>
      ),
      text: conversion,
    },
    {
      head: 'Entered in',
      isNumber: true,
      isWide: true,
      cell: ({ timeToApproval: time }) => (
        <span title={time && `90%: ${duration(time.p90)}, 99%: ${duration(time.p99)}`}>
          {duration(time?.p50)}
        </span>
      ),
      text: ({ timeToApproval: time }) => (time?.p50 ? String(durationMs(time.p50) / 1000) : ''),
    },
    {
      head: 'Spend',
      isNumber: true,
      isWide: true,
      cell: (row) => money(row.spendMicros, ''),
      text: (row) => String(Number(row.spendMicros) / 1e6),
    },
    {
      head: 'Per approval',
      isNumber: true,
      isWide: true,
      cell: (row) => (row.spendPerApprovalMicros > 0n ? money(row.spendPerApprovalMicros, '') : '–'),
      text: (row) => String(Number(row.spendPerApprovalMicros) / 1e6),
    },
  ];
  return (
    <Page name="Analytics" actions={<RangePicker standard="7d" />}>
      <Problem error={table.error ?? hours.error} again={table.again} />
      <Figures
        label="Times"
        figures={[
          { word: 'Entered', value: undefined, ...(total && times(total.timeToApproval)) },
          { word: 'Delivered', value: undefined, ...(total && times(total.timeToDelivery)) },
          {
            word: 'Wrong codes',
            value: total && count(total.wrongCodes),
            note: 'compared and not the right one',
          },
        ]}
      />
      <div class="split even">
        <Card title="Conversion by the hour of the week">
          {hours.value ? <HeatMap week={hours.value} /> : <div class="skeleton tall" />}
        </Card>
        <Card title="From asked to approved">
          {total ? (
            <Funnel
              steps={[
                { word: 'Asked for', n: n(total.sends + total.refusedTotal) },
                { word: 'Let through', n: n(total.sends), note: `${count(total.refusedTotal)} refused` },
                { word: 'Taken by a provider', n: n(total.accepted), note: `${count(total.failed)} failed` },
                { word: 'Delivered, as far as receipts say', n: n(total.delivered) },
                { word: 'Approved', n: n(total.approvals) },
              ]}
            />
          ) : (
            <Skeleton rows={5} />
          )}
        </Card>
      </div>
      <Card isFlush>
        <Filters>
          <Pick label="By" name="by" any="Country" options={DIMENSIONS.slice(1)} />
          <Pick
            label="and"
            name="and"
            any="nothing else"
            options={DIMENSIONS.filter(({ value }) => value !== by.value)}
          />
          <Pick
            label="Channel"
            name="channel"
            options={CHANNELS.map(({ word }) => ({ value: word.toLowerCase(), word }))}
          />
          <span class="tally">{total && `${count(total.sends)} sent, ${conversion(total)} approved`}</span>
          <button
            type="button"
            class="button small"
            onClick={() => {
              const exported = columns.filter(({ text }) => text);
              save(
                'analytics.csv',
                csv([
                  exported.map(({ head }) => head),
                  ...(rows ?? []).map((row) => exported.map(({ text }) => text?.(row) ?? '')),
                ]),
              );
            }}
          >
            <Icon name="download" /> CSV
          </button>
        </Filters>
        <Table
          label={`Messages by ${by.word.toLowerCase()}`}
          columns={columns}
          paged={{ ...table, items: rows, hasMore: false, more: async () => {} }}
          idOf={idOfRow}
          empty={<Empty title="No messages in this time">Choose a longer time.</Empty>}
        />
      </Card>
    </Page>
  );
}

/** Hours added up by weekday and hour, UTC. */
function weekOf(rows: readonly StatsRow[]): Hours[][] {
  const week = Array.from({ length: 7 }, () =>
    Array.from({ length: 24 }, () => ({ sends: 0, approvals: 0 })),
  );
  for (const row of rows) {
    const start = dateOf(row.start);
    const cell = start && week[(start.getUTCDay() + 6) % 7]?.[start.getUTCHours()];
    if (!cell) continue;
    cell.sends += n(row.sends);
    cell.approvals += n(row.approvals);
  }
  return week;
}
