import type { KeyObject } from 'node:crypto';

/** One key of the ring: 32 random bytes behind a KeyObject, which no log or error can print. */
export interface Key {
  /** Short, safe in tokens, headers and file names: letters, digits, "-" and "_". */
  readonly id: string;
  readonly secret: KeyObject;
}

/** The keys of one purpose. All are accepted, one makes what is new. */
export interface KeySet {
  /** The key to make new things with. */
  current(): Key;
  /** The key of that id, however old; undefined when there is none. */
  find(id: string): Key | undefined;
  /** Every key, newest first. */
  all(): readonly Key[];
}
