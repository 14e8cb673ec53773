import type { Wallet } from '../admin/wallet/wallet.js';
import type { Config } from '../config/config.js';
import { createGuard, type Guard } from '../guard/guard.js';
import type { NoteRefused } from '../guard/refusals.js';
import { createGuardReader, type GuardReader } from '../guard/settings.js';
import { createTallies, type Tallies } from '../guard/tally.js';
import { createAskVeto } from '../guard/veto.js';
import { vetoSecretPlace } from '../guard/vetoSecret.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import type { Logger } from '../observe/log.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import type { Documents } from '../store/documents.js';
import type { Secrets } from './secrets.js';

interface Parts {
  readonly config: Config;
  readonly documents: Documents;
  readonly secrets: Pick<Secrets, 'encryption'>;
  readonly wallet: Wallet;
  readonly budget: Pick<RecipientBudget, 'isKnown'>;
  readonly outbound: Outbound;
  readonly refused: NoteRefused;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The guard, and what its operator's side reads. */
export interface Guarding {
  readonly guard: Guard;
  readonly guardReader: GuardReader;
  readonly tallies: Tallies;
}

export function composeGuard(parts: Parts): Guarding {
  const { config, documents, secrets, wallet, budget, outbound, newId, clock, log } = parts;
  const guardReader = createGuardReader(documents, config.env, clock);
  const tallies = createTallies(documents);
  const guard = createGuard({
    settings: guardReader,
    tallies,
    refused: parts.refused,
    priceOf: wallet.priceOf,
    isKnown: budget.isKnown,
    ask: createAskVeto(outbound, newId, clock),
    secretOf: (workspace, sealed) => secrets.encryption.open(vetoSecretPlace(workspace), sealed),
    clock,
    log,
  });
  return { guard, guardReader, tallies };
}
