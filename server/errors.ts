import { Code } from '@connectrpc/connect';
import type { ChannelName } from './domain/channels.js';
import type { RateLimit } from './domain/rateLimit.js';

/**
 * THE error table. A reason is a stable word of the public contract; its row
 * says everything a transport needs to respond with it. Nothing else in the server
 * maps errors to codes, statuses or public texts.
 */
interface Row {
  /** Canonical code on gRPC, gRPC-Web and Connect. */
  readonly code: Code;
  /** HTTP status on plain HTTP, where no dialect says otherwise. */
  readonly status: number;
  /** Public text. Causes never appear in it. */
  readonly message: string;
  /** Milliseconds until trying again makes sense, where a failure does not say otherwise. */
  readonly retryAfterMs?: number;
  /** What a REST dialect says otherwise; see gateway/. Words and numbers are those of its document. */
  readonly dialects: Dialects;
}

interface Dialects {
  /** `code`: the number in error_code. Without one the reason stands there: none is invented. */
  readonly beneficiary?: { readonly status?: number; readonly code: string };
  readonly multichannel?: { readonly status?: number; readonly message?: string };
  /** `outcome`: the status word of the documented body. */
  readonly messaging?: { readonly status?: number; readonly outcome?: string };
}

const row = (code: Code, status: number, message: string, dialects: Dialects = {}): Row => ({
  code,
  status,
  message,
  dialects,
});

export const ERRORS = {
  INVALID_REQUEST: row(Code.InvalidArgument, 400, 'The request is not valid.', {
    beneficiary: { code: '071-201' },
  }),
  INVALID_RECIPIENT: row(Code.InvalidArgument, 400, 'Invalid recipient', {
    beneficiary: { code: '071-201' },
  }),
  CHANNEL_REQUIRED: row(
    Code.InvalidArgument,
    400,
    'The session has several channels: say which code is whose.',
    { beneficiary: { code: '071-201' } },
  ),
  CHANNEL_NOT_IN_SESSION: row(Code.InvalidArgument, 400, 'The session does not use that channel.', {
    beneficiary: { code: '071-201' },
  }),
  CHANNEL_NOT_SUPPORTED: row(Code.FailedPrecondition, 422, 'That channel is not supported here.', {
    multichannel: { status: 400 },
    messaging: { status: 400 },
  }),
  SENDER_NOT_ALLOWED: row(Code.FailedPrecondition, 422, 'The workspace does not send under that name.', {
    multichannel: { status: 400 },
    messaging: { status: 400 },
  }),
  NO_ADDRESS_ON_FILE: row(
    Code.FailedPrecondition,
    422,
    'The beneficiary has no address on file for that channel.',
    { multichannel: { status: 400 }, messaging: { status: 400 } },
  ),
  UNAUTHENTICATED: row(Code.Unauthenticated, 401, 'A valid credential is required.'),
  PERMISSION_DENIED: row(Code.PermissionDenied, 403, 'The credential does not allow this.', {
    beneficiary: { code: '071-202' },
  }),
  OTP_NOT_ALLOWED: row(Code.PermissionDenied, 403, 'The sponsor does not allow an OTP here.', {
    beneficiary: { code: '071-202' },
  }),
  SESSION_NOT_FOUND: row(Code.NotFound, 404, 'OTP session not found', {
    beneficiary: { code: '071-203' },
    messaging: { outcome: 'NOT_FOUND' },
  }),
  SESSION_CONSUMED: row(Code.FailedPrecondition, 409, 'The session was verified and its token is used up.', {
    beneficiary: { status: 404, code: '071-203' },
    messaging: { outcome: 'ALREADY_USED' },
  }),
  ALREADY_VERIFIED: row(Code.FailedPrecondition, 409, 'OTP already verified', {
    beneficiary: { code: '071-204' },
    messaging: { outcome: 'ALREADY_USED' },
  }),
  SESSION_CANCELED: row(Code.FailedPrecondition, 410, 'The session was cancelled.', {
    beneficiary: { code: '071-205' },
    multichannel: { message: 'OTP expired' },
    messaging: { outcome: 'EXPIRED' },
  }),
  SESSION_EXPIRED: row(Code.FailedPrecondition, 410, 'OTP expired', {
    beneficiary: { code: '071-205' },
    messaging: { outcome: 'EXPIRED' },
  }),
  INVALID_CODE: row(Code.InvalidArgument, 400, 'Invalid OTP', {
    beneficiary: { status: 422, code: '071-206' },
    messaging: { outcome: 'INVALID' },
  }),
  ATTEMPTS_EXHAUSTED: row(Code.FailedPrecondition, 423, 'Maximum verification attempts reached', {
    beneficiary: { status: 410, code: '071-205' },
    multichannel: { message: 'Max attempts exceeded' },
    messaging: { outcome: 'MAX_ATTEMPTS_REACHED' },
  }),
  RATE_LIMITED: row(Code.ResourceExhausted, 429, 'Too many requests. Try again later.', {
    beneficiary: { code: '071-207' },
  }),
  RESEND_TOO_SOON: row(Code.ResourceExhausted, 429, 'It is too soon to send again.', {
    beneficiary: { code: '071-207' },
  }),
  RESENDS_EXHAUSTED: row(Code.ResourceExhausted, 429, 'No more resends for this session.', {
    beneficiary: { code: '071-207' },
  }),
  RECIPIENT_BLOCKED: row(Code.ResourceExhausted, 429, 'The recipient is blocked for now.', {
    beneficiary: { code: '071-207' },
  }),
  SEND_REFUSED: row(Code.PermissionDenied, 403, 'The workspace does not send to that recipient for now.'),
  INSUFFICIENT_BALANCE: row(Code.FailedPrecondition, 402, 'Insufficient balance'),
  IDEMPOTENCY_CONFLICT: row(Code.Aborted, 409, 'That request id was used for another request.'),
  REQUEST_IN_PROGRESS: row(Code.Aborted, 409, 'The same request is still being worked on.'),
  TOKEN_NOT_FOUND: row(Code.NotFound, 404, 'Verification token not found'),
  TOKEN_EXPIRED: row(Code.FailedPrecondition, 410, 'The verification token has expired.'),
  TOKEN_REDEEMED: row(Code.FailedPrecondition, 409, 'The verification token was redeemed before.'),
  OPERATION_MISMATCH: row(Code.FailedPrecondition, 409, 'It is not for that operation or recipient.'),
  NOT_FOUND: row(Code.NotFound, 404, 'There is no such resource.'),
  ALREADY_EXISTS: row(Code.AlreadyExists, 409, 'It exists already.'),
  ROUTE_NOT_FOUND: row(Code.Unimplemented, 404, 'There is nothing at that address.'),
  METHOD_NOT_ALLOWED: row(Code.Unimplemented, 405, 'That method is not allowed here.'),
  UNSUPPORTED_MEDIA_TYPE: row(Code.InvalidArgument, 415, 'That content type is not accepted here.'),
  BODY_TOO_LARGE: row(Code.ResourceExhausted, 413, 'The request is too large.'),
  HEADER_TOO_LARGE: row(Code.ResourceExhausted, 431, 'The request header is too large.'),
  REQUEST_TIMEOUT: row(Code.DeadlineExceeded, 408, 'The request took too long to arrive.'),
  OVERLOADED: row(Code.Unavailable, 503, 'Too busy right now. Try again.'),
  STORE_UNAVAILABLE: {
    ...row(Code.Unavailable, 503, 'The store cannot be reached right now. Try again.'),
    retryAfterMs: 1_000,
  },
  INTERNAL: row(Code.Internal, 500, 'Something went wrong here.'),
} as const satisfies Record<string, Row>;

/** Exit statuses of the command line and of `start`, by what they mean (sysexits.h; 128 + SIGINT). */
export const EXIT = {
  /** What is compared differs. */
  differs: 1,
  /** The command line is wrong. */
  usage: 64,
  /** The request or the code is wrong. */
  data: 65,
  noInput: 66,
  /** The service does not have that method. */
  unknownMethod: 69,
  /** Refused by the state of what is called, or a fault in the service. */
  internal: 70,
  exists: 73,
  tryAgain: 75,
  noPermission: 77,
  configuration: 78,
  canceled: 130,
} as const;

/** The exit status for each canonical code. A reason has that of its code. */
const EXIT_BY_CODE: Readonly<Record<Code, number>> = {
  [Code.Canceled]: EXIT.canceled,
  [Code.Unknown]: EXIT.internal,
  [Code.InvalidArgument]: EXIT.data,
  [Code.DeadlineExceeded]: EXIT.tryAgain,
  [Code.NotFound]: EXIT.noInput,
  [Code.AlreadyExists]: EXIT.exists,
  [Code.PermissionDenied]: EXIT.noPermission,
  [Code.ResourceExhausted]: EXIT.tryAgain,
  [Code.FailedPrecondition]: EXIT.internal,
  [Code.Aborted]: EXIT.tryAgain,
  [Code.OutOfRange]: EXIT.data,
  [Code.Unimplemented]: EXIT.unknownMethod,
  [Code.Internal]: EXIT.internal,
  [Code.Unavailable]: EXIT.tryAgain,
  [Code.DataLoss]: EXIT.internal,
  [Code.Unauthenticated]: EXIT.noPermission,
};

/** The exit status of the command line after a call failed with that code. */
export const exitStatusOf = (code: Code): number => EXIT_BY_CODE[code];

/** A reason: the stable word every error carries. */
export type Reason = keyof typeof ERRORS;

/** One field of the request at fault; `field` is a path such as `config.code_length`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: Predicate;
}

/** What a failure may add to its row. */
export interface FailureDetails {
  /** Replaces the row's public text. Must hold nothing secret. */
  readonly message?: string;
  readonly violations?: readonly FieldViolation[];
  /** Milliseconds until trying again makes sense. */
  readonly retryAfterMs?: number;
  /** The limit that refused. */
  readonly rateLimit?: RateLimit;
  readonly attemptsRemaining?: number;
  readonly channel?: ChannelName;
  /** Of a wrong code: when the newest one was made, since which earlier ones are void. */
  readonly newestCodeSentAt?: Date;
  /** The rule that refused, by its name: for operators, never for the caller. */
  readonly rule?: string;
  /** What that rule adds, such as what the workspace's backend responded: for operators as well. */
  readonly ruleDetail?: string;
  /** Why, for the log only. */
  readonly cause?: unknown;
}

/** A refusal or fault with a reason from the table. The only error that reaches a caller. */
export class Failure extends Error {
  readonly reason: Reason;
  readonly details: FailureDetails;

  constructor(reason: Reason, details: FailureDetails = {}) {
    super(details.message ?? describe(reason, details.violations), { cause: details.cause });
    this.name = 'Failure';
    this.reason = reason;
    const { retryAfterMs }: Row = ERRORS[reason];
    this.details = retryAfterMs === undefined ? details : { retryAfterMs, ...details };
  }

  get row(): Row {
    return ERRORS[this.reason];
  }
}

/** A request that is not valid says at once what is wrong with it. */
export function describe(reason: Reason, violations: readonly FieldViolation[] | undefined): string {
  const { message } = ERRORS[reason];
  const first = violations?.[0];
  if (reason !== 'INVALID_REQUEST' || !first) return message;
  return `${message.slice(0, -1)}: ${[first.field, first.description].filter(Boolean).join(' ')}.`;
}

/** What can be said of a field: a text that makes a sentence behind its name. */
export type Predicate =
  `${'must' | 'is' | 'has' | 'may' | 'cannot' | 'names' | 'goes' | 'holds' | 'would' | 'does' | 'was' | 'sets'} ${string}`;

/** A text of a library as a predicate; what makes no sentence behind a field's name is replaced. */
export const predicate = (text: string): Predicate =>
  /^(must|is|has|may|cannot|does) /.test(text) ? (text as Predicate) : 'has the wrong form';

/** A failure that names one field of the request. */
export function invalid(field: string, description: Predicate, reason: Reason = 'INVALID_REQUEST'): Failure {
  return new Failure(reason, { violations: [{ field, description }] });
}

/** The one funnel from anything thrown to a Failure; what is unknown becomes INTERNAL and keeps its cause for the log. */
export function toFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('INTERNAL', { cause: thrown });
}
