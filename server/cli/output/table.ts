/** One column: its title and the value of a row. */
export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string | number | boolean | undefined;
}

/** Rows for a person: aligned, with titles. */
export function alignedTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => cell(column, row))),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((text, i) => text.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Rows for another program: tab-separated, without titles. */
export const tabSeparated = <T>(columns: readonly Column<T>[], rows: readonly T[]): string =>
  rows.map((row) => `${columns.map((column) => cell(column, row)).join('\t')}\n`).join('');

/** Control characters in a value must neither break the table nor reach the terminal. */
const cell = <T>({ value }: Column<T>, row: T): string => printable(String(value(row) ?? ''));

export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ');
