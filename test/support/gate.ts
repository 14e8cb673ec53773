import type { Around } from './wrapOperations.js';

/** Holds up operations of the store, for tests of what happens meanwhile. */
export interface Gate {
  readonly around: Around;
  /** From now on operations wait. Resolves once one does, or, called again, once another one does. */
  hold(): Promise<void>;
  /** Lets those that wait, and all later ones, go on. */
  release(): void;
}

export function createGate(): Gate {
  let held: Promise<void> | undefined;
  let release = () => {};
  let noticed = () => {};
  return {
    async around(operation) {
      if (held) {
        noticed();
        await held;
      }
      return operation();
    },
    hold() {
      held ??= new Promise((resolve) => {
        release = resolve;
      });
      return new Promise((resolve) => {
        noticed = resolve;
      });
    },
    release() {
      held = undefined;
      release();
    },
  };
}
