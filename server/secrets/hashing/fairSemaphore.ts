/** Stops waiting: the pending `acquire` rejects with the reason. Does nothing once it has resolved. */
export type GiveUp = (reason: unknown) => void;

/**
 * A semaphore of `atOnce` permits. Callers beyond that wait in one queue per
 * workspace, and the queues are served in rotation, so that a long queue delays
 * its own workspace only.
 */
export class FairSemaphore {
  readonly #atOnce: number;
  /** In the order of serving; a queue that was served goes to the end. */
  readonly #queues = new Map<string, Set<() => void>>();
  #held = 0;
  #waiting = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Permits acquired and not released. */
  get held(): number {
    return this.#held;
  }

  /** How many callers wait in all queues. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves with a permit, which the caller must release. While it waits, `waits` holds the function that gives up. */
  acquire(workspace: string, waits: Set<GiveUp>): Promise<void> {
    if (this.#held < this.#atOnce) {
      this.#held++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const proceed = () => {
        waits.delete(giveUp);
        resolve();
      };
      const giveUp = (reason: unknown) => {
        waits.delete(giveUp);
        if (this.#leave(workspace, proceed)) reject(reason);
      };
      waits.add(giveUp);
      this.#join(workspace, proceed);
    });
  }

  /** Releases a permit: it passes to the next waiting caller, or is free again. */
  release(): void {
    const next = this.#next();
    if (next) next();
    else this.#held--;
  }

  #join(workspace: string, proceed: () => void): void {
    const queue = this.#queues.get(workspace);
    if (queue) queue.add(proceed);
    else this.#queues.set(workspace, new Set([proceed]));
    this.#waiting++;
  }

  #leave(workspace: string, proceed: () => void): boolean {
    const queue = this.#queues.get(workspace);
    if (!queue?.delete(proceed)) return false;
    this.#waiting--;
    if (queue.size === 0) this.#queues.delete(workspace);
    return true;
  }

  #next(): (() => void) | undefined {
    for (const [workspace, queue] of this.#queues) {
      for (const proceed of queue) {
        this.#leave(workspace, proceed);
        if (this.#queues.delete(workspace)) this.#queues.set(workspace, queue);
        return proceed;
      }
    }
    return undefined;
  }
}
