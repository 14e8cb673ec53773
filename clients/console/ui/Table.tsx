import { useSignal } from '@preact/signals';
import { observeWindowOffset, observeWindowRect, Virtualizer, windowScroll } from '@tanstack/virtual-core';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../../look/Icon.js';
import { Problem, Skeleton } from '../../look/States.js';
import { count } from '../format.js';
import type { Paged } from '../paging.js';

export interface Column<T> {
  readonly head: string;
  readonly cell: (item: T) => ComponentChildren;
  /** As text in a CSV file; a column without it is left out there. */
  readonly text?: (item: T) => string;
  /** A CSS width. Columns without one share the rest. */
  readonly width?: string;
  /** Left out on narrow screens. */
  readonly isWide?: boolean;
  readonly isNumber?: boolean;
  readonly isSoft?: boolean;
  /** Buttons of the row; on narrow screens they are on a line of their own. */
  readonly isActions?: boolean;
}

interface Props<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly paged: Pick<Paged<T>, 'items' | 'error' | 'again' | 'hasMore' | 'more'>;
  readonly idOf: (item: T) => string;
  /** Where a row leads: its first cell is the link. */
  readonly href?: (item: T) => string;
  readonly chosen?: string | undefined;
  /** Shown where there are no rows. */
  readonly empty: ComponentChildren;
}

const ROW = 42;
const TALL_ROW = 84;
const narrow = matchMedia('(max-width: 860px)');

/** A table of any length in which only the rows in view exist. It grows while one scrolls towards its end. */
export function Table<T>({ label, columns, paged, idOf, href, chosen, empty }: Props<T>) {
  const rowHeight = narrow.matches && columns.some(({ isActions }) => isActions) ? TALL_ROW : ROW;
  const body = useRef<HTMLTableSectionElement>(null);
  const turn = useSignal(0);
  const margin = useSignal(0);
  const firstId = useRef('');
  const all = paged.items ?? [];
  const isBelow = scrollY > margin.value + 4 * rowHeight && margin.value > 0;
  if (!isBelow || !firstId.current) firstId.current = all[0] === undefined ? '' : idOf(all[0]);
  // What came in above is held back while the reader is further down, so that nothing moves.
  const held = isBelow
    ? Math.max(
        0,
        all.findIndex((item) => idOf(item) === firstId.current),
      )
    : 0;
  const items = held > 0 ? all.slice(held) : all;

  const virtual = useRef<Virtualizer<Window, Element>>(undefined);
  virtual.current ??= new Virtualizer<Window, Element>(options());
  virtual.current.setOptions(options());
  function options() {
    return {
      count: items.length,
      getScrollElement: () => window,
      estimateSize: () => rowHeight,
      observeElementRect: observeWindowRect,
      observeElementOffset: observeWindowOffset,
      scrollToFn: windowScroll,
      overscan: 12,
      scrollMargin: margin.value,
      initialOffset: () => scrollY,
      initialRect: { width: innerWidth, height: innerHeight },
      onChange: () => {
        turn.value++;
      },
    };
  }
  useEffect(() => virtual.current?._didMount(), []);
  useLayoutEffect(() => {
    virtual.current?._willUpdate();
    const top = body.current ? Math.round(body.current.getBoundingClientRect().top + scrollY) : 0;
    if (top !== margin.peek()) margin.value = top;
  });
  void turn.value;
  const rows = virtual.current.getVirtualItems();
  const before = (rows[0]?.start ?? margin.value) - margin.value;
  const after = (items.length - rows.length) * rowHeight - before;
  const lastIndex = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (paged.hasMore && lastIndex >= items.length - 15) void paged.more();
  }, [lastIndex, items.length, paged.hasMore]);

  if (!paged.items) return paged.error ? <Problem error={paged.error} again={paged.again} /> : <Skeleton />;
  return (
    <>
      <Problem error={paged.error} again={paged.again} />
      {held > 0 && (
        <button type="button" class="button small fresh" onClick={() => scrollTo({ top: 0 })}>
          <Icon name="up" /> {count(held)} new
        </button>
      )}
      {all.length === 0 ? (
        empty
      ) : (
        <table aria-label={label} aria-rowcount={paged.hasMore ? -1 : all.length + 1}>
          <colgroup>
            {columns.map((column) => (
              <col
                key={column.head}
                class={classOf(column)}
                style={column.width ? { width: column.width } : {}}
              />
            ))}
          </colgroup>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column.head} scope="col" class={classOf(column)}>
                  {column.head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={moveByArrow}>
            {before > 0 && <tr class="space" style={{ height: `${before}px` }} />}
            {rows.map(({ index }) => {
              const item = items[index];
              if (item === undefined) return null;
              const id = idOf(item);
              return (
                <tr key={id} aria-rowindex={index + held + 2} class={id === chosen ? 'on' : undefined}>
                  {columns.map((column, at) => (
                    <td key={column.head} class={classOf(column)}>
                      {at === 0 && href ? (
                        <a
                          href={href(item)}
                          class="row-link"
                          aria-current={id === chosen ? 'true' : undefined}
                        >
                          {column.cell(item)}
                        </a>
                      ) : (
                        column.cell(item)
                      )}
                    </td>
                  ))}
                </tr>
              );
            })}
            {after > 0 && <tr class="space" style={{ height: `${after}px` }} />}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Arrow keys move between the links of rows, past what else is in the rows. */
function moveByArrow(event: KeyboardEvent): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  const link = event.target as HTMLElement;
  if (by === 0 || !link.matches('.row-link')) return;
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.row-link')];
  const next = links[links.indexOf(link) + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const classOf = <T,>({ isWide, isNumber, isSoft, isActions }: Column<T>): string =>
  [isActions && 'acts', isWide && 'wide', isNumber && 'number', isSoft && 'soft'].filter(Boolean).join(' ');
