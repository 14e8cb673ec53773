import { useSignal } from '@preact/signals';
import { max } from 'd3-array';
import { scaleBand, scaleLinear } from 'd3-scale';
import { count, dayOf, dayTime, hourTime, share } from '../format.js';
import { AsTable } from './AsTable.js';
import { column, moved, useWidth } from './chart.js';

export interface Step {
  readonly start: Date;
  readonly sends: number;
  readonly approvals: number;
  readonly refused: number;
  /** Sends of the same step a week before. */
  readonly before?: number | undefined;
}

const HEIGHT = 220;
const PAD = { top: 12, right: 8, bottom: 26, left: 40 };

/** Messages by the hour or day: approved inside what was sent, what the guard refused on top. */
export function HourBars({ steps, isDaily }: { readonly steps: readonly Step[]; readonly isDaily: boolean }) {
  const hasBefore = steps.some(({ before }) => before !== undefined);
  return (
    <AsTable
      head={['Time', 'Sent', 'Approved', 'Refused']}
      rows={steps.map((one) => [
        dayTime(one.start),
        count(one.sends),
        count(one.approvals),
        count(one.refused),
      ])}
      legend={
        <>
          <span class="key approved" /> Approved <span class="key sent" /> Sent, no code back{' '}
          <span class="key refused" /> Refused
          {hasBefore && (
            <>
              {' '}
              <span class="key before" /> Sent a week before
            </>
          )}
        </>
      }
      chart={(say) => <Bars steps={steps} isDaily={isDaily} say={say} />}
    />
  );
}

interface BarsProps {
  readonly steps: readonly Step[];
  readonly isDaily: boolean;
  readonly say: (text: string) => void;
}

function Bars({ steps, isDaily, say }: BarsProps) {
  const { box, width } = useWidth();
  const chosen = useSignal(-1);
  const most = max(steps, (one) => Math.max(one.sends + one.refused, one.before ?? 0)) ?? 0;
  const bottom = HEIGHT - PAD.bottom;
  const y = scaleLinear()
    .domain([0, Math.max(4, most)])
    .nice(4)
    .range([bottom, PAD.top]);
  const x = scaleBand<number>()
    .domain(steps.map((_, index) => index))
    .range([PAD.left, width - PAD.right])
    .paddingInner(0.25)
    .paddingOuter(0.1);
  const bar = Math.min(26, Math.max(1, x.bandwidth()));
  const left = (index: number) => (x(index) ?? 0) + (x.bandwidth() - bar) / 2;
  const every = Math.ceil(steps.length / (width < 480 ? 4 : 8));
  const choose = (index: number) => {
    chosen.value = index;
    const step = steps[index];
    say(step ? `${dayTime(step.start)}: ${describe(step)}` : '');
  };
  const step = steps[chosen.value];
  return (
    <div
      class="chart"
      ref={box}
      role="slider"
      tabIndex={0}
      aria-label={`Messages by the ${isDaily ? 'day' : 'hour'}`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, steps.length - 1)}
      aria-valuenow={Math.max(0, chosen.value)}
      aria-valuetext={step ? describe(step) : 'The arrow keys read each bar'}
      onKeyDown={(event) => {
        const next = moved(event.key, chosen.value, steps.length);
        if (next === undefined) return;
        event.preventDefault();
        choose(next);
      }}
      onPointerMove={(event) => {
        const at = event.clientX - event.currentTarget.getBoundingClientRect().left;
        choose(Math.min(steps.length - 1, Math.floor((at - PAD.left) / x.step())));
      }}
      onPointerLeave={() => choose(-1)}
      onBlur={() => choose(-1)}
    >
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
        {y.ticks(3).map((tick) => (
          <g key={tick}>
            <line x1={PAD.left} x2={width - PAD.right} y1={y(tick)} y2={y(tick)} class="grid" />
            <text x={PAD.left - 10} y={y(tick) + 4} class="tick end">
              {count(tick)}
            </text>
          </g>
        ))}
        {steps.map((one, index) => (
          <g
            key={one.start.getTime()}
            class={chosen.value >= 0 && index !== chosen.value ? 'dim' : undefined}
          >
            {one.sends > 0 && <path d={column(left(index), y(one.sends), bar, bottom)} class="sent" />}
            {one.approvals > 0 && (
              <path d={column(left(index), y(one.approvals), bar, bottom)} class="approved" />
            )}
            {one.refused > 0 && (
              <path
                d={column(left(index), y(one.sends + one.refused) - 2, bar, y(one.sends) - 2)}
                class="refused"
              />
            )}
            {one.before !== undefined && one.before > 0 && (
              <line
                x1={left(index) - 2}
                x2={left(index) + bar + 2}
                y1={y(one.before)}
                y2={y(one.before)}
                class="before"
              />
            )}
            {index % every === 0 && (
              <text x={left(index) + bar / 2} y={HEIGHT - 8} class="tick middle">
                {isDaily ? dayOf(one.start) : hourTime(one.start)}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}

const describe = ({ sends, approvals, refused, before }: Step): string =>
  `${count(sends)} sent, ${count(approvals)} approved (${share(approvals, sends)}), ${count(refused)} refused${
    before === undefined ? '' : `, ${count(before)} sent a week before`
  }`;
