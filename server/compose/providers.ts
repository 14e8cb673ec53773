import type { Config } from '../config/config.js';
import type { Provider } from '../delivery/provider.js';
import { createRoutes, type Routes } from '../delivery/providerOrder.js';
import { createDeliveryWebhook } from '../delivery/providers/deliveryWebhook.js';
import { createInbox, type Inbox } from '../delivery/providers/inbox.js';
import { createSmtp } from '../delivery/providers/smtp.js';
import { createSns } from '../delivery/providers/sns.js';
import { createTwilio } from '../delivery/providers/twilio.js';
import { createVonage } from '../delivery/providers/vonage.js';
import { createWhatsappCloud } from '../delivery/providers/whatsappCloud.js';
import type { ChannelName } from '../domain/channels.js';
import { callbackPath } from '../gateway/callbacks/vendor.js';
import type { Clock } from '../platform/clock.js';
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
  const configured = configuredProviders(config, clock);
  const routes = createRoutes(configured, inbox);
  return {
    inbox,
    routes: overriding(routes, overrides),
    close: async () => {
      await Promise.all([...configured, ...(inbox ? [inbox] : [])].map((provider) => provider.close()));
    },
  };
}

/** In the order in which those of one channel are tried. A vendor with its first setting has all it needs; see config/providers.ts. */
function configuredProviders(config: Config, clock: Clock): Provider[] {
  const callback = (vendor: string) => config.publicUrl && `${config.publicUrl}${callbackPath(vendor)}`;
  const { smtpUrl, whatsappAccessToken, twilioAccountSid, vonageApiKey, snsRegion, deliveryWebhookUrl } =
    config;
  const given = (value: string | undefined) => value as string;
  return [
    smtpUrl && createSmtp(smtpUrl, config.emailFrom),
    whatsappAccessToken &&
      createWhatsappCloud(
        {
          url: config.whatsappUrl,
          accessToken: whatsappAccessToken,
          phoneNumberId: given(config.whatsappPhoneNumberId),
          numbers: new Map(config.whatsappNumbers.map((pair) => pair.split('=') as [string, string])),
          template: given(config.whatsappTemplate),
          languages: config.whatsappLanguages,
          reports: config.whatsappAppSecret !== undefined,
        },
        clock,
      ),
    twilioAccountSid &&
      createTwilio(
        {
          url: config.twilioUrl,
          accountSid: twilioAccountSid,
          authToken: given(config.twilioAuthToken),
          from: config.twilioFrom,
          whatsappFrom: config.twilioWhatsappFrom,
          whatsappContentSid: config.twilioWhatsappContentSid,
          statusCallback: callback('twilio'),
        },
        clock,
      ),
    vonageApiKey &&
      createVonage(
        {
          url: config.vonageUrl,
          apiKey: vonageApiKey,
          apiSecret: given(config.vonageApiSecret),
          from: given(config.vonageFrom),
          // Whoever cannot tell its reports from forged ones does not ask for them.
          statusCallback: config.vonageSignatureSecret && callback('vonage'),
        },
        clock,
      ),
    snsRegion &&
      createSns(
        {
          url: config.snsUrl,
          region: snsRegion,
          accessKeyId: given(config.snsAccessKeyId),
          secretAccessKey: given(config.snsSecretAccessKey),
          from: config.snsFrom,
        },
        clock,
      ),
    deliveryWebhookUrl &&
      createDeliveryWebhook(
        {
          url: deliveryWebhookUrl,
          secret: given(config.deliveryWebhookSecret),
          channels: config.deliveryWebhookChannels,
        },
        clock,
      ),
  ].filter((provider) => provider !== undefined && provider !== '');
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
