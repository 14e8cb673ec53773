import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchSession } from '../../clients/calling/watch.js';
import { readError } from '../../clients/errors/index.js';
import { type WatchSessionResponse, WatchSessionResponseSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { Failure } from '../../server/errors.js';
import { toConnectError } from '../../server/rpc/connectError.js';

/** What one stream does: responses, then its end or what it throws. `hang`: it never says anything more. */
type Script = (string | Error | 'hang')[];

const SNAPSHOT = '-';
const FINAL = '!';

/** Streams played one after another. `a` is an event, `-` none, `a!` the final one. */
function playing(...scripts: Script[]) {
  const cursors: string[] = [];
  const options: { timeoutMs?: number; signal?: AbortSignal }[] = [];
  const client = {
    async *watchSession(
      { cursor = '' }: { cursor?: string },
      given: { timeoutMs?: number; signal?: AbortSignal } = {},
    ): AsyncGenerator<WatchSessionResponse> {
      cursors.push(cursor);
      options.push(given);
      for (const step of scripts.shift() ?? []) {
        if (step instanceof Error) throw step;
        if (step === 'hang') {
          await new Promise((_resolve, reject) => {
            given.signal?.addEventListener('abort', () => reject(given.signal?.reason));
          });
        }
        const id = step.replace(FINAL, '');
        yield create(WatchSessionResponseSchema, {
          ...(id !== SNAPSHOT && { event: { id } }),
          cursor: `after ${id}`,
          final: step.endsWith(FINAL),
        });
      }
    },
  };
  return { client, cursors, options };
}

const lost = new ConnectError('connection lost', Code.Unavailable);
const refusal = (reason: ConstructorParameters<typeof Failure>[0]) => toConnectError(new Failure(reason));

/** Reads a watch to its end while time passes as it wants. */
async function read(client: ReturnType<typeof playing>['client'], signal?: AbortSignal): Promise<string[]> {
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { event, final } of watchSession(client as never, {}, { ...(signal && { signal }) })) {
      seen.push((event?.id ?? SNAPSHOT) + (final ? FINAL : ''));
    }
    return seen;
  })();
  reading.catch(() => {});
  let over = false;
  reading.then(
    () => (over = true),
    () => (over = true),
  );
  while (!over) await vi.advanceTimersByTimeAsync(1_000);
  return reading;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('watchSession', () => {
  it('yields the session, then each event, and ends with the final one', async () => {
    const { client, cursors, options } = playing(['-', 'a', '-', 'b!']);
    expect(await read(client)).toEqual(['-', 'a', 'b!']);
    expect(cursors).toEqual(['']);
    expect(options[0]!.timeoutMs).toBe(0);
  });

  it.each([
    ['ends early', []],
    ['breaks off', [lost]],
    ['is refused for lack of places', [refusal('OVERLOADED')]],
    ['meets a store that is away', [refusal('STORE_UNAVAILABLE')]],
    ['breaks with an unknown error', [new TypeError('network error')]],
  ])('resumes after the last response when a stream %s', async (_what, end) => {
    const { client, cursors } = playing(['-', 'a', ...end], ['-', 'b!']);
    expect(await read(client)).toEqual(['-', 'a', 'b!']);
    expect(cursors).toEqual(['', 'after a']);
  });

  it('resumes a stream without a response for too long', async () => {
    const { client, cursors } = playing(['-', 'a', 'hang'], ['-', 'b!']);
    const before = Date.now();
    expect(await read(client)).toEqual(['-', 'a', 'b!']);
    expect(Date.now() - before).toBeGreaterThanOrEqual(60_000);
    expect(cursors).toEqual(['', 'after a']);
  });

  it.each(['SESSION_NOT_FOUND', 'UNAUTHENTICATED', 'PERMISSION_DENIED', 'INVALID_REQUEST'] as const)(
    'is refused at once with %s',
    async (reason) => {
      const { client, cursors } = playing([refusal(reason)]);
      await expect(read(client)).rejects.toSatisfy((error) => readError(error).reason === reason);
      expect(cursors).toHaveLength(1);
    },
  );

  it('gives up after some minutes without a response, with the last failure', async () => {
    const { client, cursors } = playing(['-'], ...Array.from({ length: 30 }, () => [lost]));
    const before = Date.now();
    await expect(read(client)).rejects.toBe(lost);
    expect(cursors).toHaveLength(11);
    expect(Date.now() - before).toBeGreaterThan(60_000);
  });

  it('gives up as well on streams that end without a response', async () => {
    const { client, cursors } = playing(...Array.from({ length: 30 }, () => []));
    await expect(read(client)).rejects.toMatchObject({ code: Code.Unavailable });
    expect(cursors).toHaveLength(10);
  });

  it('waits as long as the service asks', async () => {
    const busy = toConnectError(new Failure('OVERLOADED', { retryAfterMs: 40_000 }));
    const { client } = playing([busy], ['-', 'a!']);
    const before = Date.now();
    expect(await read(client)).toEqual(['-', 'a!']);
    expect(Date.now() - before).toBeGreaterThanOrEqual(40_000);
  });

  it.each([
    ['while a stream runs', ['-', 'hang']],
    ['while it waits for the next one', ['-', lost]],
  ])('ends when its signal aborts, %s', async (_when, script) => {
    const leave = new AbortController();
    const { client, options } = playing(script as Script);
    const reading = read(client, leave.signal);
    await vi.advanceTimersByTimeAsync(100);
    leave.abort(new Error('the page is gone'));
    await expect(reading).rejects.toThrow('the page is gone');
    expect(options.every(({ signal }) => signal?.aborted)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends its stream when the loop over it is left', async () => {
    const { client, options } = playing(['-', 'a', 'hang']);
    for await (const { event } of watchSession(client as never, {})) if (event) break;
    expect(options[0]!.signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
