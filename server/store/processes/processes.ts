import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import { SECOND_MS } from '../../platform/durations.js';

/** How often each process looks for others that have ended. */
export const LOOK_MS = SECOND_MS;

/** Takes over what a process that has ended held by leases. May be called more than once for one process. */
export type TakeOver = (id: string) => Promise<void>;

/** The processes that share a store, each with an id that it writes into its leases. */
export interface Processes {
  /** Of this process. Made at its start and never used again. */
  readonly id: string;
  /** False while others may take this process for ended: it must not begin a request to a provider. */
  mayBegin(): boolean;
  /** Whether a process is known to have ended with its leases. False where nothing is known of it. */
  hasEnded(id: string): Promise<boolean>;
  /** Looks for processes that have ended, again and again. Resolves after the first look. */
  start(takeOver: TakeOver): Promise<void>;
  /** To be called when this process holds no leases any more. */
  stop(): Promise<void>;
}

/** Looks once, and then every second until the returned function is called. That resolves when the last look has ended. */
export async function lookRepeatedly(
  look: () => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<() => Promise<void>> {
  let stopped = false;
  let cancel = () => {};
  let looking = Promise.resolve();
  const lookOnce = async () => {
    looking = look().catch((err) =>
      log.warn({ err }, 'the work of a process that has ended cannot be taken over; trying again'),
    );
    await looking;
    if (!stopped) cancel = clock.after(LOOK_MS, lookOnce);
  };
  await lookOnce();
  return async () => {
    stopped = true;
    cancel();
    await looking;
  };
}
