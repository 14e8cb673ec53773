import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Icon } from '../../look/Icon.js';
import { csv, save } from '../csv.js';
import { count } from '../format.js';
import type { LoadPage } from '../paging.js';
import type { Column } from './Table.js';
import { say } from './toast.js';

const MOST = 50_000;

interface Props<T> {
  /** Of the file, without the ending. */
  readonly name: string;
  readonly columns: readonly Column<T>[];
  readonly load: LoadPage<T>;
}

/** Saves what the filters show as CSV, page by page; it can be stopped. */
export function Export<T>({ name, columns, load }: Props<T>) {
  const done = useSignal<number | undefined>(undefined);
  const isStopped = useRef(false);
  const run = async () => {
    const exported = columns.filter((column) => column.text);
    const rows: string[][] = [exported.map(({ head }) => head)];
    isStopped.current = false;
    done.value = 0;
    try {
      let next = '';
      do {
        const page = await load(next);
        rows.push(...page.items.map((item) => exported.map(({ text }) => text?.(item) ?? '')));
        done.value = rows.length - 1;
        next = page.next;
      } while (next && rows.length <= MOST && !isStopped.current);
      save(`${name}.csv`, csv(rows));
      say(`${count(rows.length - 1)} rows saved as ${name}.csv.`);
    } catch (thrown) {
      say(`The export failed: ${ConnectError.from(thrown).rawMessage}`);
    } finally {
      done.value = undefined;
    }
  };
  const isRunning = done.value !== undefined;
  return (
    <button
      type="button"
      class="button small"
      onClick={() => {
        if (isRunning) isStopped.current = true;
        else void run();
      }}
    >
      <Icon name="download" /> {isRunning ? `Stop at ${count(done.value ?? 0)}` : 'CSV'}
    </button>
  );
}
