import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { type Loaded, useLoaded } from './loading.js';

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string;
  /** How far back a search that found little has looked. */
  readonly searchedTo?: Date | undefined;
}

export type LoadPage<T> = (pageToken: string, signal?: AbortSignal) => Promise<Page<T>>;

export interface Paged<T> extends Pick<Loaded<Page<T>>, 'again' | 'error'> {
  /** Undefined until the first page is there. */
  readonly items: readonly T[] | undefined;
  readonly hasMore: boolean;
  readonly searchedTo: Date | undefined;
  more(): Promise<void>;
  readonly load: LoadPage<T>;
}

interface Older<T> extends Page<T> {
  readonly key: string;
}

/** A list that grows by pages; the first is loaded again every `everyMs`, and new items come in above. */
export function usePaged<T>(
  key: string,
  { load, idOf, everyMs = 0 }: { load: LoadPage<T>; idOf: (item: T) => string; everyMs?: number },
): Paged<T> {
  const first = useLoaded(key, (signal) => load('', signal), everyMs);
  const older = useSignal<Older<T>>({ key: '', items: [], next: '' });
  const failed = useSignal<ConnectError | undefined>(undefined);
  const busy = useSignal(false);
  const tail = older.value.key === key ? older.value : undefined;
  const ids = new Set(first.value?.items.map(idOf));
  const items = first.value && [
    ...first.value.items,
    ...(tail?.items ?? []).filter((item) => !ids.has(idOf(item))),
  ];
  const next = tail ? tail.next : (first.value?.next ?? '');
  return {
    items,
    error: first.error ?? failed.value,
    again: first.again,
    hasMore: next !== '',
    searchedTo: tail ? tail.searchedTo : first.value?.searchedTo,
    load,
    async more() {
      if (!next || busy.peek()) return;
      busy.value = true;
      try {
        const page = await load(next);
        // What the first page showed is kept: when it is loaded again, newer items push these out of it.
        older.value = { ...page, key, items: [...(items ?? []), ...page.items] };
        failed.value = undefined;
      } catch (thrown) {
        failed.value = ConnectError.from(thrown);
      } finally {
        busy.value = false;
      }
    },
  };
}
