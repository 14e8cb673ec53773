import { SuggestionType, Verdict } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { ChannelName } from '../../domain/channels.js';
import { MINUTE_MS } from '../../platform/durations.js';
import { channelsOf, statusOf } from '../../session/status.js';
import type { StoredChannel, StoredSession } from '../../session/stored.js';
import type { StoredAttempt } from '../../session/storedDelivery.js';
import type { StoredRefusalRow } from '../refusals/stored.js';

/** What the reasons of refusals are; the others are limits. */
const REFUSED: Readonly<Record<string, Verdict>> = {
  RECIPIENT_BLOCKED: Verdict.BLOCKED,
  SEND_REFUSED: Verdict.GUARD_REFUSED,
  INVALID_RECIPIENT: Verdict.INVALID_RECIPIENT,
  CHANNEL_NOT_SUPPORTED: Verdict.NO_PROVIDER,
  SENDER_NOT_ALLOWED: Verdict.NO_PROVIDER,
  INSUFFICIENT_BALANCE: Verdict.INSUFFICIENT_BALANCE,
  ATTEMPTS_EXHAUSTED: Verdict.LOCKED,
  SESSION_CANCELED: Verdict.CANCELED,
  SESSION_EXPIRED: Verdict.EXPIRED_BEFORE_ENTRY,
  ALREADY_VERIFIED: Verdict.VERIFIED_NOT_REDEEMED,
  SESSION_CONSUMED: Verdict.VERIFIED,
};

/** Why a message failed, by the words of delivery/words.ts. */
const FAILED: Readonly<Record<string, Verdict>> = {
  WRONG_RECIPIENT: Verdict.WRONG_RECIPIENT,
  RECIPIENT_UNAVAILABLE: Verdict.RECIPIENT_UNAVAILABLE,
  UNDELIVERED: Verdict.RECIPIENT_UNAVAILABLE,
  OPTED_OUT: Verdict.OPTED_OUT,
  REFUSED: Verdict.PROVIDER_REFUSED,
  MISCONFIGURED: Verdict.PROVIDER_MISCONFIGURED,
  QUOTA_EXCEEDED: Verdict.PROVIDER_MISCONFIGURED,
  TLS_FAILED: Verdict.PROVIDER_MISCONFIGURED,
  RATE_LIMITED: Verdict.QUEUED_PROVIDER_DOWN,
  REQUEST_EXPIRED: Verdict.PROVIDER_MISCONFIGURED,
};

/** A wrong code so soon after a resend is probably that of the message before. */
const SUPERSEDED_WITHIN_MS = 5 * MINUTE_MS;

/** The id of a recipient rule; the guard's rules have names. */
const RULE_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

export const verdictOfRefusal = ({ reason, rule }: Pick<StoredRefusalRow, 'reason' | 'rule'>): Verdict =>
  reason === 'SEND_REFUSED' && RULE_ID.test(rule)
    ? Verdict.RULE_REFUSED
    : (REFUSED[reason] ?? Verdict.RATE_LIMITED);

/** The channel of the session by which this recipient was to be reached. */
export function channelFor(
  session: StoredSession,
  recipients: readonly string[],
): readonly [ChannelName, StoredChannel] | undefined {
  const theirs = channelsOf(session).filter(([, { recipient }]) => recipients.includes(recipient));
  return (
    theirs.find(([, { state }]) => state === 'VERIFIED') ??
    theirs.find(([, { delivery }]) => delivery.state === 'DELIVERED') ??
    theirs.find(([, { delivery }]) => !delivery.waits) ??
    theirs[0]
  );
}

/** What happened to the codes of a session that a recipient was sent, the end of the session first. */
export function verdictOfSession(
  session: StoredSession,
  [channel, stored]: readonly [ChannelName, StoredChannel],
  now: number,
): Verdict {
  if (session.token?.redeemedAt) return Verdict.VERIFIED;
  if (session.status === 'APPROVED' || stored.state === 'VERIFIED') return Verdict.VERIFIED_NOT_REDEEMED;
  const status = statusOf(session, now);
  if (status === 'CANCELED') return Verdict.CANCELED;
  if (status === 'LOCKED' || session.attemptsLeft <= 0) return Verdict.LOCKED;
  const check = session.checks?.findLast((one) => (one.channel ?? session.only) === channel);
  const resent = session.marks?.findLast((one) => one.type === 'resent' && one.channel === channel);
  if (check && (!resent || check.at >= resent.at)) {
    const isSoon = resent && check.at.getTime() - resent.at.getTime() < SUPERSEDED_WITHIN_MS;
    return isSoon ? Verdict.SUPERSEDED_CODE_LIKELY : Verdict.WRONG_CODE_ENTERED;
  }
  const { delivery } = stored;
  const attempts = (session.attempts ?? []).filter((one) => one.channel === channel && one.n === delivery.n);
  if (delivery.state === 'FAILED') return verdictOfFailure(delivery.error ?? '', attempts);
  if (delivery.state === 'QUEUED') return verdictOfQueued(attempts);
  if (status === 'EXPIRED') return Verdict.EXPIRED_BEFORE_ENTRY;
  return delivery.state === 'DELIVERED' ? Verdict.DELIVERED_NOT_ENTERED : Verdict.UNCONFIRMED;
}

/** What ended a message that ran out of time or attempts is what its attempts met. */
function verdictOfFailure(error: string, attempts: readonly StoredAttempt[]): Verdict {
  const met = attempts.findLast((one) => one.outcome !== 'accepted');
  if (met?.outcome === 'failed' && !FAILED[error]) return FAILED[met.error ?? ''] ?? Verdict.PROVIDER_REFUSED;
  return FAILED[error] ?? Verdict.QUEUED_PROVIDER_DOWN;
}

/** A message that waits for its next attempt: its provider does not work, or asks to wait. */
const verdictOfQueued = (attempts: readonly StoredAttempt[]): Verdict => {
  const last = attempts.at(-1);
  return last?.outcome === 'failed'
    ? (FAILED[last.error ?? ''] ?? Verdict.PROVIDER_REFUSED)
    : Verdict.QUEUED_PROVIDER_DOWN;
};

/** The words of a verdict: for operators, for the person, and what can be done. */
export interface VerdictWords {
  readonly sentence: string;
  readonly reply: string;
  readonly suggestions: readonly (readonly [SuggestionType, string])[];
}

const S = SuggestionType;
const wait = [S.WAIT, 'Wait, then ask for a new code.'] as const;
const sendAgain = [S.SEND_AGAIN, 'Ask for a new code.'] as const;
const resend = [S.RESEND, 'Send the code again, by another channel where there is one.'] as const;
const correct = [S.CORRECT_RECIPIENT, 'Correct the address.'] as const;
const fix = [S.FIX_PROVIDER, 'Fix account, credentials or sender at the provider.'] as const;
const askPerson = [
  S.ASK_PERSON,
  'Ask the person to look at the newest message, also in the spam folder.',
] as const;
const LATER = 'A code can be sent again later.';
const CHECK = 'Please check the address.';
const NEW = 'Please ask for a new code.';
const OURS = 'We could not send the message. We are looking into it.';

const words = (
  sentence: string,
  reply: string,
  ...suggestions: VerdictWords['suggestions']
): VerdictWords => ({ sentence, reply, suggestions });

/** THE words of the verdicts. */
const VERDICTS: Readonly<Record<Verdict, VerdictWords>> = {
  [Verdict.UNSPECIFIED]: words('', ''),
  [Verdict.NOT_ASKED]: words('No code was requested in this time.', NEW, sendAgain),
  [Verdict.INVALID_RECIPIENT]: words('This is not an address that can be sent to.', CHECK, correct),
  [Verdict.RATE_LIMITED]: words('Not sent: a limit refused it.', LATER, wait),
  [Verdict.BLOCKED]: words(
    'Not sent: the guess budget of the recipient is used up.',
    LATER,
    [S.CLEAR_BLOCK, 'Clear the block.'],
    wait,
  ),
  [Verdict.GUARD_REFUSED]: words('Not sent: the guard refused it.', OURS, wait),
  [Verdict.RULE_REFUSED]: words('Not sent: a recipient rule refused it.', OURS, [
    S.DELETE_RULE,
    'Remove the rule.',
  ]),
  [Verdict.NO_PROVIDER]: words('Not sent: no provider or sender is configured for the channel.', OURS, fix),
  [Verdict.INSUFFICIENT_BALANCE]: words('Not sent: the wallet could not pay for it.', OURS, [
    S.ADD_CREDIT,
    'Add credit to the wallet.',
  ]),
  [Verdict.QUEUED_PROVIDER_DOWN]: words(
    'The provider does not work; the message waits or has run out of time.',
    LATER,
    resend,
    wait,
  ),
  [Verdict.PROVIDER_MISCONFIGURED]: words(
    'Account, credentials or sender at the provider are wrong.',
    OURS,
    fix,
    resend,
  ),
  [Verdict.PROVIDER_REFUSED]: words('The provider refused the message.', OURS, resend, fix),
  [Verdict.WRONG_RECIPIENT]: words(
    'The address does not exist or cannot receive such messages.',
    CHECK,
    correct,
    resend,
  ),
  [Verdict.RECIPIENT_UNAVAILABLE]: words(
    'The address exists and could not be reached.',
    'Please make sure that your phone is on and your mailbox is not full.',
    askPerson,
    resend,
  ),
  [Verdict.OPTED_OUT]: words(
    'The person has asked for no more messages.',
    'You have asked for no more messages from this sender.',
    resend,
    askPerson,
  ),
  [Verdict.UNCONFIRMED]: words(
    'A provider accepted the message; no delivery receipt has arrived.',
    'The message is on its way. Please look in the spam folder, too.',
    askPerson,
    resend,
  ),
  [Verdict.DELIVERED_NOT_ENTERED]: words(
    'The message was delivered; no code has been entered.',
    'The message was delivered. Please look at the newest one.',
    askPerson,
  ),
  [Verdict.WRONG_CODE_ENTERED]: words(
    'A wrong code was entered.',
    'Please enter the code of the newest message.',
    askPerson,
  ),
  [Verdict.SUPERSEDED_CODE_LIKELY]: words(
    'A wrong code was entered soon after a resend: probably the code of an older message.',
    'Please enter the code of the newest message.',
    askPerson,
  ),
  [Verdict.EXPIRED_BEFORE_ENTRY]: words('The code expired before it was entered.', NEW, sendAgain),
  [Verdict.LOCKED]: words('Too many wrong codes were entered.', NEW, sendAgain),
  [Verdict.CANCELED]: words('The session was cancelled.', NEW, sendAgain),
  [Verdict.VERIFIED]: words(
    'The recipient was verified and the proof was used.',
    'Your address is confirmed.',
  ),
  [Verdict.VERIFIED_NOT_REDEEMED]: words(
    'The recipient was verified; the proof was not used.',
    'Your address is confirmed.',
    sendAgain,
  ),
};

export const wordsOf = (verdict: Verdict): VerdictWords => VERDICTS[verdict]!;
