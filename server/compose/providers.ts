import type { Config } from '../config/config.js';
import { createAccounts } from '../delivery/accounts/accounts.js';
import { createWorkspaceRoutes } from '../delivery/accounts/workspaceRoutes.js';
import type { Breakers } from '../delivery/breakers.js';
import type { Provider } from '../delivery/provider.js';
import { createRoutes, type Routes } from '../delivery/providerOrder.js';
import { INBOX } from '../delivery/vendors/index.js';
import type { Vendor } from '../delivery/vendors/vendor.js';
import type { ChannelName } from '../domain/channels.js';
import type { Logger } from '../observe/log.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import { inboxTokenOfFolder } from '../secrets/inboxToken.js';
import type { Documents } from '../store/documents.js';
import type { Secrets } from './secrets.js';

interface Deps {
  readonly config: Config;
  /** In the order in which the providers of one channel are used. */
  readonly vendors: readonly Vendor[];
  readonly documents: Documents;
  readonly secrets: Secrets;
  readonly isBuiltIn: (name: string) => boolean;
  readonly breakers: Pick<Breakers, 'forget'>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Providers by channel that replace the configured ones. */
export type ProviderOverrides = Readonly<Partial<Record<ChannelName, Provider | readonly Provider[]>>>;

/** Whether a name is that of a provider of the service itself, configured or not. */
export function createIsBuiltIn(
  vendors: readonly Vendor[],
  overrides: ProviderOverrides,
): (name: string) => boolean {
  const replaced = Object.values(overrides).flatMap((providers) => providers ?? []);
  const names = new Set([...vendors, INBOX, ...replaced].map(({ name }) => name));
  return (name) => names.has(name);
}

/** The providers that are configured, and the accounts of workspaces. The inbox replaces missing ones, in development only. */
export async function composeProviders(
  { config, vendors, documents, secrets, isBuiltIn, breakers, newId, clock, random, log }: Deps,
  overrides: ProviderOverrides,
) {
  const { encryption } = secrets;
  const deps = { documents, encryption, newId, clock, random, publicUrl: config.publicUrl };
  const opened = await Promise.all(vendors.map((vendor) => vendor.openProvider(config.vendors, deps)));
  const configured = opened.filter((provider) => provider !== undefined);
  const isDevelopment = config.env === 'development';
  const inbox = isDevelopment ? await INBOX.openProvider(config.vendors, deps) : undefined;
  const inboxToken = isDevelopment
    ? (config.inboxToken ?? (await inboxTokenOfFolder(config.dataDir, random)))
    : undefined;
  const routes = overriding(createRoutes(configured, inbox), overrides);
  const accounts = createAccounts({ ...deps, vendors, deleted: breakers.forget, log });
  return {
    inbox: inbox && inboxToken !== undefined ? { inbox, token: inboxToken } : undefined,
    routes,
    accounts,
    workspaceRoutes: createWorkspaceRoutes({ routes, accounts, isBuiltIn }),
    close: async () => {
      await accounts.close();
      await Promise.all([...configured, ...(inbox ? [inbox] : [])].map((provider) => provider.close()));
    },
  };
}

function overriding(routes: Routes, overrides: ProviderOverrides): Routes {
  const replaced = (channel: ChannelName) => {
    const providers = overrides[channel];
    return providers && createRoutes([providers].flat());
  };
  return {
    of: (wanted, channel, withTransaction) =>
      (replaced(channel) ?? routes).of(wanted, channel, withTransaction),
    names: (channel) => (replaced(channel) ?? routes).names(channel),
  };
}
