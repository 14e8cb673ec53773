import { fromBinary } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { type Reason, reasonOf } from './reasons.js';

export { Code } from '@connectrpc/connect';
export { REASONS, type Reason } from './reasons.js';

/** One invalid field of the request; `field` is a path such as `config.code_length`. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** The error of a failed call, the same for every client and protocol. */
export interface OtpError {
  /** What to branch on. */
  readonly reason: Reason;
  /** The canonical code, for failures of the network that have no reason: Unavailable, DeadlineExceeded, Canceled. */
  readonly code: Code;
  /** For a developer to read, in English. */
  readonly message: string;
  /** With INVALID_CODE: attempts that are left. */
  readonly attemptsRemaining?: number;
  /** Of a wrong code after a resend: when the newest code was made; earlier ones do not work any more. */
  readonly newestCodeSentAt?: Date;
  /** The channel that the error is about: `email`, `sms` or `whatsapp`. */
  readonly channel?: string;
  /** Milliseconds after which a repeated call can succeed. */
  readonly retryAfterMs?: number;
  /** The invalid fields; empty where there is none. */
  readonly violations: readonly Violation[];
}

const DOMAIN = 'countersign';

/**
 * Reads any error that a client throws: Connect's ConnectError or grpc-js's
 * ServiceError, with their google.rpc details; anything else is UNKNOWN. Never throws.
 */
export function readError(thrown: unknown): OtpError {
  const error = isServiceError(thrown) ? fromServiceError(thrown) : ConnectError.from(thrown);
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === DOMAIN);
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const { attempts_remaining: attempts, channel, newest_code_sent_at: newest } = info?.metadata ?? {};
  return {
    reason: reasonOf(info?.reason),
    code: error.code,
    message: error.rawMessage,
    ...(attempts !== undefined && { attemptsRemaining: Number(attempts) }),
    ...(channel !== undefined && { channel }),
    ...(newest !== undefined && { newestCodeSentAt: new Date(newest) }),
    ...(delay && { retryAfterMs: durationMs(delay) }),
    violations: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations)
      .map(({ field, description }) => ({ field, description })),
  };
}

/** grpc-js's ServiceError, by its shape: this module also runs where grpc-js is not installed. */
interface ServiceError extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata: { get(key: string): readonly (string | Uint8Array)[] };
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  if (!(thrown instanceof Error)) return false;
  const { code, details, metadata } = thrown as Partial<ServiceError>;
  return typeof code === 'number' && typeof details === 'string' && typeof metadata?.get === 'function';
}

function fromServiceError({ code, details, metadata }: ServiceError): ConnectError {
  const status = statusOf(metadata.get('grpc-status-details-bin')[0]);
  // grpc-js leaves part of the percent encoding in `details`; the status has the same text decoded.
  const error = new ConnectError(status?.message || details, code in Code ? code : Code.Unknown);
  error.details = (status?.details ?? []).map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
    value,
  }));
  return error;
}

/** Undefined where there is none that can be decoded; the error then has a code and a text only. */
function statusOf(bytes: string | Uint8Array | undefined): Status | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  try {
    return fromBinary(StatusSchema, bytes);
  } catch {
    return undefined;
  }
}
