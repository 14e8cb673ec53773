import type { ComponentChildren } from 'preact';

interface Props {
  /** The component, as its file is called. */
  readonly name: string;
  readonly children: ComponentChildren;
}

/** A component in one or more of its states. */
export const Example = ({ name, children }: Props) => (
  <section class="card" aria-label={name} data-component={name}>
    <div class="card-head">
      <h2>{name}</h2>
    </div>
    <div class="stack">{children}</div>
  </section>
);
