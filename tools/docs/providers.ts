import { isRequired } from '../../server/config/setting.js';
import type { ErrorMeaning, ErrorTable, VendorError } from '../../server/delivery/vendors/errorTable.js';
import { INBOX, VENDORS } from '../../server/delivery/vendors/index.js';
import type { MessageLimits } from '../../server/delivery/vendors/limits.js';
import type { Vendor } from '../../server/delivery/vendors/vendor.js';
import { MISCONFIGURED_STATUSES } from '../../server/delivery/vendors/vendorRequest.js';
import {
  DELIVERY_WORDS,
  type DeliveryWord,
  type NextStep,
  type Remedy,
} from '../../server/delivery/words.js';
import { CHANNELS, type ChannelName } from '../../server/domain/channels.js';
import { SESSION_LIMITS } from '../../server/session/limits.js';
import { codesOf, PUBLISHED } from '../../test/unit/delivery/support/published.js';
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

const REMEDIES: Readonly<Record<Remedy, string>> = {
  person: 'the person',
  application: 'the application: ask for another address',
  operator: 'the operator',
  provider: 'the provider',
};

const NEXT: Readonly<Record<NextStep, string>> = {
  channel: 'No other provider is tried; a fallback channel is used at once.',
  provider: 'The next provider.',
  retry: 'The next provider at once; this one again after a wait.',
  end: 'The delivery has failed; a fallback channel is used at once.',
};

const OUTCOMES = [
  ['accepted', 'The delivery is `ACCEPTED`, under the vendor’s id.'],
  [
    'retry',
    'The next provider at once; this one in the next round, not before the wait that it asked for (`Retry-After`, at most a day). After five in a row the provider is not used for a while.',
  ],
  ['retry, this message only', 'The same, but the provider counts as working.'],
  ['any other', 'The provider does not accept the message. The word says whether another one may.'],
];

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

const codeWords = ({ codes }: VendorError): string =>
  codes.map((one) => (typeof one === 'object' ? `${one.first} to ${one.last}` : String(one))).join(', ');

function errorsOf({ source, rows, others }: ErrorTable): string {
  const errorRow = (error: VendorError) => [
    error.source === undefined ? codeWords(error) : `[${codeWords(error)}](${error.source})`,
    meaningWords(error.meaning),
    error.note,
  ];
  return [
    `Error codes${source === undefined ? '' : ` ([source](${source}))`}:`,
    '',
    table(['code', 'outcome', 'what it is about'], [...rows, ...others].map(errorRow)),
  ].join('\n');
}

/** How many of a vendor's published codes are classed, and what the lists are. */
function publishedOf(name: string): readonly string[] {
  const published = PUBLISHED.find(({ vendor }) => vendor === name);
  if (!published) return [];
  const lists = published.sources.map(({ source, date }) => `${source} (${date})`).join('; ');
  return [
    `${codesOf(published).length} published codes are classed. ${published.completeness} Sources: ${lists}.`,
  ];
}

function sectionOf({ name, settings: { title }, guide, senders, errors }: Vendor): string {
  return [
    `## ${title}`,
    guide,
    ...(senders ? [`The sender of text messages must be ${senders.description}.`] : []),
    ...(errors ? [errorsOf(errors)] : []),
    ...publishedOf(name),
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

A message has ${SESSION_LIMITS.attemptsPerMessage} delivery attempts, whichever providers they go to. Every request is one, and none is made after the
code has expired. A message beyond a provider's limits, or from a sender it does not accept, is refused without a
request.

${table(['outcome', 'what follows'], OUTCOMES)}

## Why a message was not delivered

One word for each reason, the same for every provider: in \`delivery_error\` of the session, events, webhooks, logs and
statistics. The vendor's own code and text are kept with each delivery attempt in the session, without numbers,
addresses and the text of the message. Retries are not visible in \`delivery_error\` while they go on; \`OUT_OF_TRIES\` ends
them.

${table(
  ['word', 'meaning', 'who can act', 'what follows'],
  Object.entries<DeliveryWord>(DELIVERY_WORDS).map(([word, { meaning, remedy, next }]) => [
    code(word),
    meaning,
    REMEDIES[remedy],
    NEXT[next],
  ]),
)}

Where a vendor's code is not listed below, its HTTP status counts: 429 is a retry with \`RATE_LIMITED\`; 408 and 5xx are
retries with \`HTTP_…\`; ${[...MISCONFIGURED_STATUSES].join(', ')} and redirects, which are never followed, are \`MISCONFIGURED\`;
other 4xx are \`REFUSED\`. A success that does not look like the vendor's is a retry with \`BAD_RESPONSE\`. No response in
time is \`TIMEOUT\`; no connection, or one that breaks, is \`UNREACHABLE\`.

${all.map(sectionOf).join('\n\n')}
`;
}
