import { useSignal } from '@preact/signals';
import { scaleQuantize } from 'd3-scale';
import { count, share } from '../format.js';
import { AsTable } from './AsTable.js';
import { movedInGrid } from './chart.js';

/** Hours of a week: seven days from Monday, of 24 hours. */
export interface Hours {
  readonly sends: number;
  readonly approvals: number;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FEW = 30;

const describe = ({ sends, approvals }: Hours) =>
  `${share(approvals, sends)} of ${count(sends)}${sends > 0 && sends < FEW ? ', few' : ''}`;

/** Conversion by the hour of the week; with few sends a share means nothing, and the cell is grey. */
export function HeatMap({ week }: { readonly week: readonly (readonly Hours[])[] }) {
  return (
    <AsTable
      head={['Day', ...Array.from({ length: 24 }, (_, hour) => String(hour))]}
      rows={week.map((hours, day) => [
        DAYS[day] ?? '',
        ...hours.map(({ sends, approvals }) => share(approvals, sends)),
      ])}
      legend={
        <>
          Conversion, low <span class="heat-key" /> high. Grey: under {FEW} sends
        </>
      }
      chart={(say) => <Cells week={week} say={say} />}
    />
  );
}

interface CellsProps {
  readonly week: readonly (readonly Hours[])[];
  readonly say: (text: string) => void;
}

function Cells({ week, say }: CellsProps) {
  const step = scaleQuantize<number>().domain([0, 1]).range([1, 2, 3, 4, 5]);
  const chosen = useSignal(-1);
  const wordsOf = (index: number): string => {
    const one = week[Math.floor(index / 24)]?.[index % 24];
    return one ? `${DAYS[Math.floor(index / 24)]} ${index % 24}:00 ${describe(one)}` : '';
  };
  const choose = (index: number) => {
    chosen.value = index;
    say(wordsOf(index));
  };
  return (
    <div
      class="chart"
      role="slider"
      tabIndex={0}
      aria-label="Conversion by day and hour, UTC"
      aria-valuemin={0}
      aria-valuemax={week.length * 24 - 1}
      aria-valuenow={Math.max(0, chosen.value)}
      aria-valuetext={wordsOf(chosen.value) || 'The arrow keys read each hour'}
      onKeyDown={(event) => {
        const next = movedInGrid(event.key, chosen.value, { columns: 24, length: week.length * 24 });
        if (next === undefined) return;
        event.preventDefault();
        choose(next);
      }}
      onPointerLeave={() => choose(-1)}
      onBlur={() => choose(-1)}
    >
      <svg class="heat" viewBox="0 0 520 168" aria-hidden="true">
        {week.map((hours, day) => (
          <g key={DAYS[day]} transform={`translate(0 ${day * 21})`}>
            <text x="0" y="14" class="tick">
              {DAYS[day]}
            </text>
            {hours.map((one, hour) => (
              <rect
                key={hour}
                x={36 + hour * 20}
                y="0"
                width="18"
                height="18"
                rx="3"
                class={[heatOf(one, step), day * 24 + hour === chosen.value && 'chosen']
                  .filter(Boolean)
                  .join(' ')}
                onPointerEnter={() => choose(day * 24 + hour)}
              />
            ))}
          </g>
        ))}
        {[0, 6, 12, 18, 23].map((hour) => (
          <text key={hour} x={45 + hour * 20} y="162" class="tick middle">
            {hour}
          </text>
        ))}
      </svg>
    </div>
  );
}

function heatOf({ sends, approvals }: Hours, step: (share: number) => number): string {
  if (sends === 0) return 'none';
  return sends < FEW ? 'few' : `heat-${step(approvals / sends)}`;
}
