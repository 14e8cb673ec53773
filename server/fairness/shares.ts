/** For whom a job is done: a workspace, and within it the client that caused the job, for example an API key. */
export interface Requester {
  readonly workspace: string;
  readonly client: string;
}

/** A workspace may hold this many times what is free, and a client this many times what its workspace may still take. */
const ALPHA = 3;

interface Holding {
  taken: number;
  readonly clients: Map<string, number>;
}

/**
 * Divides `size` places among workspaces, and within each among its clients. One
 * that is alone gets most of the places, never all: with k greedy workspaces
 * size / (1 + 3k) places stay free for the next to come. A pool of up to three
 * places is used in full.
 */
export class Shares {
  readonly #size: number;
  readonly #holdings = new Map<string, Holding>();
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Places taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Places that a workspace has taken. */
  takenBy(workspace: string): number {
    return this.#holdings.get(workspace)?.taken ?? 0;
  }

  /** Whether there is a place within the share of this client and its workspace. */
  allows({ workspace, client }: Requester): boolean {
    const left = this.#left(workspace);
    return left > 0 && (this.#holdings.get(workspace)?.clients.get(client) ?? 0) < ALPHA * left;
  }

  /** Whether there is a place within the share of this workspace, for a client that holds none. */
  allowsWorkspace(workspace: string): boolean {
    return this.#left(workspace) > 0;
  }

  take({ workspace, client }: Requester): void {
    const holding = this.#holdings.get(workspace) ?? { taken: 0, clients: new Map() };
    this.#holdings.set(workspace, holding);
    holding.taken++;
    holding.clients.set(client, (holding.clients.get(client) ?? 0) + 1);
    this.#taken++;
  }

  giveBack({ workspace, client }: Requester): void {
    const holding = this.#holdings.get(workspace);
    const held = holding?.clients.get(client);
    if (!holding || !held) throw new Error('a place was given back that was not taken');
    if (held > 1) holding.clients.set(client, held - 1);
    else holding.clients.delete(client);
    if (--holding.taken === 0) this.#holdings.delete(workspace);
    this.#taken--;
  }

  /** How many more places the workspace could take if no other took any; at most 0 where it has its share. */
  #left(workspace: string): number {
    return ALPHA * (this.#size - this.#taken) - this.takenBy(workspace);
  }
}
