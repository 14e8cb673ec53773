import { LIMITS } from '../../server/http/limits.js';
import { budgetLimits } from '../../server/limits/recipientBudget/budgetLimits.js';
import { lengthBounds } from '../../server/limits/recipientBudget/guessBound.js';
import { BUDGET_RULES, KNOWN_MAX, MOST_OF_BUDGET, RULES } from '../../server/limits/rules.js';
import { SESSION_LIMITS } from '../../server/session/limits.js';
import { GENERATED, table } from './markdown.js';

const wait = (seconds: number): string =>
  seconds % 86_400 === 0
    ? `${seconds / 86_400} d`
    : seconds % 3600 === 0
      ? `${seconds / 3600} h`
      : seconds % 60 === 0
        ? `${seconds / 60} min`
        : `${seconds} s`;

/** `firstBytesMs` is "first bytes": the value has its unit. */
const wordsOf = (name: string): string =>
  name.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function valueWithUnit({ default: value, unit }: (typeof LIMITS)[keyof typeof LIMITS]): string {
  if (unit === 'count') return value.toLocaleString('en');
  return unit === 'ms' ? wait(value / 1000) : `${(value / 1024).toLocaleString('en')} KiB`;
}

/** docs/reference/limits.md, from the three tables of limits. */
export function limits(): string {
  const {
    codeLength,
    lifetimeSeconds,
    attempts,
    resend,
    fallback,
    tokenSeconds,
    attemptsPerMessage,
    metadataBytes,
    retentionDays,
  } = SESSION_LIMITS;
  const session = [
    ['digits in a code', `${codeLength.min} to ${codeLength.max}, default ${codeLength.default}`],
    [
      'lifetime of a code',
      `${wait(lifetimeSeconds.min)} to ${wait(lifetimeSeconds.max)}, default ${wait(lifetimeSeconds.default)}`,
    ],
    ['attempts (codes compared)', `${attempts.min} to ${attempts.max}, default ${attempts.default}`],
    [
      'resends',
      `${resend.max}, one every ${wait(resend.cooldownSeconds)}; never beyond ${resend.lifetimes} lifetimes after creation`,
    ],
    [
      'fallback channels',
      `${fallback.steps}, each ${wait(fallback.waitSeconds.min)} to ${wait(fallback.waitSeconds.max)} after the previous one; the last at least ${wait(fallback.leftSeconds)} before its code ends`,
    ],
    ['verification token', `redeemable for ${wait(tokenSeconds)}`],
    ['delivery attempts per message', String(attemptsPerMessage)],
    ['metadata', `${metadataBytes} bytes as JSON`],
    [
      'an ended session stays readable',
      `${retentionDays.default} d; ${retentionDays.min} to ${retentionDays.max} d if the workspace sets it`,
    ],
  ];
  const traffic = Object.entries(RULES).map(([name, { max, windowSeconds }]) => [
    `\`${name}\``,
    `${max} in ${wait(windowSeconds)}`,
    String(KNOWN_MAX[name as (typeof BUDGET_RULES)[number]] ?? ''),
  ]);
  const longest = lifetimeSeconds.max * 1000;
  const percent = (chance: number) => `${(100 * chance).toFixed(2)} %`;
  const defaults = budgetLimits({}, longest);
  const bounds = lengthBounds(defaults, longest).map(({ code, digits, perYear, chance, strangerChance }) => {
    const { max, rule } = defaults.units[code];
    return [
      String(digits),
      `${max.open + max.known} in ${wait(RULES[rule].windowSeconds)}`,
      perYear.toLocaleString('en'),
      percent(chance),
      percent(strangerChance),
    ];
  });
  const connections = Object.entries(LIMITS).map(([name, limit]) => [
    wordsOf(name),
    valueWithUnit(limit),
    limit.why,
  ]);
  return `# Limits

${GENERATED}

The limits of sessions, traffic and connections, with their defaults.

## A session

${table(['what', 'limit'], session)}

## Traffic

Counters are shared by all processes on one store. Rules of up to 50 are exact sliding windows; larger ones count per
fixed window. Each workspace can change them at run time with LimitService, except \`token-endpoint\`, which applies
before the workspace is known.

${table(['rule', 'default', 'more from known sources'], traffic)}

## A recipient

What is sent to a recipient and what is compared for it is counted over all its sessions, in one document:
${BUDGET_RULES.map((name) => `\`${name}\``).join(', ')}. Each allows at most ${MOST_OF_BUDGET}.

* A message with a code of six digits or more uses one unit of \`recipient-guesses-6\` and brings one comparison of a
  code with it. Every further comparison uses a unit before it is made. With codes of four or five digits every
  comparison does, and nothing is sent while there is no unit for one.
* Without a unit, or after the sends of a day, Send, Resend and further comparisons are refused with
  \`RECIPIENT_BLOCKED\` until the oldest unit has left its window. A code of six digits that was sent can always be
  tried once.
* A correct code gives back the unit of its own comparison, and those that the same client bought in that session, which
  it shows by the session token or by \`device_id\`. It gives back nothing else: who logs in daily would otherwise give
  an attacker a new budget daily.
* A source from which the recipient was verified in the last 90 days has units of its own, so that strangers do not lock
  it out. A source is the network of \`end_user_ip\` or a \`device_id\`; \`vouched\` opens the same units to a caller that
  has authenticated the person in another way. Without any of them strangers can use up what the person has.
* Recipients are counted by a limit identity, which is used for nothing else: older and newer forms of one phone
  number are one, and so are spellings of one mailbox (case, what follows "+", dots at Gmail).
* An operator reads and clears a budget with GetRecipientBlock and ClearRecipientBlock, by recipient or fingerprint.
* Under the assurance \`NIST_800_63B\` a recipient is disabled after 100 failures in a row, without an end by waiting:
  ClearRecipientBlock, or a right code of a session that is still open, enables it again. Strangers can cause that, so no
  other workspace has it.

The units are an upper bound of what an attacker can try, however many sessions, resends, channels and processes there
are. ListLimits and UpdateLimit show it; a change that raises it above 2 % a year needs \`accept_weak\`.

${table(
  ['digits', 'comparisons in a window', 'in a year', 'chance a year', 'without a known source'],
  bounds,
)}

Codes of seven and eight digits share the units of six. Four digits are weak by nature: a bound of 2 % would be 15
comparisons a month, which locks out owners who mistype. After the index key has been rotated every recipient starts
with a new budget once.

## Connections

These limits are fixed; they protect the listener from clients that are slow, idle or hostile.

${table(['limit', 'value', 'why'], connections)}
`;
}
