import type { SessionEvent, StoredSession } from '../domain/session.js';
import type { RecipientBlock } from '../limits/recipientBlock.js';
import type { Wallet } from '../wallet/wallet.js';
import type { CarryOut } from './drain.js';

interface Parts {
  readonly block: RecipientBlock;
  readonly wallet: Wallet;
}

/** What each event of a session brings about. Every part of it may be done twice. */
export function createCarryOut({ block, wallet }: Parts): CarryOut {
  return async (session, event) => {
    switch (event.type) {
      case 'verified':
        return clearFailures(session, event);
      case 'refund':
        return refund(session, event);
    }
  };

  function clearFailures({ partition, channels }: StoredSession, { at, channel }: SessionEvent) {
    return block.clear(partition, channels[channel]?.recipient ?? '', at.getTime());
  }

  async function refund({ _id }: StoredSession, { channel, charge }: SessionEvent) {
    if (!charge) return;
    const slash = _id.indexOf('/');
    await wallet.refund(_id.slice(0, slash), charge.debit, channel, charge.amount, _id.slice(slash + 1));
  }
}
