import { z } from 'zod';
import { CHANNELS, type ChannelName, isChannelName } from '../domain/channels.js';
import { baseUrl, list, secret, setting, url } from './setting.js';
import { SMS_SENDERS } from './smsSenders.js';

const text = z.string();
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number such as +573001234542');

/** Whatever the vendors of delivery want to know; see delivery/providers/. */
export const PROVIDER_SETTINGS = {
  smtpUrl: secret(
    'OTP_SMTP_URL',
    url('smtp:', 'smtps:').optional(),
    'SMTP server for e-mail, smtp://user:password@host:587 or smtps://. Unset: e-mail goes to the development inbox.',
  ),
  emailFrom: setting(
    'OTP_EMAIL_FROM',
    z.string().default('Countersign <no-reply@localhost>'),
    'From header of e-mails.',
  ),

  twilioAccountSid: setting(
    'OTP_TWILIO_ACCOUNT_SID',
    text.regex(/^AC[0-9a-f]{32}$/i, 'must be AC and 32 hexadecimal digits').optional(),
    'Twilio: account. Together with OTP_TWILIO_AUTH_TOKEN and a sender.',
  ),
  twilioAuthToken: secret(
    'OTP_TWILIO_AUTH_TOKEN',
    text.optional(),
    'Twilio: the account’s auth token, which also signs its status callbacks.',
  ),
  twilioFrom: setting(
    'OTP_TWILIO_FROM',
    text.regex(SMS_SENDERS.twilio, 'is no sender that Twilio takes').optional(),
    'Twilio: sender of text messages: a phone number, a sender name of up to 11 characters, a short code, or a messaging service (MG…). Unset: Twilio sends no text messages.',
  ),
  twilioWhatsappFrom: setting(
    'OTP_TWILIO_WHATSAPP_FROM',
    phone.optional(),
    'Twilio: phone number of the WhatsApp sender. Unset: Twilio sends no WhatsApp messages.',
  ),
  twilioWhatsappContentSid: setting(
    'OTP_TWILIO_WHATSAPP_CONTENT_SID',
    text.regex(/^HX[0-9a-f]{32}$/i, 'must be HX and 32 hexadecimal digits').optional(),
    'Twilio: approved WhatsApp authentication template, whose variable 1 is the code. Unset: the text is sent as it is, which WhatsApp takes only within a day of the person’s own message.',
  ),
  twilioUrl: setting(
    'OTP_TWILIO_URL',
    baseUrl.default('https://api.twilio.com'),
    'Twilio: address of the API.',
  ),

  vonageApiKey: setting(
    'OTP_VONAGE_API_KEY',
    text.optional(),
    'Vonage: API key. Together with OTP_VONAGE_API_SECRET and OTP_VONAGE_FROM.',
  ),
  vonageApiSecret: secret('OTP_VONAGE_API_SECRET', text.optional(), 'Vonage: API secret.'),
  vonageFrom: setting(
    'OTP_VONAGE_FROM',
    text.regex(SMS_SENDERS.vonage, 'is no sender that Vonage takes').optional(),
    'Vonage: sender of text messages, a phone number or a name of up to 11 letters and digits.',
  ),
  vonageSignatureSecret: secret(
    'OTP_VONAGE_SIGNATURE_SECRET',
    text.min(16, 'must have at least 16 characters').optional(),
    'Vonage: signature secret of its status callbacks. Unset: they are not taken.',
  ),
  vonageUrl: setting(
    'OTP_VONAGE_URL',
    baseUrl.default('https://api.nexmo.com'),
    'Vonage: address of the API.',
  ),

  whatsappAccessToken: secret(
    'OTP_WHATSAPP_ACCESS_TOKEN',
    text.optional(),
    'WhatsApp Cloud: access token. Together with OTP_WHATSAPP_PHONE_NUMBER_ID and OTP_WHATSAPP_TEMPLATE.',
  ),
  whatsappPhoneNumberId: setting(
    'OTP_WHATSAPP_PHONE_NUMBER_ID',
    text.regex(/^\d+$/, 'must be the digits of a phone number id').optional(),
    'WhatsApp Cloud: id of the phone number that messages come from.',
  ),
  whatsappNumbers: setting(
    'OTP_WHATSAPP_NUMBERS',
    list
      .refine(
        (pairs) => pairs.every((pair) => /^\+[1-9]\d{6,14}=\d+$/.test(pair)),
        'must be like +573001234542=106540352242922, separated by commas',
      )
      .default([]),
    'WhatsApp Cloud: ids of further phone numbers, number=id separated by commas, for workspaces whose sender is one of them.',
  ),
  whatsappTemplate: setting(
    'OTP_WHATSAPP_TEMPLATE',
    text.regex(/^[a-z0-9_]{1,512}$/, 'must be lower-case letters, digits and "_"').optional(),
    'WhatsApp Cloud: name of an approved authentication template with a copy-code button.',
  ),
  whatsappLanguages: setting(
    'OTP_WHATSAPP_LANGUAGES',
    list.refine((codes) => codes.length > 0, 'must name a language').default(['en_US']),
    'WhatsApp Cloud: languages the template is approved in, separated by commas; the first where none is closer.',
  ),
  whatsappAppSecret: secret(
    'OTP_WHATSAPP_APP_SECRET',
    text.optional(),
    'WhatsApp Cloud: app secret, which signs its status callbacks. Unset: they are not taken.',
  ),
  whatsappVerifyToken: secret(
    'OTP_WHATSAPP_VERIFY_TOKEN',
    text.optional(),
    'WhatsApp Cloud: the verify token entered in its console, by which it makes sure of the callback address.',
  ),
  whatsappUrl: setting(
    'OTP_WHATSAPP_URL',
    baseUrl.default('https://graph.facebook.com/v25.0'),
    'WhatsApp Cloud: address of the API, with its version.',
  ),

  snsRegion: setting(
    'OTP_SNS_REGION',
    text.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-central-1').optional(),
    'AWS SNS: region. Together with OTP_SNS_ACCESS_KEY_ID and OTP_SNS_SECRET_ACCESS_KEY.',
  ),
  snsAccessKeyId: setting('OTP_SNS_ACCESS_KEY_ID', text.optional(), 'AWS SNS: access key id.'),
  snsSecretAccessKey: secret('OTP_SNS_SECRET_ACCESS_KEY', text.optional(), 'AWS SNS: secret access key.'),
  snsFrom: setting(
    'OTP_SNS_FROM',
    text.regex(SMS_SENDERS.sns, 'is no sender that AWS SNS takes').optional(),
    'AWS SNS: sender of text messages, a sender id of up to 11 letters, digits and "-", or a number of the account. Unset: the account’s default.',
  ),
  snsUrl: setting(
    'OTP_SNS_URL',
    baseUrl.optional(),
    'AWS SNS: address of the API. Unset: that of the region.',
  ),

  deliveryWebhookUrl: secret(
    'OTP_DELIVERY_WEBHOOK_URL',
    url('https:', 'http:').optional(),
    'Address of a service of your own that messages are handed to, signed. Together with OTP_DELIVERY_WEBHOOK_SECRET.',
  ),
  deliveryWebhookSecret: secret(
    'OTP_DELIVERY_WEBHOOK_SECRET',
    text
      .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'must be whsec_ and the base64 of at least 24 bytes')
      .optional(),
    'Signs what is handed to OTP_DELIVERY_WEBHOOK_URL, and what it reports (Standard Webhooks), whsec_….',
  ),
  deliveryWebhookChannels: setting(
    'OTP_DELIVERY_WEBHOOK_CHANNELS',
    list
      .refine(
        (names): names is ChannelName[] => names.length > 0 && names.every(isChannelName),
        `must be channels (${CHANNELS.join(', ')}), separated by commas`,
      )
      .default([...CHANNELS]),
    'Channels handed to OTP_DELIVERY_WEBHOOK_URL, separated by commas.',
  ),
} as const;

type Name = keyof typeof PROVIDER_SETTINGS;

/** What belongs together: a vendor exists when everything of `all`, and one of `oneOf`, is set. */
interface Group {
  readonly vendor: string;
  readonly all: readonly Name[];
  readonly oneOf?: readonly Name[];
  /** Of no use alone. */
  readonly also?: readonly Name[];
}

export const GROUPS: readonly Group[] = [
  {
    vendor: 'Twilio',
    all: ['twilioAccountSid', 'twilioAuthToken'],
    oneOf: ['twilioFrom', 'twilioWhatsappFrom'],
    also: ['twilioWhatsappContentSid'],
  },
  {
    vendor: 'Vonage',
    all: ['vonageApiKey', 'vonageApiSecret', 'vonageFrom'],
    also: ['vonageSignatureSecret'],
  },
  {
    vendor: 'WhatsApp Cloud',
    all: ['whatsappAccessToken', 'whatsappPhoneNumberId', 'whatsappTemplate'],
    also: ['whatsappAppSecret', 'whatsappVerifyToken'],
  },
  {
    vendor: 'AWS SNS',
    all: ['snsRegion', 'snsAccessKeyId', 'snsSecretAccessKey'],
    also: ['snsFrom', 'snsUrl'],
  },
  { vendor: 'The delivery webhook', all: ['deliveryWebhookUrl', 'deliveryWebhookSecret'] },
];

/** What is missing of vendors that are configured by half, one line each. */
export function halfConfigured(read: Readonly<Partial<Record<Name, unknown>>>): string[] {
  const isSet = (name: Name) => read[name] !== undefined;
  const named = (names: readonly Name[], between: string) =>
    names.map((name) => PROVIDER_SETTINGS[name].variable).join(between);
  return GROUPS.flatMap(({ vendor, all, oneOf = [], also = [] }) => {
    if (![...all, ...oneOf, ...also].some(isSet)) return [];
    const missing = all.filter((name) => !isSet(name));
    const lacks = [
      ...(missing.length > 0 ? [named(missing, ', ')] : []),
      ...(oneOf.length > 0 && !oneOf.some(isSet) ? [named(oneOf, ' or ')] : []),
    ];
    return lacks.length > 0 ? [`${vendor} is configured by half: set ${lacks.join(', and ')} as well`] : [];
  });
}
