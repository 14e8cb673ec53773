import type { Requester } from './shares.js';

/**
 * Entries that wait, in one queue per client of each workspace. Workspaces are
 * served in rotation, and within one its clients, so that a long queue delays
 * only its own client.
 */
export class Rotation<T> {
  /** Both maps in the order of serving; who was served goes to the end. */
  readonly #workspaces = new Map<string, Map<string, Set<T>>>();
  #size = 0;

  /** Entries in all queues. */
  get size(): number {
    return this.#size;
  }

  add({ workspace, client }: Requester, entry: T): void {
    const clients = this.#workspaces.get(workspace) ?? new Map<string, Set<T>>();
    this.#workspaces.set(workspace, clients);
    const queue = clients.get(client);
    if (queue) queue.add(entry);
    else clients.set(client, new Set([entry]));
    this.#size++;
  }

  /** Removes an entry; false where it does not wait any more. */
  remove({ workspace, client }: Requester, entry: T): boolean {
    const clients = this.#workspaces.get(workspace);
    const queue = clients?.get(client);
    if (!clients || !queue?.delete(entry)) return false;
    this.#size--;
    if (queue.size === 0) clients.delete(client);
    if (clients.size === 0) this.#workspaces.delete(workspace);
    return true;
  }

  /** Takes the next entry out, of the workspaces and clients that may be served now; undefined where there is none. */
  next(
    mayServeWorkspace: (workspace: string) => boolean,
    mayServe: (requester: Requester) => boolean,
  ): T | undefined {
    for (const [workspace, clients] of this.#workspaces) {
      if (!mayServeWorkspace(workspace)) continue;
      for (const [client, queue] of clients) {
        if (!mayServe({ workspace, client })) continue;
        for (const entry of queue) {
          this.remove({ workspace, client }, entry);
          toEnd(clients, client);
          toEnd(this.#workspaces, workspace);
          return entry;
        }
      }
    }
    return undefined;
  }
}

function toEnd<V>(map: Map<string, V>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}
