import { createGuard, type Guard, type Sending } from '../../../../server/guard/guard.js';
import type { Refused } from '../../../../server/guard/refusals.js';
import { defaultsOf, type GuardSettings } from '../../../../server/guard/settings.js';
import type { RefusedRecipient } from '../../../../server/guard/stored.js';
import { createTallies } from '../../../../server/guard/tally.js';
import type { VetoDecision } from '../../../../server/guard/veto.js';
import { createLog } from '../../../../server/observe/log.js';
import type { Documents } from '../../../../server/store/documents.js';
import type { ManualClock } from '../../../support/manualClock.js';

export const OFF = defaultsOf('development');

/** A guard over documents of the test's, with rules, prices and a veto in its hands. */
export interface TestGuard {
  readonly guard: Guard;
  readonly refusals: Refused[];
  /** Lets the messages through, with what undoes it, or gives back why not. */
  enter(phones: readonly RefusedRecipient[], more?: Partial<Sending>): Promise<Entered>;
}

export type Entered =
  | { readonly passed: true; readonly giveBack: () => Promise<void> }
  | { readonly passed: false; readonly rules: readonly string[]; readonly wait: number | undefined };

interface Options {
  readonly documents: Documents;
  readonly clock: ManualClock;
  /** Over rules that are all off. */
  readonly rules: Partial<GuardSettings>;
  readonly price?: number;
  /** Budgets of recipients that were verified before. */
  readonly known?: ReadonlySet<string>;
  readonly verdict?: () => Promise<VetoDecision>;
}

export function testGuard({
  documents,
  clock,
  rules,
  price = 0,
  known = new Set(),
  verdict,
}: Options): TestGuard {
  const refusals: Refused[] = [];
  const guard = createGuard({
    settings: { get: async () => ({ ...OFF, ...rules }), forget() {} },
    tallies: createTallies(documents),
    refused: (refused) => void refusals.push(refused),
    priceOf: async () => price,
    isKnown: async (_partition, budget) => known.has(budget),
    ask: verdict ?? (async () => ({ kind: 'allowed' })),
    secretOf: (_workspace, sealed) => sealed,
    clock,
    log: createLog('silent'),
  });
  return {
    guard,
    refusals,
    async enter(phones, more = {}) {
      try {
        const passage = await guard.enter({ ...SENDING, phones, ...more });
        return { passed: true, giveBack: passage.giveBack };
      } catch (thrown) {
        const { reason, details } = thrown as { reason?: string; details?: { retryAfterMs?: number } };
        if (reason !== 'SEND_REFUSED') throw thrown;
        return { passed: false, rules: refusals.at(-1)!.rules, wait: details?.retryAfterMs };
      }
    },
  };
}

export const SENDING: Omit<Sending, 'phones'> = {
  workspace: 'acme',
  mode: 'live',
  client: 'key',
  sessionId: 'session',
  resend: false,
  purpose: 'login',
  metadata: '{}',
};

/** A phone of a prefix. */
export const phone = (
  prefix: string,
  country = 'CO',
  channel: 'sms' | 'whatsapp' = 'sms',
): RefusedRecipient => ({ channel, masked: '+57 300 *** ** 42', recipient: `${prefix}-1`, prefix, country });
