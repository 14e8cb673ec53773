import type { Io } from '../io.js';
import { alignedTable, type Column, tabSeparated } from './table.js';

/** Writes results to standard output. */
export interface Printer {
  /** Rows as a table; `json` is what `--json` prints in their place. */
  table<T>(columns: readonly Column<T>[], rows: readonly T[], json: unknown): void;
  /** One text, such as a secret: nothing else on standard output. */
  text(text: string, json: unknown): void;
  /** A remark for a person, on standard error; not with `--json`. */
  note(text: string): void;
}

export function createPrinter({ stdout, stderr }: Io, isJson: () => boolean): Printer {
  const json = (value: unknown) => void stdout.write(`${JSON.stringify(value)}\n`);
  return {
    table(columns, rows, value) {
      if (isJson()) return json(value);
      stdout.write(stdout.isTTY ? alignedTable(columns, rows) : tabSeparated(columns, rows));
    },
    text(text, value) {
      if (isJson()) return json(value);
      stdout.write(`${text}\n`);
    },
    note(text) {
      if (!isJson()) stderr.write(`${text}\n`);
    },
  };
}
