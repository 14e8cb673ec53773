import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { Message, Outcome } from '../../../../server/delivery/provider.js';
import { eventually } from '../../../support/eventually.js';
import { ManualClock } from '../../../support/manualClock.js';
import { ADDRESSES, type Bench, CODE, messageTo, type Subject, withoutVendor } from './subject.js';

/** A whole second of the machine's own time: some of those on the other end know no other. */
const aSecond = () => Math.floor(Date.now() / 1000) * 1000;

/** Signs of every kind, none of which may be lost, doubled or taken for something else. */
const ANY_SIGNS = 'Tu código: 402917 — «Ñandú» 日本 😀 & a+b=c; 100% "of" <it> \\ {{1}} #';

/**
 * What every provider must do with any server: speak as
 * documented, understand every response, end when its signal aborts, and say
 * nothing of the message to anybody else.
 */
export function providerConformance(subject: Subject): void {
  const { channel, misbehaviours, hanging, limits, errors, secrets } = subject;
  let bench: Bench;
  let clock: ManualClock;
  let written: MockInstance[];
  const outcomes: Outcome[] = [];

  beforeEach(async () => {
    clock = new ManualClock(aSecond());
    bench = await subject.start(clock);
    written = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level));
    outcomes.length = 0;
  });
  afterEach(async () => {
    await bench.close();
    // No other host learns anything of the message or the account.
    const all = JSON.stringify([outcomes, written.flatMap(({ mock }) => mock.calls)]);
    // An id of ours is made of nothing secret; one of theirs may be made of anything.
    const said = all.replace(/"vendorId":"[^"]*"/g, '');
    for (const word of [CODE, ADDRESSES[channel], ADDRESSES[channel].slice(1), 'Acme code', ...secrets])
      expect(said).not.toContain(word);
    for (const spy of written) spy.mockRestore();
    expect(bench.complaints).toEqual([]);
  });

  const message = (more: Partial<Message> = {}): Message => ({ ...messageTo(channel, clock.now()), ...more });
  async function send(more: Partial<Message> = {}, signal = new AbortController().signal): Promise<Outcome> {
    const outcome = await bench.provider.send(message(more), signal);
    outcomes.push(outcome);
    return outcome;
  }

  it('says who it is and how long it may take', () => {
    const { name, channels, timeoutMs } = bench.provider;
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(channels).toContain(channel);
    expect(timeoutMs).toBeGreaterThan(0);
    // With the lease that is longer than it, two attempts still fit into the shortest code's life.
    expect(timeoutMs).toBeLessThanOrEqual(20_000);
  });

  it('hands over a message as documented, and keeps the id that it got', async () => {
    const outcome = await send();
    expect(bench.taken).toEqual([expect.objectContaining({ to: ADDRESSES[channel], code: CODE })]);
    expect(outcome).toEqual({ kind: 'accepted', vendorId: bench.ids[0] });
  });

  it('keeps every sign of a text', async () => {
    await send({ text: ANY_SIGNS });
    const [{ text } = {}] = bench.taken;
    if (text !== undefined) expect(text).toBe(ANY_SIGNS);
    else expect(bench.taken).toHaveLength(1);
  });

  it('gives every delivery attempt of one message the same id, where it gives one', async () => {
    await send();
    await send();
    await send({ id: message().id.replace(/1$/, '2') });
    const [first, again, next] = bench.taken.map(({ repeatId }) => repeatId);
    expect(again).toBe(first);
    if (first !== undefined) expect(next).not.toBe(first);
  });

  it('takes many at once, each under an id of its own', async () => {
    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, n) => send({ id: `acme/s${n}/${channel}/1`, sessionId: `s${n}` })),
    );
    const ids = sent.map((outcome) => outcome.kind === 'accepted' && outcome.vendorId);
    expect(new Set(ids)).toEqual(new Set(bench.ids));
    expect(new Set(ids).size).toBe(20);
  });

  if (misbehaviours.length > 0) {
    it.each(misbehaviours)(
      '%s: %j, by one request, and the next message goes through',
      async (how, outcome) => {
        bench.misbehave(how);
        expect(withoutVendor(await send())).toEqual(outcome);
        expect(bench.requests()).toBe(1);
        bench.misbehave(undefined);
        expect(await send()).toMatchObject({ kind: 'accepted', vendorId: bench.ids.at(-1) });
      },
    );

    it('no server there: a retry', async () => {
      await bench.vanish();
      expect(await send()).toEqual({ kind: 'retry', error: 'UNREACHABLE' });
    });
  }

  if (hanging.length > 0) {
    it.each(hanging)('%s: ends with its signal, and its connection with it', async (how) => {
      bench.misbehave(how);
      const limit = new AbortController();
      const outcome = send({}, limit.signal);
      await eventually(() => bench.requests() === 1);
      limit.abort();
      expect(await outcome).toEqual({ kind: 'retry', error: 'TIMEOUT' });
      await eventually(() => bench.open() === 0);
      bench.misbehave(undefined);
      expect(await send()).toMatchObject({ kind: 'accepted' });
    });
  }

  it('sends no request when its signal is aborted beforehand', async () => {
    expect(await send({}, AbortSignal.abort())).toEqual({ kind: 'retry', error: 'TIMEOUT' });
    expect(bench.requests()).toBe(0);
    expect(bench.taken).toEqual([]);
  });

  if (limits.length > 0) {
    it.each(limits)(
      'the limit of $what: taken at it, refused beyond without asking',
      async ({ at, beyond }) => {
        expect(await send(at)).toMatchObject({ kind: 'accepted' });
        expect(await send(beyond)).toEqual({ kind: 'failed', error: 'REFUSED' });
        expect(bench.requests()).toBe(1);
      },
    );
  }

  if (errors.length > 0) {
    describe('an error of the vendor', () => {
      it.each(errors)('$code with $status: $outcome', async (row) => {
        bench.refuse(row);
        expect(withoutVendor(await send())).toEqual(row.outcome);
        bench.refuse(undefined);
        expect(await send()).toMatchObject({ kind: 'accepted' });
      });
    });
  }
}
