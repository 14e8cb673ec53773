import { REFUSALS_KEPT_MS } from '../../server/admin/refusals/stored.js';
import { ASK_AGAIN_MS } from '../../server/guard/guard.js';
import { OPEN_DIGITS } from '../../server/guard/guardedPhones.js';
import { DEFAULT_TIMEOUT_MS } from '../../server/guard/readVeto.js';
import { defaultsOf } from '../../server/guard/settings.js';
import type { GuardRule } from '../../server/guard/stored.js';
import { questionBody, REASON_CHARACTERS, RESPONSE_BYTES } from '../../server/guard/veto.js';
import { OUTBOUND_ERRORS } from '../../server/outbound/outbound.js';
import { DAY_MS } from '../../server/platform/durations.js';
import { GENERATED, table } from './markdown.js';

/** Why a send is refused, by rule: the condition, the field that sets it, and when it ends. */
export const GUARD_RULES: Readonly<Record<GuardRule, readonly [why: string, field: string, until: string]>> =
  {
    'country-not-allowed': [
      'a list of allowed countries is set and does not contain the country',
      'country_allow',
      '',
    ],
    'country-blocked': [
      'the country is in this list, which takes precedence over `country_allow`',
      'country_block',
      '',
    ],
    'number-type': [
      'the numbering plan says that the number is of a type in this list',
      'number_type_block',
      '',
    ],
    'prefix-velocity': [
      'the prefix would receive more than `max` messages within `window`',
      'prefix_velocity',
      'enough messages leave the window',
    ],
    'country-velocity': [
      'the country would receive more than `max` messages within `window`',
      'country_velocity',
      'enough messages leave the window',
    ],
    'approval-rate': [
      'of at least `min_sends` messages to the prefix within `window`, fewer than `min_percent` per cent were verified, and at least 4 groups of sources have no approval; or the source itself sent 10 without one',
      'approval_rate',
      'more are verified, or enough leave the window',
    ],
    'country-approval-rate': [
      'of at least `min_sends` messages to at least `min_prefixes` prefixes of the country within `window`, fewer than `min_percent` per cent were verified, and at least 4 groups of sources are below that share; or the group of the source itself is, and sent a quarter of `min_sends`',
      'country_approval_rate',
      'more are verified, or enough leave the window',
    ],
    'daily-messages': ['this many messages were sent that day', 'daily_ceiling.messages', '00:00 UTC'],
    'daily-spend': [
      'the messages of the day would cost more, by the prices of the wallet, even if the wallet is off',
      'daily_ceiling.spend_micros',
      '00:00 UTC',
    ],
    veto: ['the backend of the workspace refused', 'veto', ''],
    'veto-unanswered': [
      'the backend did not respond, and `fail_open` is off',
      'veto',
      `after ${ASK_AGAIN_MS / 1000} s the backend may be asked again`,
    ],
  };

const enumName = (rule: string): string => `GUARD_RULE_${rule.replaceAll('-', '_').toUpperCase()}`;

const QUESTION = questionBody({
  workspace: 'acme',
  client: '01b92571-ea00-7317-ac15-7e7455708d3e',
  sessionId: '01b92571-ea00-7680-9141-a7e17e33e7c6',
  resend: false,
  purpose: 'login',
  metadata: '{"user_id":"u_42"}',
  recipients: [{ channel: 'sms', masked: '+57 300 *** ** 42', country: 'CO' }],
});

/** docs/reference/guard.md, from the rules and their defaults. */
export function guard(): string {
  const { approvalRate: rate, countryApprovalRate: country } = defaultsOf('production');
  const hour = (seconds: number) => `${seconds / 3_600} h`;
  return `# The guard against SMS pumping

${GENERATED}

In SMS pumping, attackers earn a share of the fee for messages to numbers they control and trick services into sending
them. The guard checks every live SMS and WhatsApp message before it costs anything: its country, the volume sent there,
and whether codes sent there are entered. E-mail and the sandbox are not checked. \`GuardService\` reads and changes the
rules of a workspace; a change applies at once in the process that handled the call, and everywhere within five seconds.

## Rules

A send is refused as a whole if one rule refuses one of its messages. A resend counts as a send.

${table(
  ['rule', 'refuses when', 'field of the guard', 'until'],
  Object.entries(GUARD_RULES).map(([rule, [why, field, until]]) => [
    `\`${enumName(rule)}\``,
    why,
    `\`${field}\``,
    until || '–',
  ]),
)}

* A **prefix** is a number without its last ${OPEN_DIGITS} digits, because attackers rent consecutive numbers. It is stored as a keyed digest,
  for as long as a window lasts with its country and the first digits, such as \`+57 300 *** ** **\`.
* A **country** is an ISO 3166 code such as \`CO\`, by the numbering plan of the calling code, or a calling code
  such as \`+1\`, which matches every number that begins with it. Numbers that belong to no country, such as satellite
  numbers, are matched by calling code only, so a list of countries excludes them.
* A **window** is counted in twelfths: no more than \`max\` messages pass within it, and each counts for up to one
  twelfth longer than the window.
* A **source** is the network of the person's IP address or the device. Sources are counted in 16 groups; a Send without
  one is a group of its own. So that a stranger cannot shut the prefix or the country of other people, an approval rate
  never refuses a person who was verified in the last 90 days, lets a fifth of \`min_sends\`, at most 10, pass in each
  window, and refuses nothing where \`veto\` is configured: then that backend decides.
* The **prefixes of a country** are counted by the latest message to each: those that were sent to within the window.
* An approval leaves the window together with its message. A failed message does not count for the approval rate; it
  does count for the other rules.

## Defaults

All rules are off except three: with \`OTP_ENV=production\`, nothing goes to numbers of the types
${defaultsOf('production')
  .numberTypeBlock.map((type) => `\`${type}\``)
  .join(', ')}; a prefix that received ${rate.minSends} messages within ${hour(rate.windowSeconds)}, fewer
than ${rate.minPercent} % of them verified, receives no more; nor does a country that received ${country.minSends} within
${hour(country.windowSeconds)}, at ${country.minPrefixes} prefixes or more, fewer than ${country.minPercent} % of them verified. In development they are off too, because messages cost nothing.

## How to tune it

1. Read \`StatsService\` by country and allow the countries of your users (\`country_allow\`). This alone stops most pumping.
2. Keep \`approval_rate\` and \`country_approval_rate\` on. Real people enter most of their codes; pumped numbers enter none. \`min_sends\` bounds the
   cost of an attack: that many messages for each prefix and window. Keep it above what you send to ten thousand numbers
   in the time that people need to enter a code; otherwise a burst of real users looks like fraud. The same holds
   for a country: a service that sends hundreds of codes a minute raises \`min_sends\` of \`country_approval_rate\`.
3. Set \`prefix_velocity\` and \`country_velocity\` well above your own busiest hour: a velocity cannot distinguish pumping
   from popularity.
4. Set \`daily_ceiling\` to the loss you can accept on the worst day.
5. Use \`SimulateGuard\` before a change: it replays the messages of up to 30 days through the changed rules and counts
   what they would have refused, the real people among them, and what that would have saved. Nothing is changed.
6. Read \`ListPrefixes\` during an attack: the prefixes that are closest to a refusal come first, with their sends,
   approvals, sources and refusals.
7. Use \`CheckRecipient\` to test the rules against a number, and read \`ListRefusals\` after every change.

## What a refused send does

The caller receives \`SEND_REFUSED\`, with a time to wait if all rules that refused will lapse by themselves. Nothing is
sent or charged, no session is opened or changed, and no limit or rule counts the send. It is counted
by recipient, rule and hour, which \`ListRefusals\` shows for ${REFUSALS_KEPT_MS / DAY_MS} days with masked recipients, and as \`refused\` by \`StatsService\`. \`ListRefusedSends\` shows the same counts and is removed in release 0.3.0.

## The veto

A workspace can name a backend of its own (\`veto.url\`). It is called last, if no other rule refused, with a POST of

\`\`\`json
${JSON.stringify(JSON.parse(QUESTION), undefined, 2)}
\`\`\`

signed as a Standard Webhook (\`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`), with a secret that \`UpdateGuard\`
accepts or generates and shows once. It lists the guarded recipients, masked. The expected response is status 200 and
\`{"allow": true}\`, or \`{"allow": false, "reason": "…"}\`, of which ${REASON_CHARACTERS} characters are kept, within \`veto.timeout\`
(${DEFAULT_TIMEOUT_MS / 1000} s by default) and at most ${RESPONSE_BYTES.toLocaleString('en')} bytes. Redirects are not followed.

Anything else is a failure: ${OUTBOUND_ERRORS.map((word) => `\`${word}\``).join(', ')}, another status
(\`HTTP_503\`) or another body (\`NOT_UNDERSTOOD\`). With \`veto.fail_open\` the message is then sent; otherwise it is refused
with the rule \`${enumName('veto-unanswered')}\` and that error.
`;
}
