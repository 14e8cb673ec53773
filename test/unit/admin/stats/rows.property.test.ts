import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createAdder, type Dimension, type Grouping } from '../../../../server/admin/stats/rows.js';
import { COUNTS, type Count, type StoredStats } from '../../../../server/admin/stats/stored.js';
import { DAY_MS, HOUR_MS } from '../../../../server/platform/durations.js';

const DIMENSIONS = ['channel', 'country', 'provider'] as const;
const START = Date.UTC(2030, 0, 15);
/** One message: where it went, when, and what became of it. */
const message = fc.record({
  channel: fc.constantFrom('sms' as const, 'whatsapp' as const, 'email' as const),
  country: fc.constantFrom('', 'CO', '+881'),
  hour: fc.nat({ max: 50 }),
  /** Empty: under way. */
  provider: fc.constantFrom('', 'twilio', 'vonage'),
  approved: fc.boolean(),
});
type Message = typeof message extends fc.Arbitrary<infer T> ? T : never;

const document = ({ channel, country, hour }: Message, provider: string, counts: object): StoredStats =>
  ({
    _id: '',
    channel,
    country,
    provider,
    at: new Date(START + hour * HOUR_MS),
    purgeAt: new Date(0),
    ...counts,
  }) as StoredStats;
/** As they are counted: a message when it is sent, its outcome with its provider. */
const documentsOf = (messages: readonly Message[]) =>
  messages.flatMap((one) => [
    document(one, '', { sends: 1, spendMicros: 7 }),
    ...(one.provider ? [document(one, one.provider, { settled: 1, accepted: 1 })] : []),
    ...(one.approved ? [document(one, one.provider, { approvals: 1 })] : []),
  ]);

const groupings = fc.record({
  by: fc.subarray([...DIMENSIONS]).map((names): ReadonlySet<Dimension> => new Set(names)),
  startOf: fc.constantFrom<Grouping['startOf']>(
    () => 0,
    ({ at }) => at.getTime(),
    ({ at }) => at.getTime() - (at.getTime() % DAY_MS),
  ),
  ofOneProvider: fc.constant(false),
});
const rowsOf = (grouping: Grouping, messages: readonly Message[]) => {
  const adder = createAdder(grouping);
  for (const one of documentsOf(messages)) adder.add(one, 'acme');
  return adder.rows();
};

describe('rows', () => {
  test.prop([groupings, fc.array(message, { maxLength: 60 })])(
    'add up to everything, however they are split',
    (grouping, messages) => {
      const rows = rowsOf(grouping, messages);
      const sum = (name: Count) => rows.reduce((total, { counts }) => total + counts[name], 0);
      expect(sum('sends')).toBe(messages.length);
      expect(sum('accepted')).toBe(messages.filter(({ provider }) => provider).length);
      expect(sum('approvals')).toBe(messages.filter(({ approved }) => approved).length);
      expect(sum('spendMicros')).toBe(7 * messages.length);
      for (const { counts } of rows)
        for (const name of COUNTS) expect(counts[name]).toBeGreaterThanOrEqual(0);
    },
  );

  test.prop([groupings, fc.array(message, { maxLength: 60 })])(
    'hold what was sent to their group, each once and in order',
    (grouping, messages) => {
      const rows = rowsOf(grouping, messages);
      const keys = rows.map(({ start, channel, country, provider }) => [start, channel, country, provider]);
      expect(keys).toEqual([...new Map(keys.map((key) => [JSON.stringify(key), key])).values()]);
      for (const row of rows) {
        const mine = messages.filter(
          (one) =>
            DIMENSIONS.every((name) => !grouping.by.has(name) || one[name] === row[name]) &&
            grouping.startOf(document(one, '', {})) === row.start,
        );
        expect(row.counts.sends).toBe(mine.length);
      }
      const sorted = [...keys].sort((a, b) => {
        const at = a.findIndex((part, n) => part !== b[n]);
        return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
      });
      expect(keys).toEqual(sorted);
    },
  );

  it('are split by workspace and by the value of a part, in this order', () => {
    const adder = createAdder({
      by: new Set(['workspace', 'value']),
      startOf: () => 0,
      ofOneProvider: false,
    });
    const one = { channel: 'sms', country: 'CO', hour: 0, provider: '', approved: false } as const;
    for (const workspace of ['b', 'a'])
      for (const value of ['y', 'x', 'y']) {
        adder.add({ ...document(one, '', { sends: 1, times: { approval: { b1: 1 } } }), value }, workspace);
      }
    const rows = adder
      .rows()
      .map(({ workspace, value, counts, times }) => [workspace, value, counts.sends, times.approval?.count]);
    expect(rows).toEqual([
      ['a', 'x', 1, 1],
      ['a', 'y', 2, 2],
      ['b', 'x', 1, 1],
      ['b', 'y', 2, 2],
    ]);
  });

  it('of one provider hold what it accepted, split by it or not', () => {
    const one = { channel: 'sms', country: 'CO', hour: 0, provider: 'twilio', approved: true } as const;
    for (const by of [new Set<Dimension>(), new Set<Dimension>(['provider'])]) {
      const adder = createAdder({ by, startOf: () => 0, ofOneProvider: true });
      // Only documents of that provider are added then.
      for (const each of documentsOf([one, one])) if (each.provider) adder.add(each, 'acme');
      expect(adder.rows()).toMatchObject([
        { provider: by.size > 0 ? 'twilio' : '', counts: { sends: 2, accepted: 2, approvals: 2 } },
      ]);
      expect(adder.rows()).toHaveLength(1);
    }
  });
});
