import { scaleLinear } from 'd3-scale';
import { count, share } from '../format.js';

interface Step {
  readonly word: string;
  readonly n: number;
  readonly note?: string;
}

/** Steps of which each is a part of the first. */
export function Funnel({ steps }: { readonly steps: readonly Step[] }) {
  const whole = steps[0]?.n ?? 0;
  const width = scaleLinear()
    .domain([0, Math.max(1, whole)])
    .range([0, 100])
    .clamp(true);
  return (
    <ol class="funnel">
      {steps.map(({ word, n, note }) => (
        <li key={word}>
          <span class="word">{word}</span>
          <span class="n">{count(n)}</span>
          <span class="share">{share(n, whole)}</span>
          <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width="100" height="6" rx="1" class="rail" />
            <rect width={width(n)} height="6" rx="1" class="bar" />
          </svg>
          {note && <span class="note">{note}</span>}
        </li>
      ))}
    </ol>
  );
}
