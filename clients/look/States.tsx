import type { ConnectError } from '@connectrpc/connect';
import type { ComponentChildren } from 'preact';
import { Code } from './Copy.js';
import { Icon } from './Icon.js';

/** The service's message, its reason and the request's id, and a way on. */
export function Problem({
  error,
  again,
}: {
  readonly error: ConnectError | undefined;
  readonly again?: (() => void) | undefined;
}) {
  if (!error) return null;
  const id = error.metadata.get('x-request-id');
  return (
    <div class="banner bad" role="alert">
      <Icon name="warning" />
      <p>
        {error.rawMessage}
        {id && <small class="mono"> request {id}</small>}
      </p>
      {again && (
        <button type="button" class="button small" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Of the size of what is being loaded. */
export const Skeleton = ({ rows = 6 }: { readonly rows?: number }) => (
  <div class="skeletons" aria-busy="true">
    <span class="hidden" role="status">
      Loading
    </span>
    {Array.from({ length: rows }, (_, index) => (
      <div class="skeleton" key={index} />
    ))}
  </div>
);

interface EmptyProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** The command that fills the list. */
  readonly command?: string | undefined;
}

export const Empty = ({ title, children, command }: EmptyProps) => (
  <div class="empty">
    <h2>{title}</h2>
    <p>{children}</p>
    {command && <Code text={command} />}
  </div>
);

export const Forbidden = ({ reason }: { readonly reason: string }) => (
  <section class="card">
    <div class="empty">
      <Icon name="lock" />
      <h2>This page is closed to your key</h2>
      <p>{reason}</p>
    </div>
  </section>
);
