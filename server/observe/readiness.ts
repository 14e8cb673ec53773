/** Where this process stands. One source for /readyz and gRPC health. */
export class Serving {
  #state: 'starting' | 'ready' | 'stopping' = 'starting';
  readonly #details = new Set<string>();
  readonly #listeners = new Set<() => void>();

  state(): 'starting' | 'ready' | 'stopping' {
    return this.#state;
  }

  /** Something that operators should know and that does not keep the process from serving. Said once, until the returned function is called. */
  note(detail: string): () => void {
    this.#details.add(detail);
    return () => this.#details.delete(detail);
  }

  details(): readonly string[] {
    return [...this.#details];
  }

  /** From `starting` to `ready` to `stopping`, never back. */
  become(state: 'ready' | 'stopping'): void {
    this.#state = state;
    for (const changed of this.#listeners) changed();
  }

  /** Calls `changed` whenever the state changes, until the returned function is called. */
  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }
}
