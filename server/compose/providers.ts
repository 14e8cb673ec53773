import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Provider } from '../delivery/provider.js';
import { createInbox, type Inbox } from '../delivery/providers/inbox.js';
import { createSmtp } from '../delivery/providers/smtp.js';
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
export type ProviderOverrides = Readonly<Partial<Record<ChannelName, Provider>>>;

/** The providers that are configured. The inbox stands in for the others, in development only. */
export function composeProviders(
  { config, documents, secrets, newId, clock }: Parts,
  overrides: ProviderOverrides,
) {
  const inbox: Inbox | undefined =
    config.env === 'development'
      ? createInbox({ documents, encryption: secrets.encryption, newId, clock, from: config.emailFrom })
      : undefined;
  const smtp = config.smtpUrl ? createSmtp(config.smtpUrl, config.emailFrom) : undefined;
  const byChannel: Record<ChannelName, Provider | undefined> = {
    email: smtp ?? inbox,
    sms: inbox,
    whatsapp: inbox,
    ...overrides,
  };
  return {
    inbox,
    providerFor: (_session: unknown, channel: ChannelName) => byChannel[channel],
    close: async () => {
      await Promise.all([smtp?.close(), inbox?.close()]);
    },
  };
}
