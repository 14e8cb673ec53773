import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../server/errors.js';
import { createFairPool, type FairPool, type Slot } from '../../../server/fairness/fairPool.js';
import type { Requester } from '../../../server/fairness/shares.js';
import { ManualClock } from '../../support/manualClock.js';

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});
const pool = (concurrency: number, waitingRoom: number) =>
  createFairPool({ concurrency, waitingRoom, usualMs: 12, clock });

/** 'a' is workspace a; 'a:hot' is one of its clients. */
function by(name: string): Requester {
  const [workspace = '', client = 'key'] = name.split(':');
  return { workspace, client };
}

/** Tasks that are ended by hand, and the order in which they began. */
class Bench {
  readonly began: string[] = [];
  readonly #ends = new Map<string, () => void>();

  start(slot: Slot, name: string): Promise<string> {
    return slot.run(() => {
      this.began.push(name);
      return new Promise((resolve) => {
        this.#ends.set(name, () => resolve(name));
      });
    });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)!();
    await settle();
  }
}
const settle = () => new Promise(setImmediate);

/** Enters until refused; the slots and the refusal. */
function fill(from: FairPool, name: string): { slots: Slot[]; refusal: Failure } {
  const slots: Slot[] = [];
  for (;;) {
    try {
      slots.push(from.enter(by(name)));
    } catch (error) {
      return { slots, refusal: error as Failure };
    }
  }
}

describe('a fair pool', () => {
  it('runs as many tasks at once as it may, and the next when one ends', async () => {
    const two = pool(2, 10);
    const bench = new Bench();
    for (const name of ['a', 'b', 'c', 'd']) void bench.start(two.enter(by('w')), name);
    await settle();
    expect(bench.began).toEqual(['a', 'b']);
    expect(two.counts()).toMatchObject({ running: 2, waiting: 2, entered: 4 });
    await bench.end('b');
    expect(bench.began).toEqual(['a', 'b', 'c']);
    await bench.end('a');
    await bench.end('c');
    await bench.end('d');
    expect(two.counts()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('gives back what a task returns or throws, and goes on after a task that throws', async () => {
    const one = pool(1, 10);
    const slot = one.enter(by('w'));
    await expect(slot.run(async () => 5)).resolves.toBe(5);
    await expect(slot.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(
      slot.run(() => {
        throw new Error('broken at once');
      }),
    ).rejects.toThrow('broken at once');
    await expect(slot.run(async () => 6)).resolves.toBe(6);
  });

  it('lets workspaces take turns, however long the queue of each', async () => {
    const one = pool(1, 100);
    const bench = new Bench();
    for (const name of ['a1', 'a2', 'a3', 'a4']) void bench.start(one.enter(by('a')), name);
    for (const name of ['b1', 'b2']) void bench.start(one.enter(by('b')), name);
    void bench.start(one.enter(by('c')), 'c1');
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']) {
      await settle();
      expect(bench.began.at(-1)).toBe(name);
      await bench.end(name);
    }
  });

  it('serves the clients of a workspace in rotation, within the turn of the workspace', async () => {
    const one = pool(1, 100);
    const bench = new Bench();
    for (const n of [1, 2, 3, 4]) void bench.start(one.enter(by('a:hot')), `hot${n}`);
    void bench.start(one.enter(by('a:cold')), 'cold');
    void bench.start(one.enter(by('b')), 'b1');
    for (const name of ['hot1', 'hot2', 'b1', 'cold', 'hot3', 'hot4']) {
      await settle();
      expect(bench.began.at(-1)).toBe(name);
      await bench.end(name);
    }
  });

  it('refuses a request beyond its share, before anything else happens, and says when to come back', () => {
    const small = pool(2, 4);
    const a = fill(small, 'a');
    expect(a.slots).toHaveLength(5);
    expect(a.refusal).toBeInstanceOf(Failure);
    expect(a.refusal.reason).toBe('OVERLOADED');
    expect(a.refusal.details.retryAfterMs).toBeGreaterThan(0);
    expect(small.counts()).toEqual({ running: 0, waiting: 0, entered: 5, refused: 1 });

    expect(fill(small, 'b').slots).toHaveLength(1);
    expect(() => small.enter(by('c'))).toThrow(Failure);
    a.slots[0]!.leave();
    expect(() => small.enter(by('c'))).not.toThrow();
    expect(() => small.enter(by('d'))).toThrow(Failure);
  });

  it('never lets one workspace fill the places, nor one client those of its workspace', () => {
    const wide = pool(2, 120);
    expect(fill(wide, 'a:hot').slots).toHaveLength(85);
    expect(() => wide.enter(by('a:cold'))).not.toThrow();
    expect(fill(wide, 'b').slots.length).toBeGreaterThan(20);
    expect(() => wide.enter(by('c'))).not.toThrow();
  });

  it('leaves permits free for the next workspace, however many jobs one has', async () => {
    const wide = pool(32, 1_000);
    const bench = new Bench();
    for (let n = 0; n < 100; n++) void bench.start(wide.enter(by(`a:${n % 50}`)), `a${n}`);
    await settle();
    expect(wide.counts()).toMatchObject({ running: 24, waiting: 76 });
    void bench.start(wide.enter(by('b')), 'b1');
    await settle();
    expect(bench.began.at(-1)).toBe('b1');
    // What b gives back is not taken by a, which has its share.
    await bench.end('b1');
    expect(wide.counts()).toMatchObject({ running: 24, waiting: 76 });
    await bench.end('a0');
    expect(wide.counts()).toMatchObject({ running: 24, waiting: 75 });
  });

  it.each([1, 2, 3])('uses all of %i permits for a workspace that is alone', async (concurrency) => {
    const narrow = pool(concurrency, 40);
    const bench = new Bench();
    for (let n = 0; n < 9; n++) void bench.start(narrow.enter(by('a')), `a${n}`);
    await settle();
    expect(narrow.counts().running).toBe(concurrency);
  });

  it('asks a caller to wait longer the more are inside and the longer tasks take', async () => {
    const one = pool(1, 400);
    const { slots, refusal } = fill(one, 'a');
    for (const slot of slots.slice(0, 50)) {
      await slot.run(async () => clock.advance(100));
      slot.leave();
    }
    const later = fill(one, 'a').refusal;
    expect(later.details.retryAfterMs!).toBeGreaterThan(refusal.details.retryAfterMs!);
    expect(later.details.retryAfterMs!).toBeLessThanOrEqual(5_000);
  });

  it('gives a place back once, however often it is left', () => {
    const one = pool(1, 2);
    const [first, second] = [one.enter(by('a')), one.enter(by('a'))];
    first.leave();
    first.leave();
    expect(one.counts().entered).toBe(1);
    second.leave();
    expect(one.counts().entered).toBe(0);
  });

  it('does not run a task in a slot that was left', async () => {
    const slot = pool(1, 1).enter(by('a'));
    slot.leave();
    await expect(slot.run(async () => 1)).rejects.toThrow(/after it was left/);
  });
});

describe('a caller who has gone', () => {
  it('leaves the queue, with the reason of the signal', async () => {
    const one = pool(1, 10);
    const bench = new Bench();
    void bench.start(one.enter(by('a')), 'a1');
    const caller = new AbortController();
    const dropped = bench.start(one.enter(by('a'), caller.signal), 'a2');
    void bench.start(one.enter(by('a')), 'a3');
    caller.abort(new Error('gone'));
    await expect(dropped).rejects.toThrow('gone');
    expect(one.counts().waiting).toBe(1);
    await bench.end('a1');
    expect(bench.began).toEqual(['a1', 'a3']);
  });

  it('starts no task and takes no turn when it left before', async () => {
    const one = pool(1, 10);
    const slot = one.enter(by('a'), AbortSignal.abort(new Error('gone')));
    await expect(slot.run(async () => 1)).rejects.toThrow('gone');
    expect(one.counts()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('leaves the queue by leaving the slot', async () => {
    const one = pool(1, 10);
    const bench = new Bench();
    void bench.start(one.enter(by('a')), 'a1');
    const slot = one.enter(by('b'));
    const dropped = bench.start(slot, 'b1');
    slot.leave();
    await expect(dropped).rejects.toThrow(/left/);
    await bench.end('a1');
    expect(bench.began).toEqual(['a1']);
    expect(one.counts()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('leaves nothing behind at the signal', async () => {
    const signal = new AbortController().signal;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    }) as typeof signal.addEventListener;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    }) as typeof signal.removeEventListener;
    const slot = pool(1, 10).enter(by('a'), signal);
    expect(listeners).toBe(1);
    await slot.run(async () => 1);
    slot.leave();
    expect(listeners).toBe(0);
  });
});

describe('for any arrivals and departures', () => {
  it('no more run at once than may, none is forgotten, and in the end the pool is empty', async () => {
    const visit = fc.record({
      workspace: fc.constantFrom('a', 'b', 'c', 'c:other'),
      tasks: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      goneAfter: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(visit, { maxLength: 12 }),
        async (concurrency, visits) => {
          const shared = pool(concurrency, 8);
          let running = 0;
          let most = 0;
          const turns = async (count: number) => {
            for (let turn = 0; turn < count; turn++) await settle();
          };
          const outcomes = await Promise.all(
            visits.map(async ({ workspace, tasks, goneAfter }) => {
              const caller = new AbortController();
              let slot: Slot;
              try {
                slot = shared.enter(by(workspace), caller.signal);
              } catch {
                return 'refused';
              }
              if (goneAfter !== undefined) void turns(goneAfter).then(() => caller.abort());
              try {
                for (const length of tasks) {
                  await slot.run(async () => {
                    most = Math.max(most, ++running);
                    await turns(length);
                    running--;
                  });
                }
                return 'done';
              } catch {
                return 'gone';
              } finally {
                slot.leave();
              }
            }),
          );
          expect(most).toBeLessThanOrEqual(concurrency);
          expect(outcomes).toHaveLength(visits.length);
          const refused = outcomes.filter((outcome) => outcome === 'refused').length;
          expect(shared.counts()).toEqual({ running: 0, waiting: 0, entered: 0, refused });
        },
      ),
      { numRuns: 50 },
    );
  });
});
