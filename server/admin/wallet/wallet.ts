import { createHash } from 'node:crypto';
import type { ChannelName } from '../../domain/channels.js';
import { Failure, invalid } from '../../errors.js';
import type { Logger } from '../../observe/log.js';
import type { Clock } from '../../platform/clock.js';
import type { Charges } from '../../session/storedDelivery.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { createTtlCache } from '../../store/ttlCache.js';
import { createApplyEntries } from './applyEntries.js';
import { returnDebit, settleDebit, walletCollections } from './ledger.js';
import {
  chargesFor,
  DEFAULT_CURRENCY,
  emptyWallet,
  type StoredEntry,
  type StoredWallet,
  sumCharges,
} from './stored.js';

/** A session that was not stored within this time after its debit must not be: the sweeper may not find it in time. */
const USABLE_MS = 30_000;

/** Balances stay whole numbers that JavaScript holds exactly. */
const MOST = 9_000_000_000_000_000;

/** Money taken for one send or resend, until a session holds it. */
export interface Debit {
  /** The session stores `charges.<id>`, which shows the sweeper that the debit was used. */
  readonly id: string;
  /** By channel, in micro-units; each is also the amount of that channel's `delivery.charge`. */
  readonly charges: Charges;
  readonly at: Date;
  /** Whether the session may still be stored at `now` (milliseconds). */
  isUsable(now: number): boolean;
  /** The session that holds it is stored. Never rejects: what it cannot do the sweeper does. */
  commit(): Promise<void>;
  /** No session holds it, for certain: the money goes back. Never rejects: what it cannot do the sweeper does. */
  refund(): Promise<void>;
}

/** What an operator adds; below zero takes credit back. */
export interface Credit {
  readonly amount: number;
  readonly reference: string;
  /** Empty: this very call. */
  readonly requestId: string;
}

/** Pays for live messages. The sandbox is free and never comes here. */
export interface Wallet {
  /**
   * Takes the price of one message on each channel. Undefined when the wallet is
   * off or they are free. Throws INSUFFICIENT_BALANCE.
   */
  debit(
    workspace: string,
    sessionId: string,
    channels: readonly ChannelName[],
    now: number,
  ): Promise<Debit | undefined>;
  /**
   * Gives back what one channel of a debit cost, once, however often it is
   * called: its message finally failed or never left.
   */
  refund(
    workspace: string,
    debit: string,
    channel: ChannelName,
    amount: number,
    sessionId: string,
  ): Promise<void>;
  /** Adds credit, once for a request id. Throws IDEMPOTENCY_CONFLICT and INVALID_REQUEST. */
  credit(workspace: string, credit: Credit): Promise<{ wallet: StoredWallet; entry: StoredEntry }>;
  /** The wallet as it is; one that was never used is off and empty. */
  read(workspace: string): Promise<StoredWallet>;
  /** The same, made where there is none. */
  open(workspace: string): Promise<StoredWallet>;
  /** What one message costs by the workspace's prices, micro-units, whether or not the wallet is on. */
  priceOf(workspace: string, channel: ChannelName): Promise<number>;
  /** Reads prices again the next time, after this process changed them. */
  forget(workspace: string): void;
}

interface Deps {
  readonly documents: Documents;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createWallet({ documents, newId, clock, log }: Deps): Wallet {
  const books = walletCollections(documents);
  const { wallets, ledger } = books;
  const applyEntries = createApplyEntries(books);
  const settings = createTtlCache((_id) => wallets.findOne({ _id }), clock);

  const read = async (_id: string) => (await wallets.findOne({ _id })) ?? emptyWallet(_id, clock.now());

  async function open(_id: string): Promise<StoredWallet> {
    const known = await wallets.findOne({ _id });
    if (known) return known;
    await insertOnce(wallets, emptyWallet(_id, clock.now()));
    return read(_id);
  }

  /** The sweeper finishes what is interrupted here, so an error is worth a line and no more. */
  const orSwept = (work: Promise<void>, workspace: string, debit: string): Promise<void> =>
    work.catch((err) => log.warn({ err, workspace, debit }, 'a debit is left to the sweeper'));

  return {
    read,
    open,
    priceOf: async (workspace, channel) => (await settings.get(workspace))?.prices[channel] ?? 0,
    forget: (workspace) => settings.forget(workspace),

    async debit(workspace, sessionId, channels, now) {
      let wallet = await settings.get(workspace);
      let isCurrent = false;
      for (;;) {
        if (!wallet?.enabled) return undefined;
        const { currency } = wallet;
        const charges = chargesFor(wallet.prices, channels);
        const cost = sumCharges(charges);
        if (cost === 0) return undefined;
        if (isCurrent && wallet.balance < cost) throw new Failure('INSUFFICIENT_BALANCE');
        const id = newId();
        const pending = { sessionId, charges, currency, at: new Date(now) };
        const debited = await wallets.findOneAndUpdate(
          { _id: workspace, enabled: true, currency, balance: { $gte: cost } },
          { $inc: { balance: -cost }, $set: { [`pending.${id}`]: pending } },
        );
        if (debited) {
          return {
            id,
            charges,
            at: pending.at,
            isUsable: (at) => at - now < USABLE_MS,
            commit: () => orSwept(settleDebit(books, workspace, id, pending), workspace, id),
            refund: () => orSwept(returnDebit(books, workspace, id, pending), workspace, id),
          };
        }
        settings.forget(workspace);
        wallet = await wallets.findOne({ _id: workspace });
        isCurrent = true;
      }
    },

    async refund(workspace, debit, channel, amount, sessionId) {
      const { currency } = (await settings.get(workspace)) ?? { currency: DEFAULT_CURRENCY };
      await insertOnce(ledger, {
        _id: `${workspace}/${debit}/${channel}`,
        listedAs: `${workspace}/${newId()}`,
        type: 'REFUND',
        amount,
        currency,
        at: new Date(clock.now()),
        sessionId,
        charges: { [channel]: amount },
        debit,
        unapplied: workspace,
      });
      await applyEntries(workspace);
    },

    async credit(workspace, { amount, reference, requestId }) {
      const { balance, currency } = await open(workspace);
      const id = newId();
      const request = requestId ? createHash('sha256').update(requestId).digest('base64url') : id;
      const entry: StoredEntry = {
        _id: `${workspace}/credit/${request}`,
        listedAs: `${workspace}/${id}`,
        type: 'CREDIT',
        amount,
        currency,
        at: new Date(clock.now()),
        ...(reference && { reference }),
        unapplied: workspace,
      };
      const known = requestId ? await ledger.findOne({ _id: entry._id }) : null;
      if (!known && Math.abs(balance + amount) > MOST) {
        throw invalid('amount_micros', 'would bring the balance out of bounds');
      }
      const written =
        known ?? ((await insertOnce(ledger, entry)) ? entry : await ledger.findOne({ _id: entry._id }));
      if (written?.amount !== amount || (written.reference ?? '') !== reference) {
        throw new Failure('IDEMPOTENCY_CONFLICT');
      }
      await applyEntries(workspace);
      return { wallet: await read(workspace), entry: written };
    },
  };
}
