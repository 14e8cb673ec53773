import { useLocation } from 'preact-iso';

/** Whether this is the portal: the pages of webhooks, for those who were sent a link. */
export const IS_PORTAL = /^\/portal(\/|$)/.test(location.pathname);
/** What every path begins with. */
export const BASE = IS_PORTAL ? '/portal' : '/console';

/** Parameters that links inside the console keep. */
const KEPT = ['workspace', 'mode'];

/** The URL of a page, below BASE, in the workspace and mode of the present one. */
export function link(path: string, query: Readonly<Record<string, string>> = {}): string {
  const here = new URLSearchParams(location.search);
  const next = new URLSearchParams();
  for (const name of KEPT) {
    const value = here.get(name);
    if (value) next.set(name, value);
  }
  for (const [name, value] of Object.entries(query)) if (value) next.set(name, value);
  const text = next.toString();
  return `${BASE}${path}${text && `?${text}`}`;
}

/** The URL's query as state: what can be chosen on a page is in it, so Back undoes and a link shows the same. */
export interface Query {
  get(name: string): string;
  /** '' removes a parameter. Choosing adds to the history; typing replaces. */
  set(changes: Readonly<Record<string, string>>, how?: 'push' | 'replace'): void;
  /** All of it, as a key of what was loaded for it. */
  readonly key: string;
}

export function useQuery(): Query {
  const { path, query, route, url } = useLocation();
  return {
    key: url,
    get: (name) => query[name] ?? '',
    set(changes, how = 'push') {
      const next = new URLSearchParams(query);
      for (const [name, value] of Object.entries(changes)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      const text = next.toString();
      route(`${path}${text && `?${text}`}`, how === 'replace');
    },
  };
}
