/** The six documented outcomes of verify, with the document's own words: outside, then inside `data`. */
const OUTCOMES = {
  APPROVED: ['OTP verification successful', 'OTP verified successfully'],
  INVALID: ['Invalid OTP', 'Invalid OTP'],
  EXPIRED: ['OTP expired', 'OTP expired'],
  MAX_ATTEMPTS_REACHED: ['Maximum verification attempts reached', 'Maximum verification attempts reached'],
  ALREADY_USED: ['OTP already used', 'OTP already verified'],
  NOT_FOUND: ['OTP session not found', 'OTP session not found'],
} as const;

type Outcome = keyof typeof OUTCOMES;

export const isOutcome = (word: string): word is Outcome => Object.hasOwn(OUTCOMES, word);

/** The body that the document prints for an outcome, with the session asked for in it. */
export function outcomeBody(status: Outcome, sessionId: string) {
  const [message, inside] = OUTCOMES[status];
  const verified = status === 'APPROVED';
  return { success: verified, message, data: { sessionId, status, verified, message: inside } };
}
