import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { REASONS, readError } from '../../clients/errors/index.js';
import { ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../gen/google/rpc/status_pb.js';
import { ERRORS, Failure, type FieldViolation } from '../../server/errors.js';
import { toConnectError } from '../../server/rpc/connectError.js';

/** The error that grpc-js creates from a response: the code, the text of the trailer, and its metadata. */
function serviceError(code: number, details: string, status?: Uint8Array): ServiceError {
  const metadata = new Metadata();
  if (status) metadata.set('grpc-status-details-bin', Buffer.from(status));
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata });
}
const statusOf = (failure: Failure): Uint8Array => {
  const error = toConnectError(failure);
  const details = error.details.map((detail) => {
    if (!('desc' in detail)) throw new Error('a detail without a schema');
    return anyPack(detail.desc, create(detail.desc, detail.value as Record<string, unknown>));
  });
  return toBinary(
    StatusSchema,
    create(StatusSchema, { code: error.code, message: error.rawMessage, details }),
  );
};

describe('the reasons of the clients', () => {
  it('are those of the error table, all of them and no other', () => {
    expect([...REASONS].sort()).toEqual(Object.keys(ERRORS).sort());
  });
});

describe.each<[string, (failure: Failure) => unknown]>([
  ['a ConnectError', toConnectError],
  ['a ServiceError of grpc-js', (failure) => serviceError(failure.row.code, 'x', statusOf(failure))],
])('readError of %s', (_what, thrown) => {
  it.each(REASONS)('reads %s', (reason) => {
    const failure = new Failure(reason);
    expect(readError(thrown(failure))).toEqual({
      reason,
      code: failure.row.code,
      message: failure.row.message,
      ...(failure.details.retryAfterMs !== undefined && { retryAfterMs: failure.details.retryAfterMs }),
      violations: [],
    });
  });

  it('reads every optional detail', () => {
    const violations: FieldViolation[] = [
      { field: 'a.b', description: 'must be something, or other: 100%' },
      { field: 'codes["sms"]', description: 'is wrong' },
    ];
    const failure = new Failure('INVALID_CODE', {
      message: 'Wrong: 100%, ü',
      attemptsRemaining: 0,
      channel: 'sms',
      retryAfterMs: 1_500,
      violations,
    });
    expect(readError(thrown(failure))).toEqual({
      reason: 'INVALID_CODE',
      code: Code.InvalidArgument,
      message: 'Wrong: 100%, ü',
      attemptsRemaining: 0,
      channel: 'sms',
      retryAfterMs: 1_500,
      violations,
    });
  });
});

describe('readError of foreign errors', () => {
  const unknown = (code: Code, message: string) => ({ reason: 'UNKNOWN', code, message, violations: [] });

  it('returns UNKNOWN for a reason newer than this client, and keeps its text', () => {
    const info = { desc: ErrorInfoSchema, value: { reason: 'FROM_THE_FUTURE', domain: 'countersign' } };
    const thrown = new ConnectError('not now', Code.FailedPrecondition, undefined, [info]);
    expect(readError(thrown)).toEqual(unknown(Code.FailedPrecondition, 'not now'));
  });

  it('returns UNKNOWN for a reason of a proxy', () => {
    const info = { desc: ErrorInfoSchema, value: { reason: 'RATE_LIMITED', domain: 'proxy.example' } };
    const thrown = new ConnectError('slow down', Code.ResourceExhausted, undefined, [
      info,
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 2n } } },
    ]);
    expect(readError(thrown)).toEqual({
      ...unknown(Code.ResourceExhausted, 'slow down'),
      retryAfterMs: 2_000,
    });
  });

  it.each([
    [
      'details that cannot be read',
      serviceError(14, 'gone', Buffer.from([0xff])),
      unknown(Code.Unavailable, 'gone'),
    ],
    ['no details', serviceError(4, 'late'), unknown(Code.DeadlineExceeded, 'late')],
    ['a code that gRPC has not', serviceError(99, 'odd'), unknown(Code.Unknown, 'odd')],
    ['an error of the network', new TypeError('fetch failed'), unknown(Code.Unknown, 'fetch failed')],
    ['an abort', new DOMException('stopped', 'AbortError'), unknown(Code.Canceled, 'stopped')],
    ['a text', 'no', unknown(Code.Unknown, 'no')],
    ['nothing', undefined, unknown(Code.Unknown, 'undefined')],
  ])('reads %s', (_what, thrown, expected) => {
    expect(readError(thrown)).toEqual(expected);
  });
});
