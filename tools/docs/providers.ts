import { isRequired } from '../../server/config/setting.js';
import type { ErrorMeaning, ErrorTable, VendorError } from '../../server/delivery/vendors/errorTable.js';
import { INBOX, VENDORS } from '../../server/delivery/vendors/index.js';
import type { MessageLimits } from '../../server/delivery/vendors/limits.js';
import type { Vendor } from '../../server/delivery/vendors/vendor.js';
import { MISCONFIGURED_STATUSES } from '../../server/delivery/vendors/vendorRequest.js';
import { CHANNELS, type ChannelName } from '../../server/domain/channels.js';
import { SESSION_LIMITS } from '../../server/session/limits.js';
import { GENERATED, table } from './markdown.js';

const CHANNEL_WORDS: Readonly<Record<ChannelName, string>> = {
  email: 'e-mail',
  sms: 'SMS',
  whatsapp: 'WhatsApp',
};

const code = (text: string): string => `\`${text}\``;

/** The variables that a vendor cannot do without. */
function needsOf({ settings: { settings, oneOf = [] } }: Vendor): string {
  const required = Object.values(settings).filter(isRequired);
  const choice = oneOf.flatMap((name) => settings[name] ?? []);
  return [
    ...required.map(({ variable }) => code(variable)),
    choice.map(({ variable }) => code(variable)).join(' or '),
  ]
    .filter(Boolean)
    .join(', ');
}

function limitsOf({ textCharacters, textBytes, codeCharacters }: MessageLimits): string {
  return [
    ...(textCharacters === undefined ? [] : [`${textCharacters} characters`]),
    ...(textBytes === undefined ? [] : [`${textBytes} bytes`]),
    ...(codeCharacters === undefined ? [] : [`codes of up to ${codeCharacters} characters`]),
  ].join('; ');
}

/** What receipts need besides the vendor's required settings. */
export function receiptNeeds({ receipts, settings: { settings } }: Vendor): readonly string[] {
  return [
    ...(receipts?.urlPerMessage ? ['OTP_PUBLIC_URL'] : []),
    ...(receipts?.needs ?? []).flatMap((name) => settings[name]?.variable ?? []),
  ].map(code);
}

function reportsOf(vendor: Vendor): string {
  if (!vendor.receipts) return 'no';
  const needs = receiptNeeds(vendor);
  return needs.length === 0 ? 'yes' : `with ${needs.join(' and ')}`;
}

function channelsOf({ channels, developmentOnly }: Vendor): string {
  const words =
    channels.length === CHANNELS.length ? 'any' : channels.map((name) => CHANNEL_WORDS[name]).join(', ');
  return developmentOnly ? `${words}, in development` : words;
}

const rowOf = (vendor: Vendor): readonly string[] => [
  code(vendor.name),
  channelsOf(vendor),
  needsOf(vendor),
  limitsOf(vendor.limits ?? {}),
  reportsOf(vendor),
];

function meaningWords(meaning: ErrorMeaning): string {
  if (typeof meaning === 'string') return code(meaning);
  return `retry, ${code(meaning.retry)}${meaning.aboutMessage ? ', this message only' : ''}`;
}

const codeWords = (value: VendorError['code']): string =>
  typeof value === 'object' ? value.join(' to ') : String(value);

function errorsOf({ source, rows, others }: ErrorTable): string {
  const errorRow = (error: VendorError) => [
    error.source === undefined ? codeWords(error.code) : `[${codeWords(error.code)}](${error.source})`,
    meaningWords(error.meaning),
    error.note,
  ];
  return [
    `Error codes${source === undefined ? '' : ` ([source](${source}))`}:`,
    '',
    table(['code', 'outcome', 'what the vendor says'], [...rows, ...others].map(errorRow)),
  ].join('\n');
}

function sectionOf({ settings: { title }, guide, senders, errors }: Vendor): string {
  return [
    `## ${title}`,
    guide,
    ...(senders ? [`The sender of text messages must be ${senders.description}.`] : []),
    ...(errors ? [errorsOf(errors)] : []),
  ].join('\n\n');
}

/** docs/reference/providers.md, from the vendors' rooms. */
export function providers(vendors: readonly Vendor[] = VENDORS): string {
  const all = [...vendors, INBOX];
  return `# Providers

${GENERATED}

A provider exists when everything it needs is set; a vendor that is partially configured aborts startup with a message
that names the missing variables. The providers of a channel are used in the order of this table, or in the one a workspace sets
(\`routes\`). Without any, development keeps messages in the inbox.

${table(['provider', 'channels', 'needs', 'limits', 'delivery receipts'], all.map(rowOf))}

All settings: [configuration](configuration.md). What vendors report back: [delivery receipts](../operations/delivery-receipts.md).

## Outcomes

A message has ${SESSION_LIMITS.deliveryTries} delivery attempts, whichever providers they go to. Every request is one, and none is made after the
code has expired. A message beyond a provider's limits, or from a sender it does not accept, is refused without a
request.

${table(
  ['outcome', 'what follows'],
  [
    ['accepted', 'The delivery is `ACCEPTED`, under the vendor’s id.'],
    [
      'retry',
      'The next provider at once; this one in the next round, not before the wait that it asked for (`Retry-After`, at most a day). After five in a row the provider is not used for a while.',
    ],
    ['retry, this message only', 'The same, but the provider counts as working.'],
    ['`REFUSED`', 'This provider does not accept this message. The next one may.'],
    [
      '`MISCONFIGURED`',
      'Our account, credentials, URL or sender is wrong. The next provider may accept the message.',
    ],
    [
      '`WRONG_RECIPIENT`',
      'The recipient cannot be reached. The delivery fails at once, with every provider.',
    ],
  ],
)}

Where a vendor's code is not listed below, its HTTP status counts: 429 is a retry with \`RATE_LIMITED\`; 408 and 5xx are
retries with \`HTTP_…\`; ${[...MISCONFIGURED_STATUSES].join(', ')} and redirects, which are never followed, are \`MISCONFIGURED\`;
other 4xx are \`REFUSED\`. A success that does not look like the vendor's is a retry with \`BAD_ANSWER\`. No response in
time is \`TIMEOUT\`; no connection, or one that breaks, is \`UNREACHABLE\`.

${all.map(sectionOf).join('\n\n')}
`;
}
