import type { ComponentChildren } from 'preact';
import { useQuery } from '../route.js';
import type { Option } from './Fields.js';

/** A group of chips of which one is on; '' is the first. */
export function Chips({
  label,
  name,
  options,
}: {
  readonly label: string;
  readonly name: string;
  readonly options: readonly Option[];
}) {
  const query = useQuery();
  const chosen = query.get(name);
  return (
    <fieldset class="chips">
      <legend class="hidden">{label}</legend>
      {[{ value: '', word: 'All' }, ...options].map(({ value, word }) => (
        <button
          key={value}
          type="button"
          class={value === chosen ? 'chip on' : 'chip'}
          aria-pressed={value === chosen}
          onClick={() => query.set({ [name]: value === chosen ? '' : String(value) })}
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}

/** A select whose value is a parameter of the URL. */
export function Pick({
  label,
  name,
  options,
  any = 'Any',
}: {
  readonly label: string;
  readonly name: string;
  readonly options: readonly Option[];
  readonly any?: string | undefined;
}) {
  const query = useQuery();
  return (
    <label class="pick">
      <span>{label}</span>
      <select
        class="input"
        value={query.get(name)}
        onChange={({ currentTarget }) => query.set({ [name]: currentTarget.value })}
      >
        <option value="">{any}</option>
        {options.map(({ value, word }) => (
          <option key={value} value={String(value)}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A text filter. Only for what is no personal data: it is in the URL. */
export function Typed({ label, name }: { readonly label: string; readonly name: string }) {
  const query = useQuery();
  return (
    <label class="pick">
      <span>{label}</span>
      <input
        class="input"
        value={query.get(name)}
        autocomplete="off"
        onChange={({ currentTarget }) => query.set({ [name]: currentTarget.value.trim() }, 'replace')}
      />
    </label>
  );
}

export const Filters = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="filters">{children}</div>
);

/** Offers to remove the filters that hide everything. */
export function NothingMatches({ names }: { readonly names: readonly string[] }) {
  const query = useQuery();
  return (
    <div class="empty">
      <h2>Nothing matches</h2>
      <p>Remove a filter, or look at a longer time.</p>
      <button
        type="button"
        class="button"
        onClick={() => query.set(Object.fromEntries(names.map((name) => [name, ''])))}
      >
        Remove all filters
      </button>
    </div>
  );
}
