import type { ComponentChildren } from 'preact';

/** Names and values of one object. Values that are absent are left out. */
export const Facts = ({
  facts,
}: {
  readonly facts: readonly (readonly [name: string, value: ComponentChildren])[];
}) => (
  <dl class="facts-list">
    {facts
      .filter(([, value]) => value !== undefined && value !== '' && value !== null && value !== false)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);

interface Figure {
  readonly word: string;
  /** Undefined while it is loaded. */
  readonly value: string | undefined;
  readonly note?: string | undefined;
  readonly tone?: 'bad' | 'ok' | undefined;
}

/** The numbers at the head of a page. */
export const Figures = ({
  label,
  figures,
}: {
  readonly label: string;
  readonly figures: readonly Figure[];
}) => (
  <section class="figures" aria-label={label}>
    {figures.map(({ word, value, note, tone }) => (
      <div class="figure" key={word}>
        <span class="word">{word}</span>
        <span class={`value ${tone ?? ''}`}>{value ?? <span class="skeleton short" />}</span>
        {note && <span class="note">{note}</span>}
      </div>
    ))}
  </section>
);
