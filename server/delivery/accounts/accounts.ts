import type { ChannelName } from '../../domain/channels.js';
import type { Logger } from '../../observe/log.js';
import { MINUTE_MS, SECOND_MS } from '../../platform/durations.js';
import { idOf } from '../../store/documentId.js';
import type { Collection } from '../../store/documents.js';
import { createTtlCache } from '../../store/ttlCache.js';
import type { Provider } from '../provider.js';
import type { ReceiptEndpoint } from '../vendors/receipts.js';
import type { Vendor, VendorDeps } from '../vendors/vendor.js';
import { readAccount } from './settings.js';
import { accountsOf, openSecrets, type StoredAccount } from './stored.js';

/** What was opened and not used for this long is closed. */
const IDLE_MS = 10 * MINUTE_MS;

/** How long a message may wait for its turn at a provider that has been replaced. */
const IN_FLIGHT_MS = 10 * SECOND_MS;

/** An account that is open. */
export interface Account {
  readonly name: string;
  readonly kind: string;
  readonly disabled: boolean;
  readonly provider: Provider;
  /** Verifies its delivery receipts; undefined where it has none or they cannot be verified. */
  readonly receipts: ReceiptEndpoint | undefined;
}

/** The accounts of workspaces with vendors, opened when they are first needed. */
export interface Accounts {
  /** Those of a workspace, as they are or were at most five seconds ago. */
  of(workspace: string): Promise<readonly Account[]>;
  /** Reads those of the workspace again the next time. */
  forget(workspace: string): void;
  close(): Promise<void>;
}

interface Deps extends VendorDeps {
  readonly vendors: readonly Vendor[];
  readonly publicUrl: string | undefined;
  /** Called with the key of an account that has been deleted. */
  readonly deleted: (key: string) => void;
  readonly log: Logger;
}

interface Opened {
  readonly version: string;
  readonly account: Promise<Account | undefined>;
  usedAt: number;
}

export function createAccounts({ vendors, publicUrl, deleted, log, ...deps }: Deps): Accounts {
  const { documents, encryption, clock } = deps;
  const stored: Collection<StoredAccount> = documents.collection('providerAccounts');
  const opened = new Map<string, Opened>();
  /** Replaced or deleted, and not closed yet. */
  const retired = new Set<Provider>();

  async function openAccount(one: StoredAccount): Promise<Account | undefined> {
    const { _id, kind, settings, disabled = false } = one;
    const vendor = vendors.find(({ name }) => name === kind);
    if (!vendor) return undefined;
    const secrets = openSecrets(encryption, _id, one.secrets);
    const configured = readAccount(vendor.settings, { settings, secrets });
    const own = { ...deps, publicUrl, account: _id };
    const provider = await vendor.openProvider(configured, own);
    if (!provider) return undefined;
    const receipts = await vendor.openReceipts(configured, own);
    const name = idOf(one);
    return { name, kind, disabled, provider: asAccount(provider, { name, kind, key: _id }), receipts };
  }

  /** One that cannot be opened, such as after its key was lost, leaves the others usable. */
  const openSafely = (one: StoredAccount): Promise<Account | undefined> =>
    openAccount(one).catch((err: unknown) => {
      log.error({ err, account: one._id }, 'a provider account cannot be opened');
      return undefined;
    });

  /** Closes it once the messages that were given to it have ended. */
  function drop(_id: string, { account }: Opened): void {
    opened.delete(_id);
    void account.then((found) => {
      if (!found) return;
      const { provider } = found;
      const close = () => {
        if (!retired.delete(provider)) return;
        provider.close().catch((err: unknown) => log.warn({ err, account: _id }, 'an account is not closed'));
      };
      retired.add(provider);
      clock.after(provider.timeoutMs + IN_FLIGHT_MS, close);
    });
  }

  async function read(workspace: string): Promise<readonly Account[]> {
    const found = await accountsOf(stored, workspace);
    const now = clock.monotonic();
    for (const one of found) {
      const known = opened.get(one._id);
      if (known?.version === one.version) known.usedAt = now;
      else {
        if (known) drop(one._id, known);
        opened.set(one._id, { version: one.version, account: openSafely(one), usedAt: now });
      }
    }
    const kept = new Set(found.map(({ _id }) => _id));
    for (const [_id, entry] of opened) {
      const isGone = _id.startsWith(`${workspace}/`) && !kept.has(_id);
      if (isGone || now - entry.usedAt > IDLE_MS) drop(_id, entry);
      if (isGone) deleted(_id);
    }
    const accounts = await Promise.all(
      found.map(async ({ _id }) => {
        const entry = opened.get(_id);
        const account = await entry?.account;
        // Tried again the next time: its key may be known by then.
        if (!account && opened.get(_id) === entry) opened.delete(_id);
        return account;
      }),
    );
    return accounts.filter((account) => account !== undefined);
  }

  // Of a workspace without accounts nothing is kept: an unsigned receipt may name any.
  const cache = createTtlCache(read, clock, (found) => found.length > 0);
  return {
    ...cache,
    of: cache.get,
    async close() {
      const open = await Promise.all([...opened.values()].map(({ account }) => account));
      const providers = [...open.flatMap((account) => account?.provider ?? []), ...retired];
      opened.clear();
      retired.clear();
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

/** A vendor's provider under the name of an account. */
function asAccount(
  provider: Provider,
  { name, kind, key }: { readonly name: string; readonly kind: string; readonly key: string },
): Provider {
  const { find, check } = provider;
  return {
    name,
    account: { kind, key },
    channels: provider.channels,
    ...(provider.fixedText && { fixedText: provider.fixedText }),
    timeoutMs: provider.timeoutMs,
    ...(provider.reports !== undefined && { reports: provider.reports }),
    send: (message, signal) => provider.send(message, signal),
    ...(find && { find: find.bind(provider) }),
    ...(check && { check: check.bind(provider) }),
    close: () => provider.close(),
  };
}

/** Whether the account sends messages of the channel. */
export const servesChannel = ({ provider }: Account, channel: ChannelName): boolean =>
  provider.channels.includes(channel);
