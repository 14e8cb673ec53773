import { LIMITS } from '../../server/http/limits.js';
import { RULES } from '../../server/limits/rules.js';
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
    shortCodeBelow,
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
      `${wait(lifetimeSeconds.min)} to ${wait(lifetimeSeconds.max)}, default ${wait(lifetimeSeconds.default)}; up to ${wait(lifetimeSeconds.maxLong)} if the workspace allows long lifetimes`,
    ],
    [
      'attempts (codes compared)',
      `${attempts.min} to ${attempts.max}, default ${attempts.default}; at most ${attempts.maxShortCode} for codes under ${shortCodeBelow} digits`,
    ],
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
    max === 0 ? 'off' : `${max} in ${wait(windowSeconds)}`,
  ]);
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

${table(['rule', 'default'], traffic)}

A recipient with 20, 21, 22, 23 or more wrong codes in 24 hours receives no new codes for 1, 2, 4, 8
hours from that failure (5, 6, 7, 8 or more for codes under six digits). A correct code or an operator clears the block.

## Connections

These limits are fixed; they protect the listener from clients that are slow, idle or hostile.

${table(['limit', 'value', 'why'], connections)}
`;
}
