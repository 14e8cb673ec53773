import { ASK_AGAIN_MS } from '../../server/guard/guard.js';
import { OPEN_DIGITS } from '../../server/guard/prefix.js';
import { DEFAULT_TIMEOUT_MS } from '../../server/guard/readVeto.js';
import { REFUSALS_KEPT_DAYS } from '../../server/guard/refusals.js';
import type { GuardRule } from '../../server/guard/rules.js';
import { defaultsOf } from '../../server/guard/settings.js';
import { ANSWER_BYTES, questionBody, REASON_CHARACTERS } from '../../server/guard/veto.js';
import { OUTBOUND_ERRORS } from '../../server/outbound/outbound.js';
import { GENERATED, table } from './markdown.js';

/** Why a send is refused, by the names of rules: what it says, where it is set, and what ends it. */
export const GUARD_RULES: Readonly<Record<GuardRule, readonly [why: string, field: string, until: string]>> =
  {
    'country-not-allowed': ['a list of countries is set, and this one is not in it', 'country_allow', ''],
    'country-blocked': ['the country is in this list, which is the stronger one', 'country_block', ''],
    'prefix-velocity': [
      'the prefix would be sent more than `max` within `window`',
      'prefix_velocity',
      'enough messages leave the window',
    ],
    'country-velocity': ['the same for the country', 'country_velocity', 'enough messages leave the window'],
    'approval-rate': [
      'of at least `min_sends` messages to the prefix within `window`, fewer than `min_percent` per cent were verified',
      'approval_rate',
      'more are verified, or enough leave the window',
    ],
    'daily-messages': ['the day has had this many messages', 'daily_ceiling.messages', '00:00 UTC'],
    'daily-spend': [
      'the day’s messages would cost more, by the prices of the wallet, whether or not it is switched on',
      'daily_ceiling.spend_micros',
      '00:00 UTC',
    ],
    veto: ['the workspace’s backend said no', 'veto', ''],
    'veto-unanswered': [
      'it did not answer, and `fail_open` is off',
      'veto',
      `after ${ASK_AGAIN_MS / 1000} s it may be asked again`,
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
  const { approvalRate: rate } = defaultsOf('production');
  const hour = (seconds: number) => `${seconds / 3_600} h`;
  return `# The guard

${GENERATED}

Fraudsters are paid for messages to numbers of their own, and let services send them. The guard looks at every live text
and WhatsApp message before it costs anything: where it goes, how many go there, whether anybody there enters their
codes. E-mail and the sandbox are not looked at. \`GuardService\` reads and changes the rules of a workspace; a change
holds at once in the process that answers, everywhere within five seconds.

## Rules

A send is refused when one of these says so, and then as a whole; a resend counts as a send.

${table(
  ['rule', 'refuses when', 'field of the guard', 'until'],
  Object.entries(GUARD_RULES).map(([rule, [why, field, until]]) => [
    `\`${enumName(rule)}\``,
    why,
    `\`${field}\``,
    until || '–',
  ]),
)}

* A **prefix** is a number without its last ${OPEN_DIGITS} digits: pumpers rent numbers in a row. It is kept as a keyed digest.
* A **country** is an ISO 3166 code such as \`CO\`, as the numbering plan of the calling code has it, or a calling code
  such as \`+1\` for everything that begins so. Numbers of no country, such as those of satellites, have their calling code
  for one: a list that allows countries alone leaves them out.
* A **window** is counted in twelfths: never more than \`max\` pass within it, and a message counts for up to a twelfth
  longer.
* An approval leaves the window together with its message. A message that failed was not sent, for the approval rate;
  for the other rules it was.

## Defaults

Every rule is off, but for one: with \`OTP_ENV=production\`, a prefix to which ${rate.minSends} messages were sent within ${hour(rate.windowSeconds)} and
of which less than ${rate.minPercent} % were verified is sent no more. In development that is off as well: messages cost nothing there.

## How to tune it

1. Look at \`StatsService\` by country: allow the countries your users are in (\`country_allow\`). This alone stops most of it.
2. Keep \`approval_rate\` on. Real people enter most of their codes, pumped numbers none. Lower \`min_sends\` bounds what an
   attack costs: that many messages for each prefix and window. Keep it above what you send to ten thousand numbers
   within the time that people take to enter a code, or a burst of real ones looks like fraud.
3. Set \`prefix_velocity\` and \`country_velocity\` well above your own busiest hour: a velocity cannot tell pumping from
   popularity.
4. Set \`daily_ceiling\` to what you are willing to lose on the worst day.
5. Ask \`CheckRecipient\` what the rules say of a number, and read \`ListRefusedSends\` after every change.

## What a refused send does

The caller is answered \`SEND_REFUSED\`, with a time to wait where all the rules that refused let go by themselves.
Nothing is sent or charged, no session is opened or changed, and no limit and no rule counts it. It is listed by
\`ListRefusedSends\` for ${REFUSALS_KEPT_DAYS} days with its reasons and masked recipients, and counted as \`refused\` by \`StatsService\`.

## The veto

A workspace may name a backend of its own (\`veto.url\`), which is asked last, when nothing else refused: a POST of

\`\`\`json
${JSON.stringify(JSON.parse(QUESTION), undefined, 2)}
\`\`\`

signed as Standard Webhooks are (\`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`), with a secret that \`UpdateGuard\`
takes or makes and shows once. The recipients are those that are guarded, masked. It answers with status 200 and
\`{"allow": true}\`, or \`{"allow": false, "reason": "…"}\`, of which ${REASON_CHARACTERS} characters are kept. It has \`veto.timeout\`
(${DEFAULT_TIMEOUT_MS / 1000} s unless set) and ${ANSWER_BYTES.toLocaleString('en')} bytes for that; redirects are not followed.

Anything else is no answer: ${OUTBOUND_ERRORS.map((word) => `\`${word}\``).join(', ')}, another status
(\`HTTP_503\`) or something else than that (\`NOT_UNDERSTOOD\`). Then \`veto.fail_open\` decides: the message is sent, or refused
with the rule \`${enumName('veto-unanswered')}\` and that word.
`;
}
