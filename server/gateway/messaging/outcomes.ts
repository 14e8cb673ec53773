import { parseId } from '../../domain/ids.js';

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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of an id; any other may be a token or an address put in its place by mistake. */
const isId = (text: string): boolean => UUID.test(text) || parseId(text) !== undefined;

/**
 * The body that the document prints for an outcome, with the session asked for in
 * it; empty where the request has a text in its place that is no id.
 */
export function outcomeBody(status: Outcome, given: string) {
  const [message, inside] = OUTCOMES[status];
  const verified = status === 'APPROVED';
  const sessionId = isId(given) ? given : '';
  return { success: verified, message, data: { sessionId, status, verified, message: inside } };
}
