import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Provider } from '../delivery/provider.js';
import { createInbox, type Inbox } from '../delivery/providers/inbox.js';
import { createSmtp } from '../delivery/providers/smtp.js';
import { createRoutes, type Routes } from '../delivery/routes.js';
import type { ChannelName } from '../domain/channels.js';
import type { Documents } from '../store/documents.js';
import type { Secrets } from './secrets.js';

interface Parts {
  readonly config: Config;
  readonly documents: Documents;
  readonly secrets: Secrets;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Providers by channel, in place of the configured ones. */
export type ProviderOverrides = Readonly<Partial<Record<ChannelName, Provider | readonly Provider[]>>>;

/** The providers that are configured. The inbox stands in for the others, in development only. */
export function composeProviders(
  { config, documents, secrets, newId, clock }: Parts,
  overrides: ProviderOverrides,
) {
  const inbox: Inbox | undefined =
    config.env === 'development'
      ? createInbox({ documents, encryption: secrets.encryption, newId, clock, from: config.emailFrom })
      : undefined;
  const configured = configuredProviders(config);
  const routes = createRoutes(configured, inbox);
  return {
    inbox,
    routes: overriding(routes, overrides),
    close: async () => {
      await Promise.all([...configured, ...(inbox ? [inbox] : [])].map((provider) => provider.close()));
    },
  };
}

/** In the order in which those of one channel are tried. */
function configuredProviders(config: Config): Provider[] {
  return [...(config.smtpUrl ? [createSmtp(config.smtpUrl, config.emailFrom)] : [])];
}

function overriding(routes: Routes, overrides: ProviderOverrides): Routes {
  const replaced = (channel: ChannelName) => {
    const providers = overrides[channel];
    return providers && createRoutes([providers].flat());
  };
  return {
    of: (wanted, channel) => (replaced(channel) ?? routes).of(wanted, channel),
    names: (channel) => (replaced(channel) ?? routes).names(channel),
  };
}
