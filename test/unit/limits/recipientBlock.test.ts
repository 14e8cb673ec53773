import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRecipientBlock, type RecipientBlock } from '../../../server/limits/recipientBlock.js';
import { eachEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PARTITION = 'acme.live';

eachEngine(({ name: engine, newStore }) => {
  const clock = new ManualClock();
  let block: RecipientBlock;
  /** A second process on the same store. */
  let other: RecipientBlock;
  let recipients = 0;
  const newRecipient = () => `recipient-${recipients++}`;

  beforeAll(async () => {
    const store = await newStore();
    block = createRecipientBlock(await store.open({ clock }), clock);
    other = createRecipientBlock(await store.open({ clock }), clock);
  });

  const fail = async (recipient: string, times: number, codeLength = 6) => {
    for (let i = 0; i < times; i++) await block.fail(PARTITION, recipient, codeLength);
  };
  const check = (recipient: string) => other.check(PARTITION, [recipient]);
  const blockedFor = (wait: number) =>
    expect.objectContaining({
      reason: 'RECIPIENT_BLOCKED',
      details: expect.objectContaining({ retryAfterMs: wait }),
    });
  /** Blocked from now for exactly that long. */
  const expectBlocked = async (recipient: string, hours: number) => {
    await expect(check(recipient)).rejects.toEqual(blockedFor(hours * HOUR));
    clock.advance(hours * HOUR - 1);
    await expect(check(recipient)).rejects.toEqual(blockedFor(1));
    clock.advance(1);
    await check(recipient);
  };

  it.each([
    [6, 19, 0],
    [6, 20, 1],
    [6, 21, 2],
    [6, 22, 4],
    [6, 23, 8],
    [6, 24, 8],
    [8, 20, 1],
    [5, 4, 0],
    [5, 5, 1],
    [4, 6, 2],
    [4, 7, 4],
    [4, 8, 8],
    [4, 9, 8],
  ])('with codes of %i digits, %i failures block for %i h', async (codeLength, failures, hours) => {
    const recipient = newRecipient();
    await fail(recipient, failures, codeLength);
    if (hours === 0) await check(recipient);
    else await expectBlocked(recipient, hours);
  });

  it('each further failure blocks from its own time on', async () => {
    const recipient = newRecipient();
    await fail(recipient, 20);
    await expectBlocked(recipient, 1);
    await fail(recipient, 1);
    await expectBlocked(recipient, 2);
    await fail(recipient, 1);
    await expectBlocked(recipient, 4);
    await fail(recipient, 1);
    await expectBlocked(recipient, 8);
    await fail(recipient, 1);
    await expectBlocked(recipient, 8);
  });

  it('counts failures of the last 24 hours only', async () => {
    const recipient = newRecipient();
    await fail(recipient, 1);
    clock.advance(DAY);
    await fail(recipient, 19);
    await check(recipient);
    await fail(recipient, 1);
    await expect(check(recipient)).rejects.toEqual(blockedFor(HOUR));
    const edge = newRecipient();
    await fail(edge, 1);
    clock.advance(DAY - 1);
    await fail(edge, 19);
    await expect(check(edge)).rejects.toEqual(blockedFor(HOUR));
  });

  it('a later failure of a quieter day does not end a block', async () => {
    const recipient = newRecipient();
    await fail(recipient, 22);
    clock.advance(DAY - HOUR);
    await fail(recipient, 1);
    clock.advance(2 * HOUR);
    await fail(recipient, 1);
    await expect(check(recipient)).rejects.toEqual(blockedFor(6 * HOUR));
  });

  it('the failures after it never push out what a running block stands on', async () => {
    const recipient = newRecipient();
    await fail(recipient, 22);
    clock.advance(DAY - 1);
    await fail(recipient, 1);
    clock.advance(1);
    await fail(recipient, 21);
    await expect(check(recipient)).rejects.toEqual(blockedFor(8 * HOUR - 1));
  });

  it('counts codes under six digits with the others, too', async () => {
    const recipient = newRecipient();
    await fail(recipient, 4, 4);
    await fail(recipient, 15);
    await check(recipient);
    await fail(recipient, 1);
    await expect(check(recipient)).rejects.toEqual(blockedFor(HOUR));
  });

  it('blocks when any of several recipients is, for the longest wait', async () => {
    const [one, two, free] = [newRecipient(), newRecipient(), newRecipient()];
    await fail(one, 20);
    await fail(two, 22);
    await expect(block.check(PARTITION, [free, one, two])).rejects.toEqual(blockedFor(4 * HOUR));
    await block.check(PARTITION, [free]);
    await block.check('acme.test', [one]);
    await block.check('other.live', [one]);
  });

  it('loses no failure of many at once', async () => {
    const recipient = newRecipient();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? block : other).fail(PARTITION, recipient, 6)),
    );
    expect(await block.standing(PARTITION, [recipient])).toMatchObject({ failures: 20 });
    await expect(check(recipient)).rejects.toEqual(blockedFor(HOUR));
  });

  it('a right code clears what was before it, and nothing after', async () => {
    const recipient = newRecipient();
    await fail(recipient, 19);
    const verifiedAt = clock.now();
    clock.advance(1);
    await fail(recipient, 4, 4);
    await block.clear(PARTITION, recipient, verifiedAt);
    expect(await block.standing(PARTITION, [recipient])).toEqual({ failures: 4, shortCodeFailures: 4 });
    await fail(recipient, 1, 4);
    await expect(check(recipient)).rejects.toEqual(blockedFor(HOUR));
    await block.clear(PARTITION, recipient, clock.now());
    await check(recipient);
    await block.clear(PARTITION, newRecipient(), clock.now());
  });

  it('an operator sees and ends a block, whichever key the failures are recorded under', async () => {
    const [before, after] = [newRecipient(), newRecipient()];
    await fail(before, 3, 4);
    await fail(after, 20);
    expect(await block.standing(PARTITION, [after, before])).toEqual({
      failures: 23,
      shortCodeFailures: 3,
      blockedUntil: new Date(clock.now() + HOUR),
    });
    await block.forget(PARTITION, [after, before]);
    expect(await block.standing(PARTITION, [after, before])).toEqual({ failures: 0, shortCodeFailures: 0 });
    await check(after);
  });

  describe('after any history', () => {
    const HOURS = [1, 2, 4, 8];
    type Failure = { readonly at: number; readonly short: boolean };
    /** The rule as it is written, over all failures there ever were. */
    const endOf = (history: readonly Failure[], threshold: number) =>
      history.reduce((latest, { at }, index) => {
        const count = history.slice(0, index + 1).filter((one) => one.at > at - DAY).length;
        if (count < threshold) return latest;
        return Math.max(latest, at + HOUR * (HOURS[count - threshold] ?? 8));
      }, 0);

    it('blocks as long as the rule says', async () => {
      const gap = fc.oneof(
        fc.constantFrom(0, 0, 0, 0, 1000, HOUR, HOUR - 1, 8 * HOUR - 1, DAY - 8 * HOUR, DAY - 1, DAY),
        fc.nat(2 * HOUR),
      );
      const attempt = fc.record({ gap, short: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(attempt, { minLength: 5, maxLength: 90 }), async (attempts) => {
          const recipient = newRecipient();
          const history: Failure[] = [];
          for (const { gap, short } of attempts) {
            clock.advance(gap);
            await fail(recipient, 1, short ? 4 : 6);
            history.push({ at: clock.now(), short });
            const shorts = history.filter((one) => one.short);
            const until = Math.max(endOf(history, 20), endOf(shorts, 5));
            const { blockedUntil } = await block.standing(PARTITION, [recipient]);
            expect(blockedUntil?.getTime() ?? 0).toBe(until > clock.now() ? until : 0);
          }
        }),
        { numRuns: engine === 'embedded' ? 40 : 4 },
      );
    });
  });
});
