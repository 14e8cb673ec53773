import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

export interface Tab {
  readonly name: string;
  readonly body: () => ComponentChildren;
}

/** Tabs of one object; arrow keys move between them. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  const chosen = useSignal(tabs[0]?.name ?? '');
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const open = tabs.find(({ name }) => name === chosen.value) ?? tabs[0];
  const move = (by: number) => {
    const at = open ? tabs.indexOf(open) : 0;
    const next = (at + by + tabs.length) % tabs.length;
    chosen.value = tabs[next]?.name ?? '';
    list.current?.querySelectorAll<HTMLButtonElement>('[role=tab]')[next]?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            id={`${id}-${tab.name}`}
            type="button"
            role="tab"
            aria-controls={`${id}-panel`}
            aria-selected={tab === open}
            tabIndex={tab === open ? 0 : -1}
            onClick={() => {
              chosen.value = tab.name;
            }}
            onKeyDown={(event) => {
              if (event.key === 'ArrowRight') move(1);
              else if (event.key === 'ArrowLeft') move(-1);
            }}
          >
            {tab.name}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${open?.name}`} class="panel">
        {open?.body()}
      </div>
    </>
  );
}
