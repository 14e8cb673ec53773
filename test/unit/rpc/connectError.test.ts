import { errorToJson } from '@connectrpc/connect/protocol-connect';
import { describe, expect, it } from 'vitest';
import { ErrorInfoSchema, RetryInfoSchema } from '../../../gen/google/rpc/error_details_pb.js';
import { Failure } from '../../../server/errors.js';
import { toConnectError } from '../../../server/rpc/connectError.js';
import { unescapeMessage } from '../../../server/rpc/grpcMessage.js';

describe('a failure on gRPC, gRPC-Web and Connect', () => {
  it('never carries its cause', () => {
    const error = toConnectError(new Failure('INTERNAL', { cause: new Error('password=hunter2') }));
    expect(error.rawMessage).toBe('Something went wrong here.');
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([errorToJson(error, undefined), [...error.metadata]])).not.toContain('hunter2');
  });

  it('says how long to wait: exactly in RetryInfo, in whole seconds and never too few in Retry-After', () => {
    const error = toConnectError(new Failure('RATE_LIMITED', { retryAfterMs: 1_001 }));
    expect(error.metadata.get('retry-after')).toBe('2');
    const [retry] = error.findDetails(RetryInfoSchema);
    expect(retry?.retryDelay).toMatchObject({ seconds: 1n, nanos: 1_000_000 });
  });

  it('has the reason first, with the attempts left even when there are none', () => {
    const error = toConnectError(new Failure('INVALID_CODE', { attemptsRemaining: 0, channel: 'sms' }));
    const [info] = error.findDetails(ErrorInfoSchema);
    expect(info).toMatchObject({
      reason: 'INVALID_CODE',
      domain: 'countersign',
      metadata: { attempts_remaining: '0', channel: 'sms' },
    });
  });
});

describe('the text of an error in a gRPC trailer', () => {
  const written = (text: string) => {
    const trailer = new Headers({ 'grpc-message': encodeURIComponent(text) });
    unescapeMessage(trailer);
    return trailer.get('grpc-message');
  };

  it.each([
    ['not valid: a.b, c', 'not valid: a.b, c'],
    ['100%', '100%25'],
    ['über', '%C3%BCber'],
    ['two\nlines', 'two%0Alines'],
  ])('%j is written %j', (text, expected) => {
    expect(written(text)).toBe(expected);
    expect(decodeURIComponent(expected)).toBe(text);
  });

  it('is left alone where there is none', () => {
    const trailer = new Headers({ 'grpc-status': '0' });
    unescapeMessage(trailer);
    expect([...trailer]).toEqual([['grpc-status', '0']]);
  });
});
