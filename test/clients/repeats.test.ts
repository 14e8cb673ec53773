import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isRepeatable, repeat } from '../../clients/calling/repeat.js';
import { readError } from '../../clients/errors/index.js';
import { createOtpClient as createGrpcJsClient } from '../../clients/grpc-js/index.js';
import { createOtpClient } from '../../clients/node/index.js';
import { createSessionClient } from '../../clients/web/index.js';
import { RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { RequirementService } from '../../gen/otp/v1/requirement_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import { Failure } from '../../server/errors.js';
import { toConnectError } from '../../server/rpc/connectError.js';
import { type FakeService, startFakeService } from './support/fakeService.js';

const busy = (retryAfterMs?: number) =>
  new ConnectError(
    'busy',
    Code.Unavailable,
    undefined,
    retryAfterMs === undefined
      ? []
      : [{ desc: RetryInfoSchema, value: { retryDelay: durationFromMs(retryAfterMs) } }],
  );

let fake: FakeService | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await fake?.stop();
  fake = undefined;
});
/** Fails so many times before it succeeds. */
const failing = async (http: 1 | 2, times: number, error: Error = busy(1)) => {
  fake = await startFakeService(http, (calls) => {
    if (calls <= times) throw error;
    return {};
  });
  return fake;
};

const CLIENTS = [
  { name: 'grpc-js', http: 2, connect: (baseUrl: string) => createGrpcJsClient({ baseUrl, apiKey: 'k' }) },
  { name: 'node, gRPC', http: 2, connect: (baseUrl: string) => createOtpClient({ baseUrl, apiKey: 'k' }) },
  {
    name: 'node, Connect over HTTP/1.1',
    http: 1,
    connect: (baseUrl: string) => createOtpClient({ baseUrl, apiKey: 'k', protocol: 'connect-http1' }),
  },
] as const;

describe.each(CLIENTS)('the client $name', ({ http, connect }) => {
  it('repeats a call that only reads, until it succeeds', async () => {
    const { baseUrl, calls } = await failing(http, 2);
    const client = connect(baseUrl);
    await client.otp.getSession({});
    expect(calls).toEqual(['getSession', 'getSession', 'getSession']);
    client.close();
  });

  it('gives up after the third call', async () => {
    const { baseUrl, calls } = await failing(http, 9);
    const client = connect(baseUrl);
    await expect(client.tokens.introspect({})).rejects.toThrow('busy');
    expect(calls).toHaveLength(3);
    client.close();
  });

  it('repeats Send, Resend and Redeem with one new request id, without changing the request', async () => {
    const { baseUrl, calls, requestIds } = await failing(http, 1);
    const client = connect(baseUrl);
    const request = { recipients: { email: 'a@example.com' } };
    await client.otp.send(request);
    await client.otp.send(request);
    await client.otp.resend({});
    await client.tokens.redeem({});
    expect(calls).toEqual(['send', 'send', 'send', 'resend', 'redeem']);
    const [first, again, ...others] = requestIds;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(4);
    expect(request).toEqual({ recipients: { email: 'a@example.com' } });
    client.close();
  });

  it("keeps the caller's own request id", async () => {
    const { baseUrl, requestIds } = await failing(http, 1);
    const client = connect(baseUrl);
    await client.otp.send({ requestId: 'mine' });
    expect(requestIds).toEqual(['mine', 'mine']);
    client.close();
  });

  it('never repeats Verify or Validate: a wrong code sent twice costs two attempts', async () => {
    const { baseUrl, calls } = await failing(http, 9);
    const client = connect(baseUrl);
    await expect(client.otp.verify({})).rejects.toThrow('busy');
    await expect(client.otp.validate({})).rejects.toThrow('busy');
    expect(calls).toEqual(['verify', 'validate']);
    client.close();
  });

  it('repeats nothing that would fail again', async () => {
    const { baseUrl, calls } = await failing(
      http,
      9,
      toConnectError(new Failure('RATE_LIMITED', { retryAfterMs: 1 })),
    );
    const client = connect(baseUrl);
    expect(await client.otp.send({}).catch(readError)).toMatchObject({
      reason: 'RATE_LIMITED',
      retryAfterMs: 1,
    });
    expect(calls).toEqual(['send']);
    client.close();
  });

  it('waits for an earlier call that is still running', async () => {
    const underWay = toConnectError(new Failure('REQUEST_IN_PROGRESS', { retryAfterMs: 1 }));
    const { baseUrl, calls } = await failing(http, 1, underWay);
    const client = connect(baseUrl);
    await client.otp.send({});
    expect(calls).toEqual(['send', 'send']);
    client.close();
  });
});

describe('the client for pages', () => {
  /** A page's fetch fails so for every cause: there is no status, and no code. */
  const unreachable = (times: number) => {
    const real = globalThis.fetch;
    let calls = 0;
    vi.stubGlobal('fetch', (...given: Parameters<typeof fetch>) =>
      ++calls <= times ? Promise.reject(new TypeError('Failed to fetch')) : real(...given),
    );
    return () => calls;
  };
  afterEach(() => vi.unstubAllGlobals());

  it('client C1 repeats a call that did not reach the service, where it only reads', async () => {
    const { baseUrl, calls } = await failing(1, 0);
    const fetched = unreachable(2);
    await createSessionClient({ baseUrl, sessionToken: 't' }).getSession({});
    expect({ fetched: fetched(), calls }).toEqual({ fetched: 3, calls: ['getSession'] });
  });

  it('client C1 does not repeat a code that may have reached the service, and says that it is unavailable', async () => {
    const { baseUrl, calls } = await failing(1, 0);
    const fetched = unreachable(9);
    const page = createSessionClient({ baseUrl, sessionToken: 't' });
    await expect(page.verify({ code: '1' })).rejects.toMatchObject({ code: Code.Unavailable });
    expect({ fetched: fetched(), calls }).toEqual({ fetched: 1, calls: [] });
  });

  it('repeats calls that are safe to repeat, too', async () => {
    const { baseUrl, calls } = await failing(1, 1);
    const page = createSessionClient({ baseUrl, sessionToken: 't' });
    await page.getSession({});
    await expect(page.verify({ code: '1' })).resolves.toBeDefined();
    expect(calls).toEqual(['getSession', 'getSession', 'verify']);
  });
});

describe('a repeat', () => {
  const failing = (error: Error) => {
    const call = vi.fn(() => Promise.reject(error));
    return { call, calls: () => call.mock.calls.length };
  };

  it('waits as long as the service asks', async () => {
    vi.useFakeTimers();
    const { call, calls } = failing(busy(3_000));
    const failed = repeat(call, {}).catch(readError);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(calls()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls()).toBe(2);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await failed).toMatchObject({ code: Code.Unavailable });
    expect(calls()).toBe(3);
  });

  it('waits a little, then longer, when the service asks for no wait', async () => {
    vi.useFakeTimers();
    const { call, calls } = failing(busy());
    const failed = repeat(call, {}).catch(readError);
    await vi.advanceTimersByTimeAsync(79);
    expect(calls()).toBe(1);
    await vi.advanceTimersByTimeAsync(41);
    expect(calls()).toBe(2);
    await vi.advanceTimersByTimeAsync(119);
    expect(calls()).toBe(2);
    await vi.advanceTimersByTimeAsync(121);
    await failed;
    expect(calls()).toBe(3);
  });

  it('does not keep a caller waiting longer than five seconds', async () => {
    const { call, calls } = failing(busy(5_001));
    await expect(repeat(call, {})).rejects.toThrow('busy');
    expect(calls()).toBe(1);
  });

  it('does not start when its wait would pass the deadline', async () => {
    const { call, calls } = failing(busy(1_000));
    await expect(repeat(call, { deadline: Date.now() + 900 })).rejects.toThrow('busy');
    expect(calls()).toBe(1);
  });

  it('ends when the caller aborts', async () => {
    const leave = new AbortController();
    const { call, calls } = failing(busy(1_000));
    const failed = repeat(call, { signal: leave.signal });
    leave.abort(new Error('left'));
    await expect(failed).rejects.toThrow(/left|busy/);
    expect(calls()).toBe(1);
  });
});

describe('the methods that may be repeated', () => {
  it('are these and no others', () => {
    const methods = [
      ...OtpService.methods,
      ...VerificationTokenService.methods,
      ...RequirementService.methods,
    ];
    expect(methods.filter(isRepeatable).map(({ name }) => name)).toEqual([
      'Send',
      'Resend',
      'ListSessions',
      'GetSession',
      'WatchSession',
      'Introspect',
      'Redeem',
      'GetSponsorConfiguration',
      'GetVerificationStatus',
    ]);
  });
});
