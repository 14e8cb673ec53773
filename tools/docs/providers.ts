import { GROUPS, PROVIDER_SETTINGS } from '../../server/config/providers.js';
import { WEBHOOK_VERDICTS } from '../../server/delivery/providers/deliveryWebhook.js';
import { SNS_LIMITS, SNS_VERDICTS } from '../../server/delivery/providers/sns.js';
import { TWILIO_LIMITS, TWILIO_VERDICTS } from '../../server/delivery/providers/twilio.js';
import { VONAGE_LIMITS, VONAGE_VERDICTS } from '../../server/delivery/providers/vonage.js';
import { WHATSAPP_LIMITS, WHATSAPP_VERDICTS } from '../../server/delivery/providers/whatsappCloud.js';
import { ABOUT_US, type Verdict, type Verdicts } from '../../server/delivery/vendorRequest.js';
import { SESSION_LIMITS } from '../../server/session/limits.js';
import { GENERATED, table } from './markdown.js';

const variables = (names: readonly (keyof typeof PROVIDER_SETTINGS)[], between: string): string =>
  names.map((name) => `\`${PROVIDER_SETTINGS[name].variable}\``).join(between);

function needs(vendor: string): string {
  const { all, oneOf = [] } = GROUPS.find((group) => group.vendor === vendor)!;
  return [variables(all, ', '), ...(oneOf.length > 0 ? [variables(oneOf, ' or ')] : [])].join(', ');
}

function meaning(verdict: Verdict): string {
  if (typeof verdict === 'string') return `\`${verdict}\``;
  return `try again, \`${verdict.retry}\`${verdict.aboutMessage ? ', this message alone' : ''}`;
}

/** A vendor's error codes, by what becomes of them. */
function errors(verdicts: Verdicts, more: Readonly<Record<string, string>> = {}): string {
  const byMeaning = new Map<string, string[]>();
  for (const [code, verdict] of Object.entries(verdicts)) {
    const key = meaning(verdict);
    byMeaning.set(key, [...(byMeaning.get(key) ?? []), code]);
  }
  const codes = (key: string) =>
    [...(byMeaning.get(key) ?? []), ...(more[key] ? [more[key]] : [])].join(', ');
  return table(
    ['what it comes to', 'the vendor’s codes'],
    [...byMeaning.keys()].sort().map((key) => [key, codes(key)]),
  );
}

/** docs/reference/providers.md, from the providers' own tables. */
export function providers(): string {
  return `# Providers

${GENERATED}

A provider exists when everything it needs is set; of a vendor configured by half the start says what is missing. The
providers of a channel are tried in the order of this table, or in the one a workspace sets (\`routes\`). Without any,
development keeps messages in the inbox.

${table(
  ['provider', 'channels', 'needs', 'limits', 'reports deliveries'],
  [
    ['`smtp`', 'e-mail', variables(['smtpUrl'], ', '), '', 'no'],
    [
      '`whatsapp-cloud`',
      'WhatsApp',
      needs('WhatsApp Cloud'),
      `an authentication template; codes of up to ${WHATSAPP_LIMITS.characters} characters`,
      `with ${variables(['whatsappAppSecret'], '')}`,
    ],
    [
      '`twilio`',
      'SMS, WhatsApp',
      needs('Twilio'),
      `${TWILIO_LIMITS.characters} characters`,
      'with `OTP_PUBLIC_URL`',
    ],
    [
      '`vonage`',
      'SMS',
      needs('Vonage'),
      `${VONAGE_LIMITS.characters} characters`,
      `with \`OTP_PUBLIC_URL\` and ${variables(['vonageSignatureSecret'], '')}`,
    ],
    ['`sns`', 'SMS', needs('AWS SNS'), `${SNS_LIMITS.bytes} bytes`, 'no'],
    ['`delivery-webhook`', 'any', needs('The delivery webhook'), '', 'yes'],
    ['`inbox`', 'all, in development', '', '', 'no'],
  ],
)}

All settings: [configuration](configuration.md). What vendors report back: [delivery receipts](../operations/delivery-receipts.md).

## What an answer comes to

A message has ${SESSION_LIMITS.deliveryTries} tries, whichever providers they go to. Every request is one, and none is
made after the code is over. A message beyond a provider's limits, or from a sender it does not take, is refused
without asking it.

${table(
  ['outcome', 'what follows'],
  [
    ['accepted', 'The delivery is `ACCEPTED`, under the vendor’s id.'],
    [
      'try again',
      'The next provider at once; this one in the next round, not before the wait that it asked for (`Retry-After`, at most a day). Five in a row, and the provider is left alone for a while.',
    ],
    ['try again, this message alone', 'The same, but the provider counts as well.'],
    ['`REFUSED`', 'This provider will not take this message. The next one may.'],
    [
      '`MISCONFIGURED`',
      'Our account, credentials, address or sender is wrong. The next provider may take it.',
    ],
    ['`WRONG_RECIPIENT`', 'Nobody can be reached there. The delivery fails at once, with every provider.'],
  ],
)}

Where a vendor's code says nothing else, its HTTP status counts: 429 is try again with \`RATE_LIMITED\`; 408 and 5xx are
try again with \`HTTP_…\`; ${[...ABOUT_US].join(', ')} and redirects, which are never followed, are \`MISCONFIGURED\`;
other 4xx are \`REFUSED\`. A success that does not look like the vendor's is none: try again with \`BAD_ANSWER\`. No answer
in time is \`TIMEOUT\`, no connection or one that breaks \`UNREACHABLE\`.

## SMTP

The reply code decides. 4xx: try again with \`SMTP_…\`, after RCPT TO this message alone, as with greylisting. 5xx after
RCPT TO is \`WRONG_RECIPIENT\`, unless its enhanced code is x.7 (who may send, RFC 3463): then, and at any other point,
\`REFUSED\`. Wrong credentials, or none where a password is asked for (530), are \`MISCONFIGURED\`.

The \`Message-ID\` is the same on every try, so that a mailbox can drop a repeat.

## WhatsApp Cloud

The words are those of an authentication template with a copy-code button, in the approved language closest to the
session's locale (${variables(['whatsappLanguages'], '')}). How long WhatsApp tries is set in the template. A workspace's
sender must be one of ${variables(['whatsappNumbers'], '')}.

${errors(WHATSAPP_VERDICTS, { '`MISCONFIGURED`': '200 to 299' })}

## Twilio

Senders of text messages: a phone number, a short code of 3 to 8 digits, a messaging service, or a name of up to 11
letters, digits, spaces and \`+ - _ &\` with a letter. A message still queued when its code is over is dropped there
(\`ValidityPeriod\`).

${errors(TWILIO_VERDICTS)}

## Vonage

The Messages API, version 1. Senders: a phone number, or up to 11 letters and digits. A message still on its way when
its code is over is dropped there (\`ttl\`, at least ${VONAGE_LIMITS.seconds} s).

${errors(VONAGE_VERDICTS, { '`WRONG_RECIPIENT`': '`invalid_parameters` naming `to`' })}

## AWS SNS

Action \`Publish\`, signed with Signature Version 4, as \`Transactional\`. Senders: a number of the account of 5 to 14
digits, or an id of up to 11 letters, digits and inner hyphens with a letter.

${errors(SNS_VERDICTS, { '`WRONG_RECIPIENT`': '`InvalidParameter` and `InvalidParameterValue` of `PhoneNumber`' })}

## The delivery webhook

A POST of JSON to a service of your own, signed as [Standard Webhooks](https://www.standardwebhooks.com) says, so that
its published libraries verify it: \`message_id\` (also \`webhook-id\`, the same on every try), \`channel\`, \`to\`, \`from\`,
\`subject\`, \`text\`, \`html\`, \`code\`, \`locale\`, \`session_id\`, \`workspace\`, \`expires_at\`. Any 2xx takes the message, with
\`{"id": …}\` under an id of its own. Other answers, by status:

${errors(WEBHOOK_VERDICTS)}
`;
}
