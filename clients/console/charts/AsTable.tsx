import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface Props {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly legend: ComponentChildren;
  /** Draws; what it says is read where the legend stands. */
  readonly chart: (say: (text: string) => void) => ComponentChildren;
}

/** A chart with its legend, or the same numbers as a table. */
export function AsTable({ head, rows, legend, chart }: Props) {
  const isTable = useSignal(false);
  const said = useSignal('');
  return (
    <>
      {isTable.value ? (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                {head.map((word, at) => (
                  <th key={word} scope="col" class={at > 0 ? 'number' : undefined}>
                    {word}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row[0]}>
                  {row.map((text, at) => (
                    <td key={head[at]} class={at > 0 ? 'number' : undefined}>
                      {text}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        chart((text) => {
          said.value = text;
        })
      )}
      <div class="reading">
        <p aria-live="polite">{!isTable.value && (said.value || legend)}</p>
        <button
          type="button"
          class="button quiet small"
          onClick={() => {
            isTable.value = !isTable.value;
          }}
        >
          {isTable.value ? 'As chart' : 'As table'}
        </button>
      </div>
    </>
  );
}
