import type { Clock } from '../platform/clock.js';

/** Faults in a row after which a provider is left alone. */
const FAULTS = 5;
/** For how long at first; twice as long each time it turns out that nothing is better. */
const OPEN_MS = 30_000;
const MOST_OPEN_MS = 240_000;
/** How soon to look again while another message finds out whether a provider is back. */
const LOOK_AGAIN_MS = 5_000;

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Leave to give one message to a provider. Exactly one of its methods is called, once. */
export interface Pass {
  /** The provider answered as one that works. */
  worked(): void;
  /** It did not answer, or not as one that works. */
  faulted(): void;
  /** Nothing was learned. */
  unused(): void;
}

/**
 * Circuit breakers, one for each provider, known to this process alone: what one
 * process cannot reach another may. An open provider is given nothing; when its
 * time is over one message finds out whether it is back.
 */
export interface Breakers {
  /** From when on the provider may be given a message, milliseconds; in the past when it may now. */
  readyAt(provider: string): number;
  /** Takes leave to give it one message now. Only when it is ready. */
  enter(provider: string): Pass;
  /** Every provider that was used so far, for metrics. */
  states(): readonly { readonly provider: string; readonly state: BreakerState }[];
}

interface Breaker {
  faults: number;
  /** How often in a row it was opened; 0 while closed. */
  opened: number;
  openUntil: number;
  probing: boolean;
}

export function createBreakers(clock: Clock): Breakers {
  const breakers = new Map<string, Breaker>();

  function of(provider: string): Breaker {
    const known = breakers.get(provider);
    if (known) return known;
    const fresh = { faults: 0, opened: 0, openUntil: 0, probing: false };
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
    breaker.openUntil = clock.now() + Math.min(OPEN_MS * 2 ** breaker.opened, MOST_OPEN_MS);
    breaker.opened++;
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
          breaker.opened = 0;
        },
        faulted() {
          end();
          breaker.faults++;
          // A try that began before the breaker opened says nothing new.
          if (isProbe || (breaker.opened === 0 && breaker.faults >= FAULTS)) open(breaker);
        },
      };
    },
    states: () => [...breakers].map(([provider, breaker]) => ({ provider, state: stateOf(breaker) })),
  };
}
