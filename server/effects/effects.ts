import type { Contacts } from '../admin/contacts/contacts.js';
import type { Suppress } from '../admin/rules/suppress.js';
import type { Wallet } from '../admin/wallet/wallet.js';
import { addressField } from '../delivery/buildMessage.js';
import type { Guard, GuardedMessage } from '../guard/guard.js';
import type { RecipientBudget } from '../limits/recipientBudget/recipientBudget.js';
import { releaseSuccess } from '../limits/recipientBudget/release.js';
import { sentAtOf } from '../session/status.js';
import type { StoredSession } from '../session/stored.js';
import type { SessionEvent } from '../session/storedEvents.js';
import { idOf, workspaceOf } from '../store/documentId.js';
import type { Webhooks } from '../webhooks/webhooks.js';
import type { ApplyEffects } from './worker.js';

interface Deps {
  readonly budget: RecipientBudget;
  readonly wallet: Wallet;
  readonly contacts: Contacts;
  readonly suppress: Suppress;
  readonly guard: Guard;
  readonly webhooks: Pick<Webhooks, 'publish'>;
  /** Opens a value sealed into a session; see secrets/. */
  readonly open: (sessionId: string, field: string, sealed: string) => string;
}

/**
 * The effects of each event of a session: webhooks, units given back, contacts,
 * refunds, rules against what bounced, counts of the guard. Each may be applied twice.
 */
export function createEffects({
  budget,
  wallet,
  contacts,
  suppress,
  guard,
  webhooks,
  open,
}: Deps): ApplyEffects {
  return async (session, event, index) => {
    // The guard comes last, because its counts would be repeated if something after it failed.
    if (session.notify) await webhooks.publish(session, event, index);
    switch (event.type) {
      case 'session.partial':
      case 'session.approved':
        if (event.success) await releaseSuccess(budget, session, event.success, event.at);
        await keepContact(session, event);
        return guard.approved(messageOf(session, event));
      case 'delivery.failed':
        await suppress(session, event);
        return guard.failed(messageOf(session, event));
      case 'unsent':
        return guard.failed(messageOf(session, event));
      case 'refund':
        return refund(session, event);
    }
  };

  /** The sealed address stays in the session until its events have been processed. */
  async function keepContact(session: StoredSession, { at, channel }: SessionEvent) {
    const { address, masked } = (channel && session.channels[channel]) ?? {};
    if (!session.addContact || !channel || !address || !masked) return;
    await contacts.verified({
      workspace: workspaceOf(session),
      mode: session.mode,
      channel,
      address: open(session._id, addressField(channel), address),
      masked,
      sessionId: idOf(session),
      at,
    });
  }

  async function refund(session: StoredSession, { channel, charge }: SessionEvent) {
    if (!charge || !channel) return;
    await wallet.refund(workspaceOf(session), charge.debit, channel, charge.amount, idOf(session));
  }
}

/** The message an event is about, as the guard counted it. */
function messageOf(session: StoredSession, { channel }: SessionEvent): GuardedMessage {
  const { mode, channels } = session;
  const stored = channel && channels[channel];
  return {
    workspace: workspaceOf(session),
    mode,
    prefix: stored?.prefix,
    country: stored?.country,
    source: session.source,
    // Of the latest code: the one that was entered, or nearly always the one that failed.
    sentAt: stored ? sentAtOf(session, stored) : 0,
  };
}
