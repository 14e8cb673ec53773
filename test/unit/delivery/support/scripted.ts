import type { Message, Outcome, Provider } from '../../../../server/delivery/provider.js';
import type { Clock } from '../../../../server/platform/clock.js';
import { eventually } from '../../../support/eventually.js';

/** One request to a provider, which waits for the test's answer. */
export interface Try {
  /** When it was made, milliseconds. */
  readonly at: number;
  readonly message: Message;
  readonly signal: AbortSignal;
  answer(outcome: Outcome): void;
}

/** A provider of every channel whose answers the test gives. */
export interface Scripted {
  readonly provider: Provider;
  /** Every request so far, oldest first. */
  readonly tries: readonly Try[];
  /** The n-th request, counted from 1, once it has come. */
  nth(n: number): Promise<Try>;
  /** Answers every later request at once; undefined: they wait again. */
  always(outcome: Outcome | undefined): void;
}

export const ACCEPTED = { kind: 'accepted', vendorId: 'v1' } as const satisfies Outcome;
export const RETRY = { kind: 'retry', error: 'SMTP_451' } as const satisfies Outcome;
export const REFUSED = { kind: 'failed', error: 'REFUSED' } as const satisfies Outcome;

export function scriptedProvider(clock: Clock, timeoutMs = 20_000): Scripted {
  const tries: Try[] = [];
  let standing: Outcome | undefined;
  return {
    tries,
    nth: (n) => eventually(() => tries[n - 1]),
    always(outcome) {
      standing = outcome;
    },
    provider: {
      name: 'scripted',
      channels: ['email', 'sms', 'whatsapp'],
      timeoutMs,
      send: (message, signal) =>
        new Promise((answer) => {
          tries.push({ at: clock.now(), message, signal, answer });
          if (standing) answer(standing);
        }),
      // Nothing that still waits may hold up the end of a test.
      async close() {
        for (const { answer } of tries) answer(RETRY);
      },
    },
  };
}
