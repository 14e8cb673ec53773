import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Icon } from '../../look/Icon.js';

interface Props {
  readonly name: string;
  /** Where the page belongs, above its name. */
  readonly back?: { readonly href: string; readonly word: string };
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Name, actions and content of a page. */
export function Page({ name, back, actions, children }: Props) {
  useEffect(() => {
    document.title = `${name} · Countersign`;
  }, [name]);
  return (
    <>
      {back && (
        <a class="back" href={back.href}>
          <Icon name="back" /> {back.word}
        </a>
      )}
      <div class="title">
        <h1>{name}</h1>
        <div class="actions">{actions}</div>
      </div>
      {children}
    </>
  );
}

interface CardProps {
  readonly title?: string;
  readonly tools?: ComponentChildren;
  readonly isFlush?: boolean;
  readonly children: ComponentChildren;
}

export const Card = ({ title, tools, isFlush = false, children }: CardProps) => (
  <section class={isFlush ? 'card flush' : 'card'} aria-label={title}>
    {(title || tools) && (
      <div class="card-head">
        {title && <h2>{title}</h2>}
        <div class="tools">{tools}</div>
      </div>
    )}
    {children}
  </section>
);
