import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The width of the box that a chart fills. */
export function useWidth(): { readonly box: RefObject<HTMLDivElement | null>; readonly width: number } {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(640);
  useEffect(() => {
    const sized = new ResizeObserver(([entry]) => {
      if (entry) width.value = Math.max(240, Math.floor(entry.contentRect.width));
    });
    if (box.current) sized.observe(box.current);
    return () => sized.disconnect();
  }, []);
  return { box, width: width.value };
}

/** A bar with round shoulders, as a path. */
export function column(x: number, top: number, width: number, bottom: number): string {
  const r = Math.min(3, width / 2, Math.max(0, bottom - top));
  return `M${x} ${bottom}V${top + r}q0 ${-r} ${r} ${-r}h${width - 2 * r}q${r} 0 ${r} ${r}V${bottom}z`;
}

/** Moves the reading cursor of a chart by the arrow keys. */
export function moved(key: string, at: number, length: number): number | undefined {
  if (key === 'ArrowLeft') return Math.max(0, (at < 0 ? length : at) - 1);
  if (key === 'ArrowRight') return Math.min(length - 1, at + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  return undefined;
}

/** The same in rows of cells: up and down move by a row. */
export function movedInGrid(
  key: string,
  at: number,
  { columns, length }: { readonly columns: number; readonly length: number },
): number | undefined {
  const by = key === 'ArrowUp' ? -columns : key === 'ArrowDown' ? columns : 0;
  if (by === 0) return moved(key, at, length);
  const next = Math.max(0, at) + by;
  return next < 0 || next >= length ? Math.max(0, at) : next;
}
