import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import type { Failure } from '../errors.js';
import { retryAfterHeader } from '../http/retryAfterHeader.js';

/** The domain of every reason in ErrorInfo. */
const ERROR_DOMAIN = 'countersign';

/** A failure in the form of gRPC, gRPC-Web and Connect: canonical code, public text, google.rpc details. */
export function toConnectError(
  failure: Failure,
  headers: Readonly<Record<string, string>> = {},
): ConnectError {
  const { retryAfterMs, violations } = failure.details;
  return new ConnectError(failure.message, failure.row.code, { ...headers, ...retryAfterHeader(failure) }, [
    {
      desc: ErrorInfoSchema,
      value: { reason: failure.reason, domain: ERROR_DOMAIN, metadata: metadataOf(failure) },
    },
    ...(retryAfterMs === undefined
      ? []
      : [
          {
            desc: RetryInfoSchema,
            value: create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs) }),
          },
        ]),
    ...(violations?.length
      ? [
          {
            desc: BadRequestSchema,
            value: { fieldViolations: violations.map((violation) => ({ ...violation })) },
          },
        ]
      : []),
  ]);
}

function metadataOf({
  details: { attemptsRemaining, channel, newestCodeSentAt },
}: Failure): Record<string, string> {
  return {
    ...(attemptsRemaining !== undefined && { attempts_remaining: String(attemptsRemaining) }),
    ...(channel !== undefined && { channel }),
    ...(newestCodeSentAt && { newest_code_sent_at: newestCodeSentAt.toISOString() }),
  };
}
