import type { SettingTable, ValuesOf } from '../../config/setting.js';
import type { ConfiguredGroups, SettingGroup } from '../../config/settingGroup.js';
import type { ChannelName } from '../../domain/channels.js';
import type { Clock } from '../../platform/clock.js';
import type { Random } from '../../platform/random.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Documents } from '../../store/documents.js';
import type { Provider } from '../provider.js';
import type { ErrorTable } from './errorTable.js';
import type { MessageLimits, SenderForm } from './limits.js';
import { callbackPath, type ReceiptEndpoint, type ReceiptReader } from './receipts.js';

/** What a vendor's code may use besides its settings. */
export interface VendorDeps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly random: Random;
}

/** What the documentation says about a vendor's receipts. */
interface ReceiptsGuide {
  /** How the vendor learns the URL. */
  readonly registration: string;
  readonly signature: string;
  /** What the signature covers. */
  readonly signed: string;
  /** How old a receipt may be. */
  readonly freshness: string;
  /** Paragraphs of Markdown. */
  readonly notes?: string;
}

/** What a vendor's room says about the vendor itself. */
interface VendorFacts {
  /** Short lower-case word, stable: stored with messages, named by workspaces, a label of metrics. */
  readonly name: string;
  readonly channels: readonly ChannelName[];
  readonly senders?: SenderForm;
  readonly limits?: MessageLimits;
  readonly errors?: ErrorTable;
  /** Used for channels without a provider in development, and never in production. */
  readonly developmentOnly?: true;
  /** Paragraphs of Markdown for the page of providers. */
  readonly guide: string;
}

/** The receipts of a vendor: `load` is called once the settings of `needs` are there. */
interface ReceiptsRoom<T extends SettingTable, N extends keyof T & string> {
  /** The last part of the callback path. */
  readonly path: string;
  /** The URL is sent with each message, so there are no receipts without OTP_PUBLIC_URL. */
  readonly urlPerMessage?: true;
  /** Optional settings without which receipts cannot be verified. */
  readonly needs: readonly N[];
  /** The setting with which the vendor verifies the URL by a GET request. */
  readonly handshake?: keyof T & string;
  readonly guide: ReceiptsGuide;
  load(settings: Having<T, N>, clock: Clock): Promise<ReceiptReader>;
}

type Having<T extends SettingTable, N extends keyof T> = ValuesOf<T> & {
  readonly [K in N]: NonNullable<ValuesOf<T>[K]>;
};

/** Everything that a vendor's room holds. Code that only a configured vendor needs is imported by `create` and `load`. */
interface Room<T extends SettingTable, N extends keyof T & string, P extends Provider> extends VendorFacts {
  readonly settings: SettingGroup<T>;
  readonly receipts?: ReceiptsRoom<T, N>;
  /** `callbackUrl`: where receipts go; undefined where there are none or the vendor knows it by itself. */
  create(settings: ValuesOf<T>, deps: VendorDeps & { readonly callbackUrl: string | undefined }): Promise<P>;
}

interface OpenDeps extends VendorDeps {
  readonly publicUrl: string | undefined;
  /** The account whose receipts are wanted, as part of their path; undefined: those of the service's own. */
  readonly account?: string;
}

/** A vendor as the registry lists it. */
export interface Vendor<P extends Provider = Provider> extends VendorFacts {
  readonly settings: SettingGroup;
  readonly receipts?: {
    readonly path: string;
    readonly urlPerMessage?: true;
    readonly needs: readonly string[];
    readonly handshake?: string;
    readonly guide: ReceiptsGuide;
  };
  /** Its provider; undefined where the vendor is not configured. */
  openProvider(configured: ConfiguredGroups, deps: OpenDeps): Promise<P | undefined>;
  /** Its callback endpoint; undefined where receipts are not sent or cannot be verified. */
  openReceipts(
    configured: ConfiguredGroups,
    deps: Pick<OpenDeps, 'clock' | 'publicUrl'>,
  ): Promise<ReceiptEndpoint | undefined>;
}

/** Makes a vendor of what its room holds: decides, for all vendors alike, when there is a provider and when there are receipts. */
export function defineVendor<
  T extends SettingTable,
  P extends Provider = Provider,
  N extends keyof T & string = never,
>(room: Room<T, N, P>): Vendor<P> {
  const { settings: group, receipts, create, ...facts } = room;

  /** The settings, where they suffice for receipts. */
  function receiptSettings(configured: ConfiguredGroups, publicUrl: string | undefined) {
    const settings = configured.of(group);
    if (!receipts || !settings || (receipts.urlPerMessage && publicUrl === undefined)) return undefined;
    return has(settings, receipts.needs) ? settings : undefined;
  }

  return {
    ...facts,
    settings: group,
    ...(receipts && { receipts }),
    async openProvider(configured, { publicUrl, account, ...deps }) {
      const settings = configured.of(group);
      if (!settings) return undefined;
      const isReporting = receipts?.urlPerMessage && receiptSettings(configured, publicUrl) !== undefined;
      const callbackUrl = isReporting ? `${publicUrl}${callbackPath(receipts.path, account)}` : undefined;
      return create(settings, { ...deps, callbackUrl });
    },
    async openReceipts(configured, { clock, publicUrl }) {
      const settings = receiptSettings(configured, publicUrl);
      if (!receipts || !settings) return undefined;
      return { ...(await receipts.load(settings, clock)), path: receipts.path };
    },
  };
}

function has<T extends SettingTable, N extends keyof T>(
  settings: ValuesOf<T>,
  names: readonly N[],
): settings is Having<T, N> {
  return names.every((name) => settings[name] !== undefined);
}
