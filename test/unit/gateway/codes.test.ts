import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../../support/service.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { type Way, waysInto } from './support/ways.js';

let service: TestService;
let ways: readonly Way[];
beforeAll(async () => {
  service = await startService();
  ways = waysInto(service);
});
beforeEach(() => service.clock.advance(60_000));
afterAll(async () => {
  for (const way of ways) way.close?.();
  await service.stop();
});

const shifted = (zero: number) => (code: string) =>
  code.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

const WRITTEN: readonly (readonly [string, (code: string) => string])[] = [
  ['in two groups', (code) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['with a dash', (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ['with an en dash', (code) => `${code.slice(0, 3)} \u2013 ${code.slice(3)}`],
  ['in Arabic-Indic digits', shifted(0x660)],
  ['in Persian digits', shifted(0x6f0)],
  ['in Bengali digits', shifted(0x9e6)],
  ['in full-width digits', shifted(0xff10)],
  ['with direction marks and a line end', (code) => `\u2066${code}\u2069\r\n`],
  ['with a no-break space', (code) => `\u00a0${code}`],
];

describe('a right code', () => {
  it.each(WRITTEN)('K2 is right %s, over every transport', async (_, write) => {
    for (const way of ways) {
      const id = await way.begin();
      const code = await deliveredCode(service, id, 'sms');
      expect({ way: way.name, ...(await way.check(id, write(code))) }).toMatchObject({
        way: way.name,
        outcome: 'APPROVED',
      });
    }
  });
});

describe('a code of which nothing is left', () => {
  it.each([' ', '-', '\u200b', ' \u2013\r\n'])('K2 is no code and costs no attempt: %j', async (text) => {
    for (const way of ways) {
      const id = await way.begin();
      const before = await way.inspect?.(id);
      const { outcome } = await way.check(id, text);
      expect({ way: way.name, outcome }).not.toMatchObject({ outcome: 'APPROVED' });
      expect({ way: way.name, seen: await way.inspect?.(id) }).toEqual({ way: way.name, seen: before });
      const code = await deliveredCode(service, id, 'sms');
      expect((await way.check(id, code)).outcome).toBe('APPROVED');
    }
  });
});

describe('letters among the digits', () => {
  it('K2 are a wrong code, which costs an attempt', async () => {
    const way = ways.find(({ inspect }) => inspect)!;
    const id = await way.begin();
    const code = await deliveredCode(service, id, 'sms');
    const { attempts } = (await way.inspect!(id))!;
    expect(await way.check(id, `O${code.slice(1)}`)).toEqual({ outcome: 'INVALID_CODE' });
    expect(await way.inspect!(id)).toMatchObject({ attempts: attempts - 1 });
  });
});
