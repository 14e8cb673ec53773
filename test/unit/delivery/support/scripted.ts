import type { Message, Outcome, Provider } from '../../../../server/delivery/provider.js';
import type { Clock } from '../../../../server/platform/clock.js';
import { eventually } from '../../../support/eventually.js';

/** One request to a provider, which waits for the test's response. */
export interface ScriptedAttempt {
  /** When it was made, milliseconds. */
  readonly at: number;
  readonly message: Message;
  readonly signal: AbortSignal;
  respond(outcome: Outcome): void;
}

/** A provider of every channel whose responses the test gives. */
export interface Scripted {
  readonly provider: Provider;
  /** Every request so far, oldest first. */
  readonly attempts: readonly ScriptedAttempt[];
  /** The n-th request, counted from 1, once it has come. */
  nth(n: number): Promise<ScriptedAttempt>;
  /** Responds to every later request at once; undefined: they wait again. */
  always(outcome: Outcome | undefined): void;
}

export const ACCEPTED = { kind: 'accepted', vendorId: 'v1' } as const satisfies Outcome;
export const RETRY = { kind: 'retry', error: 'SMTP_451' } as const satisfies Outcome;
export const REFUSED = { kind: 'failed', error: 'REFUSED' } as const satisfies Outcome;

export function scriptedProvider(clock: Clock, timeoutMs = 20_000): Scripted {
  const attempts: ScriptedAttempt[] = [];
  let standing: Outcome | undefined;
  return {
    attempts,
    nth: (n) => eventually(() => attempts[n - 1]),
    always(outcome) {
      standing = outcome;
    },
    provider: {
      name: 'scripted',
      channels: ['email', 'sms', 'whatsapp'],
      timeoutMs,
      send: (message, signal) =>
        new Promise((respond) => {
          attempts.push({ at: clock.now(), message, signal, respond });
          if (standing) respond(standing);
        }),
      // Nothing that still waits may hold up the end of a test.
      async close() {
        for (const { respond } of attempts) respond(RETRY);
      },
    },
  };
}
