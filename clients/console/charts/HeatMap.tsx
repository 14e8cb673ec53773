import { scaleQuantize } from 'd3-scale';
import { count, share } from '../format.js';
import { AsTable } from './AsTable.js';

/** Hours of a week: seven days from Monday, of 24 hours. */
export interface Hours {
  readonly sends: number;
  readonly approvals: number;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FEW = 30;

/** Conversion by the hour of the week; with few sends a share means nothing, and the cell is grey. */
export function HeatMap({ week }: { readonly week: readonly (readonly Hours[])[] }) {
  const step = scaleQuantize<number>().domain([0, 1]).range([1, 2, 3, 4, 5]);
  const told = ({ sends, approvals }: Hours) =>
    `${share(approvals, sends)} of ${count(sends)}${sends > 0 && sends < FEW ? ', few' : ''}`;
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
      chart={(say) => (
        <svg class="heat" viewBox="0 0 520 168" role="img" aria-label="Conversion by day and hour, UTC">
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
                  class={
                    one.sends === 0
                      ? 'none'
                      : one.sends < FEW
                        ? 'few'
                        : `heat-${step(one.approvals / one.sends)}`
                  }
                  onPointerEnter={() => say(`${DAYS[day]} ${hour}:00 ${told(one)}`)}
                  onPointerLeave={() => say('')}
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
      )}
    />
  );
}
