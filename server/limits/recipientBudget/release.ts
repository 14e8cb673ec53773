import type { ChannelName } from '../../domain/channels.js';
import type { StoredSession } from '../../session/stored.js';
import type { StoredSuccess } from '../../session/storedEvents.js';
import type { BudgetAccount, RecipientBudget } from './recipientBudget.js';

/** Where the units of a channel's codes are. */
export function accountOf(session: StoredSession, channel: ChannelName): BudgetAccount {
  const { budget, recipient, lane = 'open' } = session.channels[channel]!;
  const { partition, codeLength } = session;
  return { partition, recipient: budget ?? recipient, lane, codeLength };
}

/** Gives back what a right code gives back to its recipient's budget; in no other document. May be repeated. */
export async function releaseSuccess(
  budget: Pick<RecipientBudget, 'release'>,
  { partition, codeLength }: Pick<StoredSession, 'partition' | 'codeLength'>,
  { recipient, unit = '', by, source }: StoredSuccess,
  at: Date,
): Promise<void> {
  const which = by === undefined ? { id: unit } : { by };
  await budget.release({ partition, recipient, codeLength }, { which, source, at });
}
