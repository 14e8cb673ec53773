import { CheckResult } from '../../../gen/otp/v1/otp_service_pb.js';
import { CHANNELS, type ChannelName } from '../../domain/channels.js';
import { Failure, toFailure } from '../../errors.js';
import type { HashPool } from '../../secrets/hashing/hashPool.js';
import { refusalOf } from '../../session/status.js';
import type { StoredSession } from '../../session/stored.js';
import { workspaceOf } from '../../store/documentId.js';
import type { Asking, CheckCode } from './checkCode.js';
import type { Checked } from './reserve.js';

/** The result for each code of a call, in channel order. */
export interface CheckedCodes {
  readonly session: StoredSession;
  readonly results: readonly { readonly channel: ChannelName; readonly result: CheckResult }[];
}

/** Codes by channel, as the caller gave them. */
export type GivenCodes = ReadonlyMap<ChannelName, string>;

/** Called for every code that was checked, for metrics and statistics. */
export type OnChecked = (session: StoredSession, channel: ChannelName, result: Checked['result']) => void;

interface Deps {
  readonly pool: HashPool;
  readonly checked: OnChecked;
  readonly checkCode: Pick<CheckCode, 'of'>;
}

/**
 * Checks the codes of one call, one after another in channel order. Stops as
 * soon as the session is approved. When no code was right it throws: the first
 * channel's failure, with the attempts that are left after all of them.
 */
export function createCheckCodes({ pool, checked: onChecked, checkCode }: Deps) {
  return async (
    seen: StoredSession,
    given: GivenCodes,
    asking: Asking,
    now: number,
    signal: AbortSignal,
  ): Promise<CheckedCodes> => {
    for (const channel of given.keys()) {
      if (!seen.channels[channel]) {
        throw new Failure('CHANNEL_NOT_IN_SESSION', {
          channel,
          violations: [{ field: `codes["${channel}"]`, description: 'must be a channel of the session' }],
        });
      }
    }
    const refusal = refusalOf(seen, now);
    // Until the lock is recorded the last attempt may be being compared, and be right.
    const mayChange = refusal === 'ATTEMPTS_EXHAUSTED' && seen.lockedAt === undefined;
    if (refusal && !mayChange) throw new Failure(refusal);

    const slot = pool.enter({ workspace: workspaceOf(seen), client: seen.client }, signal);
    try {
      let session = seen;
      let firstFailure: Failure | undefined;
      let attemptsRemaining: number | undefined;
      let anyRight = false;
      const results: { channel: ChannelName; result: CheckResult }[] = [];
      for (const channel of CHANNELS) {
        const code = given.get(channel);
        if (code === undefined) continue;
        if (session.status === 'APPROVED' && anyRight) {
          results.push({ channel, result: CheckResult.NOT_CHECKED });
          continue;
        }
        try {
          const checked = await checkCode.of(slot, seen, channel, code, asking);
          onChecked(checked.session, channel, checked.result);
          results.push({ channel, result: CheckResult[checked.result] });
          session = checked.session;
          anyRight ||= checked.result === 'VERIFIED';
          if (checked.result === 'INVALID_CODE') {
            attemptsRemaining = session.attemptsLeft;
            firstFailure ??= invalidCode(session, channel);
          }
        } catch (thrown) {
          const failure = toFailure(thrown);
          const result = RESULTS[failure.reason];
          // Any other failure ends the call; what was verified before stays verified.
          if (result === undefined) throw failure;
          results.push({ channel, result });
          firstFailure ??= failure;
        }
      }
      if (anyRight) return { session, results };
      if (!firstFailure) throw new Failure('ALREADY_VERIFIED');
      throw attemptsRemaining === undefined
        ? firstFailure
        : new Failure(firstFailure.reason, { ...firstFailure.details, attemptsRemaining });
    } finally {
      slot.leave();
    }
  };
}

/** Failures that are a state of the session, as the result of the channel that met them. */
const RESULTS: Readonly<Partial<Record<Failure['reason'], CheckResult>>> = {
  ATTEMPTS_EXHAUSTED: CheckResult.ATTEMPTS_EXHAUSTED,
  ALREADY_VERIFIED: CheckResult.NOT_CHECKED,
  SESSION_CONSUMED: CheckResult.NOT_CHECKED,
  SESSION_CANCELED: CheckResult.NOT_CHECKED,
  SESSION_EXPIRED: CheckResult.NOT_CHECKED,
};

/** A wrong code of this channel. */
export const invalidCode = (session: StoredSession, channel: ChannelName): Failure =>
  new Failure('INVALID_CODE', { channel, ...newestCode(session, channel) });

/** When the code that was compared was made, where it had replaced another. */
function newestCode(session: StoredSession, channel: ChannelName): { readonly newestCodeSentAt?: Date } {
  const current = session.channels[channel];
  if (!current || current.delivery.n <= 1) return {};
  return { newestCodeSentAt: new Date(current.codeExpiresAt.getTime() - session.lifetimeMs) };
}
