import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ChannelPricesSchema,
  type LedgerEntrySchema,
  LedgerEntryType,
  WalletSchema,
} from '../../../gen/otp/admin/v1/wallet_service_pb.js';
import type { Charges } from '../../session/storedDelivery.js';
import type { StoredEntry, StoredWallet } from './stored.js';
import { sumCharges } from './stored.js';

/** Prices or charges by channel as the contract shows it. */
export const chargesToProto = ({ email = 0, sms = 0, whatsapp = 0 }: Charges) =>
  create(ChannelPricesSchema, {
    emailMicros: BigInt(email),
    smsMicros: BigInt(sms),
    whatsappMicros: BigInt(whatsapp),
  });

/** A ledger entry as the contract shows it. */
export const entryToProto = (entry: StoredEntry): MessageInitShape<typeof LedgerEntrySchema> => ({
  id: entry.listedAs.slice(entry.listedAs.indexOf('/') + 1),
  type: LedgerEntryType[entry.type],
  amountMicros: BigInt(entry.amount),
  currency: entry.currency,
  at: timestampFromDate(entry.at),
  sessionId: entry.sessionId ?? '',
  ...(entry.charges && { charges: chargesToProto(entry.charges) }),
  debitId: entry.debit ?? '',
  reference: entry.reference ?? '',
});

/** A wallet as the contract shows it. */
export function walletToProto({
  enabled,
  currency,
  prices,
  balance,
  pending,
}: StoredWallet): MessageShape<typeof WalletSchema> {
  const underWay = Object.values(pending).reduce((sum, { charges }) => sum + sumCharges(charges), 0);
  return create(WalletSchema, {
    enabled,
    currency,
    prices: chargesToProto(prices),
    balanceMicros: BigInt(balance),
    pendingMicros: BigInt(underWay),
  });
}
