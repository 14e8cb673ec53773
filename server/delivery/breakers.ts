import type { Clock } from '../platform/clock.js';

/** Faults in a row after which a provider is not used for a while. */
const FAULTS = 5;
/** How long at first; doubled each time the provider still fails afterwards. */
const OPEN_MS = 30_000;
const MAX_OPEN_MS = 240_000;
/** When to check again while another message probes the provider. */
const LOOK_AGAIN_MS = 5_000;

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Permission to send one message to a provider. Exactly one of its methods is called, once. */
export interface Pass {
  /** The provider responded, and works. */
  worked(): void;
  /** The provider did not respond, or responded with a fault. */
  faulted(): void;
  /** The delivery attempt showed nothing about the provider. */
  unused(): void;
}

/**
 * Circuit breakers, one for each provider, local to this process: a provider that
 * one process cannot reach may be reachable from another. No message is sent while
 * a breaker is open; afterwards one message probes the provider.
 */
export interface Breakers {
  /** From when on the provider may be given a message, milliseconds; in the past when it may now. */
  readyAt(provider: string): number;
  /** Permits one message now. To be called only when the provider is ready. */
  enter(provider: string): Pass;
  /** The provider is no more: another of its name begins with a closed breaker. */
  forget(provider: string): void;
  /** Every provider that was used so far. `since`: milliseconds; absent for one that has never opened. */
  states(): readonly BreakerStanding[];
}

export interface BreakerStanding {
  readonly provider: string;
  readonly state: BreakerState;
  readonly since?: number;
}

interface Breaker {
  faults: number;
  /** How often in a row it was opened; 0 while closed. */
  opened: number;
  openUntil: number;
  probing: boolean;
  /** When it was last opened or closed. */
  turnedAt?: number;
}

export function createBreakers(clock: Clock): Breakers {
  const breakers = new Map<string, Breaker>();

  function of(provider: string): Breaker {
    const known = breakers.get(provider);
    if (known) return known;
    const fresh: Breaker = { faults: 0, opened: 0, openUntil: 0, probing: false };
    breakers.set(provider, fresh);
    return fresh;
  }

  function stateOf({ opened, openUntil }: Breaker): BreakerState {
    if (opened === 0) return 'closed';
    return openUntil > clock.now() ? 'open' : 'half-open';
  }

  function readyAt(breaker: Breaker): number {
    const state = stateOf(breaker);
    if (state === 'open') return breaker.openUntil;
    return state === 'half-open' && breaker.probing ? clock.now() + LOOK_AGAIN_MS : 0;
  }

  function open(breaker: Breaker): void {
    breaker.openUntil = clock.now() + Math.min(OPEN_MS * 2 ** breaker.opened, MAX_OPEN_MS);
    breaker.opened++;
    breaker.turnedAt = clock.now();
  }

  return {
    readyAt: (provider) => readyAt(of(provider)),
    enter(provider) {
      const breaker = of(provider);
      const isProbe = stateOf(breaker) === 'half-open';
      if (isProbe) breaker.probing = true;
      const end = () => {
        if (isProbe) breaker.probing = false;
      };
      return {
        unused: end,
        worked() {
          end();
          breaker.faults = 0;
          if (breaker.opened > 0) breaker.turnedAt = clock.now();
          breaker.opened = 0;
        },
        faulted() {
          end();
          breaker.faults++;
          // A delivery attempt that began before the breaker opened shows nothing new.
          if (isProbe || (breaker.opened === 0 && breaker.faults >= FAULTS)) open(breaker);
        },
      };
    },
    forget: (provider) => void breakers.delete(provider),
    states: () =>
      [...breakers].map(([provider, breaker]) => {
        const state = stateOf(breaker);
        const since = state === 'half-open' ? breaker.openUntil : breaker.turnedAt;
        return { provider, state, ...(since !== undefined && { since }) };
      }),
  };
}
