/** Every reason the service can return: the rows of server/errors.ts, in the same order, which a test checks. */
export const REASONS = [
  'INVALID_REQUEST',
  'INVALID_RECIPIENT',
  'CHANNEL_REQUIRED',
  'CHANNEL_NOT_IN_SESSION',
  'CHANNEL_NOT_SUPPORTED',
  'SENDER_NOT_ALLOWED',
  'NO_ADDRESS_ON_FILE',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'OTP_NOT_ALLOWED',
  'SESSION_NOT_FOUND',
  'SESSION_CONSUMED',
  'ALREADY_VERIFIED',
  'SESSION_CANCELED',
  'SESSION_EXPIRED',
  'INVALID_CODE',
  'ATTEMPTS_EXHAUSTED',
  'RATE_LIMITED',
  'RESEND_TOO_SOON',
  'RESENDS_EXHAUSTED',
  'RECIPIENT_BLOCKED',
  'SEND_REFUSED',
  'INSUFFICIENT_BALANCE',
  'IDEMPOTENCY_CONFLICT',
  'REQUEST_IN_PROGRESS',
  'TOKEN_NOT_FOUND',
  'TOKEN_EXPIRED',
  'TOKEN_REDEEMED',
  'OPERATION_MISMATCH',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'ROUTE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'UNSUPPORTED_MEDIA_TYPE',
  'BODY_TOO_LARGE',
  'HEADER_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'OVERLOADED',
  'STORE_UNAVAILABLE',
  'INTERNAL',
] as const;

/** Why a call failed: a stable word to branch on. UNKNOWN: the error has none, or one newer than this client. */
export type Reason = (typeof REASONS)[number] | 'UNKNOWN';

const KNOWN: ReadonlySet<string> = new Set(REASONS);

/** The reason for a word of an ErrorInfo. */
export const reasonOf = (word: string | undefined): Reason =>
  word !== undefined && KNOWN.has(word) ? (word as Reason) : 'UNKNOWN';
