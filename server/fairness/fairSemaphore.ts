import { Rotation } from './rotation.js';
import { type Requester, Shares } from './shares.js';

/** Stops waiting: the pending `acquire` rejects with the reason. Does nothing once it has resolved. */
export type GiveUp = (reason: unknown) => void;

/**
 * A semaphore of `atOnce` permits. Callers beyond that, and those whose
 * workspace or client holds its share, wait; they are served in rotation. A job
 * holds a permit for a bounded time: one hash, one request to a provider or an
 * endpoint, one page of a listing.
 */
export class FairSemaphore {
  readonly #shares: Shares;
  readonly #waiting = new Rotation<() => void>();

  constructor(atOnce: number) {
    this.#shares = new Shares(atOnce);
  }

  /** Permits acquired and not released. */
  get held(): number {
    return this.#shares.taken;
  }

  /** How many callers wait in all queues. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a permit that is free now; the caller must release it. False where it would have to wait. */
  acquireNow(requester: Requester): boolean {
    if (!this.#shares.allows(requester)) return false;
    this.#shares.take(requester);
    return true;
  }

  /** Resolves with a permit, which the caller must release. While it waits, `waits` holds the function that gives up. */
  acquire(requester: Requester, waits: Set<GiveUp>): Promise<void> {
    // Those that wait have their share already, so none is overtaken.
    if (this.acquireNow(requester)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const proceed = () => {
        this.#shares.take(requester);
        waits.delete(giveUp);
        resolve();
      };
      const giveUp = (reason: unknown) => {
        waits.delete(giveUp);
        if (this.#waiting.remove(requester, proceed)) reject(reason);
      };
      waits.add(giveUp);
      this.#waiting.add(requester, proceed);
    });
  }

  /** Releases a permit: it passes to the next caller that may have it, or is free. */
  release(requester: Requester): void {
    this.#shares.giveBack(requester);
    // One permit that is free can raise several shares.
    for (;;) {
      const proceed = this.#waiting.next(
        (workspace) => this.#shares.allowsWorkspace(workspace),
        (waiting) => this.#shares.allows(waiting),
      );
      if (!proceed) return;
      proceed();
    }
  }
}
