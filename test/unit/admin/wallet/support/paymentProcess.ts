import { pino } from 'pino';
import { createWallet, type Debit } from '../../../../../server/admin/wallet/wallet.js';
import type { ChannelName } from '../../../../../server/domain/channels.js';
import type { Clock } from '../../../../../server/platform/clock.js';
import type { StoredSession } from '../../../../../server/session/stored.js';
import { type Documents, DuplicateKey } from '../../../../../server/store/documents.js';

export const PRICES = { email: 1_000, sms: 50_000, whatsapp: 30_000 };

/** One thing that a process does about money. */
export type PaymentStep =
  | { readonly do: 'credit'; readonly amount: number; readonly request: string }
  /** `ends`: whether the session is stored, or something else refuses it after the debit. */
  | {
      readonly do: 'send';
      readonly session: string;
      readonly channels: readonly ChannelName[];
      readonly ends: 'stored' | 'refused';
    }
  | { readonly do: 'resend'; readonly session: string; readonly channels: readonly ChannelName[] }
  /** Its messages on the channel finally failed. */
  | { readonly do: 'fail'; readonly session: string; readonly channel: ChannelName };

/** A process that uses the wallet as Send, Resend and delivery do. */
export function createPaymentProcess(
  documents: Documents,
  workspace: string,
  newId: () => string,
  clock: Clock,
) {
  const wallet = createWallet({ documents, newId, clock, log: pino({ level: 'silent' }) });
  const sessions = documents.collection<StoredSession>('sessions');

  /** Stores what holds the debit. A response that was lost says nothing, so the debit is left to the sweeper. */
  async function holding(debit: Debit | undefined, store: (debit: Debit | undefined) => Promise<boolean>) {
    if (await store(debit)) await debit?.commit();
    else await debit?.refund();
  }

  return async (deed: PaymentStep): Promise<void> => {
    if (deed.do === 'credit') {
      await wallet.credit(workspace, { amount: deed.amount, reference: '', requestId: deed.request });
      return;
    }
    const _id = `${workspace}/${deed.session}`;
    if (deed.do === 'fail') {
      const { charges = {} } = (await sessions.findOne({ _id })) ?? {};
      for (const [debit, { [deed.channel]: amount }] of Object.entries(charges)) {
        if (amount) await wallet.refund(workspace, debit, deed.channel, amount, deed.session);
      }
      return;
    }
    const taken = await wallet.debit(workspace, deed.session, deed.channels, clock.now());
    await holding(taken, async (debit) => {
      if (deed.do === 'resend') {
        if (!debit) return false;
        const $set = { [`charges.${debit.id}`]: debit.charges };
        return (await sessions.findOneAndUpdate({ _id }, { $set })) !== null;
      }
      if (deed.ends === 'refused') return false;
      const session = {
        _id,
        charges: debit ? { [debit.id]: debit.charges } : {},
      } as unknown as StoredSession;
      return sessions.insertOne(session).then(
        () => true,
        (error) => {
          if (error instanceof DuplicateKey) return false;
          throw error;
        },
      );
    });
  };
}
