import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { useSignal } from '@preact/signals';
import { type Query, useQuery } from '../route.js';
import { Dialog } from './Action.js';
import { Text } from './Fields.js';

const HOUR = 3_600_000;
const RANGES: Readonly<Record<string, number>> = {
  '1h': HOUR,
  '24h': 24 * HOUR,
  '7d': 168 * HOUR,
  '30d': 720 * HOUR,
};

/** A range of time as the URL names it: `24h`, or `from…to` in UTC. */
export interface Range {
  readonly name: string;
  readonly from: Date;
  /** Absent: until now. */
  readonly to: Date | undefined;
  readonly fromTime: Timestamp;
  readonly toTime: Timestamp | undefined;
  readonly ms: number;
}

export function rangeOf(query: Query, standard = '24h'): Range {
  const text = query.get('range') || standard;
  const [start, end] = text.split('…').map((part) => new Date(`${part}Z`));
  const isCustom = text.includes('…') && start && end && start < end;
  const ms = isCustom ? Number(end) - Number(start) : (RANGES[text] ?? RANGES[standard] ?? 24 * HOUR);
  // To the minute, so that requests of one minute are the same.
  const from = isCustom ? start : new Date(Math.floor((Date.now() - ms) / 60_000) * 60_000);
  const to = isCustom ? end : undefined;
  return {
    name: isCustom || text in RANGES ? text : standard,
    from,
    to,
    fromTime: timestampFromDate(from),
    toTime: to && timestampFromDate(to),
    ms,
  };
}

export function RangePicker({ standard = '24h' }: { readonly standard?: string }) {
  const query = useQuery();
  const { name, from, to } = rangeOf(query, standard);
  const isOpen = useSignal(false);
  const local = (date: Date) => date.toISOString().slice(0, 16);
  return (
    <fieldset class="choice">
      <legend class="hidden">Time range</legend>
      {Object.keys(RANGES).map((option) => (
        <label key={option}>
          <input
            type="radio"
            name="range"
            checked={option === name}
            onChange={() => query.set({ range: option === standard ? '' : option })}
          />
          <span>{option}</span>
        </label>
      ))}
      <button
        type="button"
        class={name in RANGES ? undefined : 'on'}
        aria-pressed={!(name in RANGES)}
        onClick={() => {
          isOpen.value = true;
        }}
      >
        …<span class="hidden">Other range</span>
      </button>
      {isOpen.value && (
        <Dialog
          label="Time range"
          submit="Show"
          onClose={() => {
            isOpen.value = false;
          }}
          onSubmit={async (values) => {
            query.set({ range: `${values.text('from')}…${values.text('to')}` });
          }}
        >
          <Text label="From (UTC)" name="from" type="datetime-local" required value={local(from)} />
          <Text label="To (UTC)" name="to" type="datetime-local" required value={local(to ?? new Date())} />
        </Dialog>
      )}
    </fieldset>
  );
}

/** Whether a page keeps up with what happens, and the switch for it. */
export function LiveSwitch() {
  const query = useQuery();
  const isOn = query.get('live') !== 'off';
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      class={isOn ? 'button live on' : 'button live'}
      onClick={() => query.set({ live: isOn ? 'off' : '' }, 'replace')}
    >
      <span class="dot" /> Live
    </button>
  );
}

export const liveEvery = (query: Query, ms: number): number => (query.get('live') === 'off' ? 0 : ms);
