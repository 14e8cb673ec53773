import { Code } from '@connectrpc/connect';
import type { ChannelName } from './domain/channels.js';

/**
 * THE error table. A reason is a stable word of the public contract; its row
 * says everything a door needs to answer with it. Nothing else in the server
 * maps errors to codes, statuses or public texts.
 */
interface Row {
  /** Canonical code on gRPC, gRPC-Web and Connect. */
  readonly code: Code;
  /** HTTP status on plain HTTP, where no dialect says otherwise. */
  readonly status: number;
  /** Public text. Causes never appear in it. */
  readonly message: string;
}

const row = (code: Code, status: number, message: string): Row => ({ code, status, message });

export const ERRORS = {
  INVALID_REQUEST: row(Code.InvalidArgument, 400, 'The request is not valid.'),
  INVALID_RECIPIENT: row(Code.InvalidArgument, 400, 'Invalid recipient'),
  CHANNEL_REQUIRED: row(
    Code.InvalidArgument,
    400,
    'The session has several channels: say which code is whose.',
  ),
  CHANNEL_NOT_IN_SESSION: row(Code.InvalidArgument, 400, 'The session does not use that channel.'),
  CHANNEL_NOT_SUPPORTED: row(Code.FailedPrecondition, 422, 'That channel is not supported here.'),
  UNAUTHENTICATED: row(Code.Unauthenticated, 401, 'A valid credential is required.'),
  PERMISSION_DENIED: row(Code.PermissionDenied, 403, 'The credential does not allow this.'),
  SESSION_NOT_FOUND: row(Code.NotFound, 404, 'OTP session not found'),
  SESSION_CONSUMED: row(Code.FailedPrecondition, 404, 'The session was verified and its token is used up.'),
  ALREADY_VERIFIED: row(Code.FailedPrecondition, 409, 'OTP already verified'),
  SESSION_CANCELED: row(Code.FailedPrecondition, 410, 'The session was cancelled.'),
  SESSION_EXPIRED: row(Code.FailedPrecondition, 410, 'OTP expired'),
  INVALID_CODE: row(Code.InvalidArgument, 400, 'Invalid OTP'),
  ATTEMPTS_EXHAUSTED: row(Code.FailedPrecondition, 423, 'Maximum verification attempts reached'),
  RATE_LIMITED: row(Code.ResourceExhausted, 429, 'Too many requests. Try again later.'),
  RESEND_TOO_SOON: row(Code.ResourceExhausted, 429, 'It is too soon to send again.'),
  RESENDS_EXHAUSTED: row(Code.ResourceExhausted, 429, 'No more resends for this session.'),
  RECIPIENT_BLOCKED: row(Code.ResourceExhausted, 429, 'The recipient is blocked for now.'),
  IDEMPOTENCY_CONFLICT: row(Code.Aborted, 409, 'That request id was used for another request.'),
  REQUEST_IN_PROGRESS: row(Code.Aborted, 409, 'The same request is still being worked on.'),
  TOKEN_NOT_FOUND: row(Code.NotFound, 404, 'Verification token not found'),
  TOKEN_EXPIRED: row(Code.FailedPrecondition, 410, 'The verification token has expired.'),
  TOKEN_REDEEMED: row(Code.FailedPrecondition, 409, 'The verification token was redeemed before.'),
  OPERATION_MISMATCH: row(
    Code.FailedPrecondition,
    409,
    'The token was not issued for that operation or recipient.',
  ),
  NOT_FOUND: row(Code.NotFound, 404, 'There is no such resource.'),
  ALREADY_EXISTS: row(Code.AlreadyExists, 409, 'It exists already.'),
  ROUTE_NOT_FOUND: row(Code.Unimplemented, 404, 'There is nothing at that address.'),
  METHOD_NOT_ALLOWED: row(Code.Unimplemented, 405, 'That method is not allowed here.'),
  UNSUPPORTED_MEDIA_TYPE: row(Code.InvalidArgument, 415, 'That content type is not accepted here.'),
  BODY_TOO_LARGE: row(Code.ResourceExhausted, 413, 'The request is too large.'),
  HEADER_TOO_LARGE: row(Code.ResourceExhausted, 431, 'The request header is too large.'),
  REQUEST_TIMEOUT: row(Code.DeadlineExceeded, 408, 'The request took too long to arrive.'),
  OVERLOADED: row(Code.Unavailable, 503, 'Too busy right now. Try again.'),
  STORE_UNAVAILABLE: row(Code.Unavailable, 503, 'The store cannot be reached right now. Try again.'),
  INTERNAL: row(Code.Internal, 500, 'Something went wrong here.'),
} as const satisfies Record<string, Row>;

/** A reason: the stable word every error carries. */
export type Reason = keyof typeof ERRORS;

/** One field of the request at fault; `field` is a path such as `config.code_length`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** What a failure may add to its row. */
export interface FailureDetails {
  /** Replaces the row's public text. Must hold nothing secret. */
  readonly message?: string;
  readonly violations?: readonly FieldViolation[];
  /** Milliseconds until trying again makes sense. */
  readonly retryAfterMs?: number;
  readonly attemptsRemaining?: number;
  readonly channel?: ChannelName;
  /** Why, for the log only. */
  readonly cause?: unknown;
}

/** A refusal or fault with a reason from the table. The only error that reaches a caller. */
export class Failure extends Error {
  readonly reason: Reason;
  readonly details: FailureDetails;

  constructor(reason: Reason, details: FailureDetails = {}) {
    super(details.message ?? describe(reason, details), { cause: details.cause });
    this.name = 'Failure';
    this.reason = reason;
    this.details = details;
  }

  get row(): Row {
    return ERRORS[this.reason];
  }
}

/** A request that is not valid says at once what is wrong with it. */
function describe(reason: Reason, { violations }: FailureDetails): string {
  const { message } = ERRORS[reason];
  const first = violations?.[0];
  if (reason !== 'INVALID_REQUEST' || !first) return message;
  return `${message.slice(0, -1)}: ${[first.field, first.description].filter(Boolean).join(' ')}.`;
}

/** A failure that names one field of the request. */
export function invalid(field: string, description: string, reason: Reason = 'INVALID_REQUEST'): Failure {
  return new Failure(reason, { violations: [{ field, description }] });
}

/** The one funnel from anything thrown to a Failure; what is unknown becomes INTERNAL and keeps its cause for the log. */
export function toFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('INTERNAL', { cause: thrown });
}
