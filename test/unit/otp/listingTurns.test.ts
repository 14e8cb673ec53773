import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ListSessionsRequestSchema } from '../../../gen/otp/v1/otp_service_pb.js';
import type { Call } from '../../../server/call/call.js';
import type { Principal } from '../../../server/domain/principal.js';
import { createFairPool } from '../../../server/fairness/fairPool.js';
import { createListSessions } from '../../../server/otp/listSessions.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { Collection, Filter, FindOptions } from '../../../server/store/documents.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';

const clock = new ManualClock();

/** A store of sessions of no interest to anyone; every read waits until the test lets it end. */
function slowSessions() {
  const reads: string[] = [];
  const limits: number[] = [];
  let ends: (() => void)[] = [];
  const find = (filter: Filter, options: FindOptions = {}) => ({
    async toArray() {
      reads.push(String((filter._id as { $gte: string }).$gte).split('/')[0]!);
      limits.push(options.limit!);
      await new Promise<void>((resolve) => ends.push(resolve));
      const from = Number(/\d+$/.exec(String((filter._id as { $lt: string }).$lt))?.[0] ?? 99_999);
      return Array.from({ length: options.limit! }, (_, n) => ({
        _id: `a/${String(from - n - 1).padStart(5, '0')}`,
        purpose: 'other',
        channels: {},
      }));
    },
  });
  return {
    sessions: { find } as unknown as Collection<StoredSession>,
    reads,
    limits,
    endReads() {
      for (const end of ends.splice(0)) end();
      ends = [];
    },
  };
}

const callBy = (workspace: string) =>
  ({
    principal: { workspace, mode: 'live', client: 'key', scopes: new Set() } satisfies Principal,
    signal: new AbortController().signal,
  }) as unknown as Call;

it("reads a bounded page a turn, and another workspace's listing before the next pages of 32 that match nothing", async () => {
  const { sessions, reads, limits, endReads } = slowSessions();
  const list = createListSessions({
    sessions,
    documents: { collection: () => sessions } as never,
    fingerprints: {} as never,
    listing: createFairPool({ concurrency: 2, waitingRoom: 64, usualMs: 15, clock }),
    clock,
  });
  const unmatched = create(ListSessionsRequestSchema, { purpose: 'nothing' });
  const greedy = Array.from({ length: 32 }, () => list(callBy('a'), unmatched));
  await eventually(() => reads.length === 2);
  const theirs = list(callBy('b'), unmatched);
  await new Promise(setImmediate);
  endReads();
  await eventually(() => reads.length === 4);
  expect(reads.slice(0, 2)).toEqual(['a', 'a']);
  expect(reads.slice(2)).toContain('b');
  for (const limit of limits) expect(limit).toBeLessThanOrEqual(500);
  const finish = setInterval(endReads, 1);
  await Promise.all([...greedy, theirs]);
  clearInterval(finish);
}, 60_000);

it('refuses what is beyond its share at once, and says when to come back', async () => {
  const { sessions, reads } = slowSessions();
  const list = createListSessions({
    sessions,
    documents: { collection: () => sessions } as never,
    fingerprints: {} as never,
    listing: createFairPool({ concurrency: 1, waitingRoom: 3, usualMs: 15, clock }),
    clock,
  });
  const unmatched = create(ListSessionsRequestSchema, { purpose: 'nothing' });
  const all = Array.from({ length: 9 }, () => list(callBy('a'), unmatched));
  const refused = await Promise.race(
    all.map((one) =>
      one.then(
        () => undefined,
        (error) => error,
      ),
    ),
  );
  expect(refused).toMatchObject({ reason: 'OVERLOADED', details: { retryAfterMs: expect.any(Number) } });
  expect(reads.length).toBeLessThanOrEqual(1);
});
