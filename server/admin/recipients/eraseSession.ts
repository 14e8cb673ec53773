import type { Encryption } from '../../secrets/encryption.js';
import { channelsOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { below, idOf, workspaceOf } from '../../store/documentId.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import type { StoredEndpoint, StoredEvent, StoredWebhookDelivery } from '../../webhooks/stored.js';
import { endpointsOf } from '../../webhooks/webhooks.js';
import { settleDebit, walletCollections } from '../wallet/ledger.js';
import type { Wallet } from '../wallet/wallet.js';

export interface EraseSessionDeps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly wallet: Pick<Wallet, 'refund' | 'read'>;
}

/** A message of the development inbox. */
interface InboxMessage extends Document {
  readonly sealed: string;
}

/** Erases a session with everything that was made of it, its money settled first. Returns how much besides, by collection. */
export function createEraseSession({ documents, encryption, wallet }: EraseSessionDeps) {
  const sessions: Collection<StoredSession> = documents.collection('sessions');
  const events: Collection<StoredEvent> = documents.collection('events');
  const endpoints: Collection<StoredEndpoint> = documents.collection('webhooks');
  const deliveries: Collection<StoredWebhookDelivery> = documents.collection('webhookDeliveries');
  const inbox: Collection<InboxMessage> = documents.collection('inbox');
  const books = walletCollections(documents);

  /** The ledger reads in sessions whether a debit was used, and which refunds are due: both are done now. */
  async function settle(session: StoredSession): Promise<void> {
    const { charges = {}, events: history } = session;
    const workspace = workspaceOf(session);
    if (Object.keys(charges).length === 0) return;
    const { pending } = await wallet.read(workspace);
    for (const id of Object.keys(charges)) {
      const debit = pending[id];
      if (debit) await settleDebit(books, workspace, id, debit);
    }
    const unsent = channelsOf(session).flatMap(([channel, { delivery }]) =>
      delivery.state === 'QUEUED' && delivery.charge ? [{ channel, charge: delivery.charge }] : [],
    );
    for (const { channel, charge } of [...history, ...unsent]) {
      if (channel && charge)
        await wallet.refund(workspace, charge.debit, channel, charge.amount, idOf(session));
    }
  }

  async function eraseInbox(id: string): Promise<number> {
    let erased = 0;
    for await (const { _id, sealed } of inbox.find({})) {
      const text = encryption.open({ collection: 'inbox', id: _id, field: 'sealed' }, sealed);
      if ((JSON.parse(text) as { session_id?: string }).session_id !== id) continue;
      erased += await inbox.deleteOne({ _id });
    }
    return erased;
  }

  return async (session: StoredSession): Promise<Record<string, number>> => {
    await settle(session);
    const { partition } = session;
    const id = idOf(session);
    // The session first: what it no longer holds no worker makes again.
    await sessions.deleteOne({ _id: session._id });
    const found = await endpointsOf(endpoints, partition);
    const queues = await Promise.all(found.map(({ _id }) => deliveries.deleteOne({ _id: `${_id}/${id}` })));
    const sent = await events.deleteMany({
      _id: below(partition),
      session: id,
    });
    return {
      events: sent,
      webhookDeliveries: queues.reduce((sum, count) => sum + count, 0),
      inbox: await eraseInbox(id),
    };
  };
}
