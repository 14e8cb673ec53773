/** Stops waiting for a turn: the wait rejects with the reason. Does nothing once the turn has come. */
export type GiveUp = (reason: unknown) => void;

/**
 * At most `atOnce` turns at a time. Everyone else waits in a line per workspace,
 * and the lines are served in rotation, so that a long line delays its own
 * workspace only.
 */
export class FairSemaphore {
  readonly #atOnce: number;
  /** In the order of serving; a line that was served goes to the end. */
  readonly #lines = new Map<string, Set<() => void>>();
  #taken = 0;
  #waiting = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Turns taken and not ended. */
  get held(): number {
    return this.#taken;
  }

  /** How many wait in all lines. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the turn has come; who takes one must end it. While it waits, `waits` holds the way to give up. */
  acquire(workspace: string, waits: Set<GiveUp>): Promise<void> {
    if (this.#taken < this.#atOnce) {
      this.#taken++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const come = () => {
        waits.delete(giveUp);
        resolve();
      };
      const giveUp = (reason: unknown) => {
        waits.delete(giveUp);
        if (this.#leave(workspace, come)) reject(reason);
      };
      waits.add(giveUp);
      this.#join(workspace, come);
    });
  }

  /** Ends a turn: it passes to the next in line, or is free again. */
  release(): void {
    const next = this.#next();
    if (next) next();
    else this.#taken--;
  }

  #join(workspace: string, come: () => void): void {
    const line = this.#lines.get(workspace);
    if (line) line.add(come);
    else this.#lines.set(workspace, new Set([come]));
    this.#waiting++;
  }

  #leave(workspace: string, come: () => void): boolean {
    const line = this.#lines.get(workspace);
    if (!line?.delete(come)) return false;
    this.#waiting--;
    if (line.size === 0) this.#lines.delete(workspace);
    return true;
  }

  #next(): (() => void) | undefined {
    for (const [workspace, line] of this.#lines) {
      for (const come of line) {
        this.#leave(workspace, come);
        if (this.#lines.delete(workspace)) this.#lines.set(workspace, line);
        return come;
      }
    }
    return undefined;
  }
}
