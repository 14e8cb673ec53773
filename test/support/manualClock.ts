import type { Clock } from '../../server/platform/clock.js';

/** A clock that stands still until it is moved; timers that fall due run in order while it moves. */
export class ManualClock implements Clock {
  /** By how much the clock was set. */
  #set = 0;
  #now: number;
  #timers: { readonly at: number; readonly task: () => void }[] = [];

  constructor(start = Date.UTC(2030, 0, 15, 12)) {
    this.#now = start;
  }

  now(): number {
    return this.#now + this.#set;
  }

  monotonic(): number {
    return this.#now;
  }

  /** Sets the clock forward, or back, as a person does: no time passes. */
  step(ms: number): void {
    this.#set += ms;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves on by `ms` milliseconds. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.task();
    }
    this.#now = until;
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.length;
  }
}
