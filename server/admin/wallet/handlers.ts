import type { MessageShape } from '@bufbuild/protobuf';
import { WalletSchema, type WalletService } from '../../../gen/otp/admin/v1/wallet_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure, invalid } from '../../errors.js';
import type { Documents } from '../../store/documents.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { walletCollections } from './ledger.js';
import { DEFAULT_CURRENCY, type StoredWallet } from './stored.js';
import { entryToProto, walletToProto } from './toProto.js';
import type { Wallet } from './wallet.js';

const CHANGEABLE = ['enabled', 'currency', 'prices'];

/** The operator's side of the wallet. */
export function createWalletHandlers(
  documents: Documents,
  wallet: Wallet,
  workspaces: Workspaces,
): Handlers<typeof WalletService> {
  const { wallets, ledger } = walletCollections(documents);

  /** The workspace whose money a call may change. */
  async function target(call: Call, requested: string): Promise<string> {
    requireLive(call);
    const workspace = targetWorkspace(call, requested);
    call.resource = 'wallet';
    if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
    return workspace;
  }

  return {
    async getWallet(call, request) {
      return { wallet: walletToProto(await wallet.read(targetWorkspace(call, request.workspace))) };
    },

    async updateWallet(call, request) {
      const _id = await target(call, request.workspace);
      for (;;) {
        const before = await wallet.open(_id);
        const { resource, fields } = applyUpdateMask(WalletSchema, {
          current: walletToProto(before),
          patch: request.wallet,
          mask: request.updateMask,
          changeable: CHANGEABLE,
          resource: 'wallet',
        });
        const settings: Record<string, unknown> = settingsOf(resource);
        const isRelabelled = settings.currency !== before.currency;
        if (isRelabelled && !isUntouched(before)) {
          throw invalid(
            'wallet.currency',
            'cannot be changed unless the balance is zero and nothing is pending',
          );
        }
        // The balance and the count of batches together say that no money moved since it was read.
        const unmoved = isRelabelled ? { balance: 0, batchNo: before.batchNo } : {};
        const after = await wallets.findOneAndUpdate(
          { _id, ...unmoved },
          { $set: Object.fromEntries(fields.map((field) => [field, settings[field]])) },
        );
        wallet.forget(_id);
        if (after) return { wallet: walletToProto(after) };
      }
    },

    async creditWallet(call, { workspace, amountMicros, reference, requestId }) {
      const _id = await target(call, workspace);
      if (amountMicros === 0n) throw invalid('amount_micros', 'must not be zero');
      const amount = Number(amountMicros);
      const credited = await wallet.credit(_id, { amount, reference, requestId });
      return { wallet: walletToProto(credited.wallet), entry: entryToProto(credited.entry) };
    },

    async listLedgerEntries(call, request) {
      const prefix = `${targetWorkspace(call, request.workspace)}/`;
      const listing = { field: 'listedAs', prefix, descending: true };
      const { items, nextPageToken } = await readPage(ledger, listing, request);
      return { entries: items.map(entryToProto), nextPageToken };
    },
  };
}

const isUntouched = ({ balance, pending }: StoredWallet): boolean =>
  balance === 0 && Object.keys(pending).length === 0;

const settingsOf = ({ enabled, currency, prices }: MessageShape<typeof WalletSchema>) => ({
  enabled,
  currency: currency || DEFAULT_CURRENCY,
  prices: {
    email: Number(prices?.emailMicros ?? 0),
    sms: Number(prices?.smsMicros ?? 0),
    whatsapp: Number(prices?.whatsappMicros ?? 0),
  },
});
