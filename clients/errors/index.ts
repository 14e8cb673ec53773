import { fromBinary } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { type Status, StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { type Reason, reasonOf } from './reasons.js';

export { Code } from '@connectrpc/connect';
export { REASONS, type Reason } from './reasons.js';

/** One field of the request at fault; `field` is a path such as `config.code_length`. */
export interface Violation {
  readonly field: string;
  readonly description: string;
}

/** What a failed call came to, the same for every client and protocol. */
export interface OtpError {
  /** What to decide by. */
  readonly reason: Reason;
  /** The canonical code, for failures on the way that have no reason: Unavailable, DeadlineExceeded, Canceled. */
  readonly code: Code;
  /** For a developer to read, in English. */
  readonly message: string;
  /** With INVALID_CODE: codes that may still be given. */
  readonly attemptsRemaining?: number;
  /** The channel at fault: `email`, `sms` or `whatsapp`. */
  readonly channel?: string;
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs?: number;
  /** The fields at fault; empty where none is. */
  readonly violations: readonly Violation[];
}

const DOMAIN = 'countersign';

/**
 * Reads whatever a client threw: Connect's ConnectError or grpc-js's
 * ServiceError, with their google.rpc details; anything else is UNKNOWN. Throws nothing.
 */
export function readError(thrown: unknown): OtpError {
  const error = isServiceError(thrown) ? fromServiceError(thrown) : ConnectError.from(thrown);
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === DOMAIN);
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const { attempts_remaining: attempts, channel } = info?.metadata ?? {};
  return {
    reason: reasonOf(info?.reason),
    code: error.code,
    message: error.rawMessage,
    ...(attempts !== undefined && { attemptsRemaining: Number(attempts) }),
    ...(channel !== undefined && { channel }),
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
  // grpc-js leaves part of the percent encoding in `details`; the status says the same in clear.
  const error = new ConnectError(status?.message || details, code in Code ? code : Code.Unknown);
  error.details = (status?.details ?? []).map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
    value,
  }));
  return error;
}

/** Undefined where there is none that can be read: the code and text are still there. */
function statusOf(bytes: string | Uint8Array | undefined): Status | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  try {
    return fromBinary(StatusSchema, bytes);
  } catch {
    return undefined;
  }
}
