import { describe, expect, it } from 'vitest';
import { readRecipient } from '../../../server/domain/recipients.js';
import { evaluateLists } from '../../../server/guard/evaluateRules.js';
import { defaultsOf } from '../../../server/guard/settings.js';
import { eachEngine } from '../../support/engines.js';
import { guardAdmin } from './support/guardAdmin.js';

const read = (phone: string) => readRecipient('sms', phone)!;

describe('the type of a number', () => {
  it.each([
    ['+573001234542', 'MOBILE'],
    ['+16502530000', 'FIXED_LINE_OR_MOBILE'],
    ['+442087599036', 'FIXED_LINE'],
    ['+19005551234', 'PREMIUM_RATE'],
    ['+449098790879', 'PREMIUM_RATE'],
    ['+33899123456', 'PREMIUM_RATE'],
    ['+448431234567', 'PREMIUM_RATE'],
    ['+33810123456', 'SHARED_COST'],
    ['+498001234567', 'TOLL_FREE'],
    ['+4916412345678', 'PAGER'],
    ['+447640123456', 'PAGER'],
    ['+41860123456789', 'VOICEMAIL'],
    ['+870773111632', 'SATELLITE'],
    ['+8816312345678', 'SATELLITE'],
    ['+882123456789', 'SATELLITE'],
    ['+883510012345678', 'SATELLITE'],
    ['+80012345678', 'UIFN'],
    ['+80812345678', 'UIFN'],
    ['+979123456789', 'UIFN'],
  ])('of %s is %s', (phone, type) => expect(read(phone).numberType).toBe(type));

  it.each(['PREMIUM_RATE', 'SHARED_COST', 'UIFN', 'SATELLITE', 'PAGER', 'VOICEMAIL'] as const)(
    'K13 %s is refused in production by default, and in development is not',
    (numberType) => {
      const phone = { country: 'CO', numberType };
      expect(evaluateLists(defaultsOf('production'), phone)).toEqual([{ rule: 'number-type' }]);
      expect(evaluateLists(defaultsOf('development'), phone)).toEqual([]);
    },
  );

  it.each([
    'MOBILE',
    'FIXED_LINE',
    'FIXED_LINE_OR_MOBILE',
    'VOIP',
    'PERSONAL',
    'TOLL_FREE',
    'UAN',
    undefined,
  ] as const)('K13 %s is not refused by default', (numberType) => {
    const phone = { country: 'CO', ...(numberType && { numberType }) };
    expect(evaluateLists(defaultsOf('production'), phone)).toEqual([]);
  });
});

eachEngine((engine) => {
  const { tenant, update, get, send, check, refused } = guardAdmin(engine);

  describe('a workspace that refuses types of numbers', () => {
    it('K13 sends nothing to them, says which rule it was, and takes no message from others', async () => {
      const admin = await tenant();
      await update(
        admin,
        { numberTypeBlock: ['NUMBER_TYPE_PREMIUM_RATE', 'NUMBER_TYPE_SATELLITE'] },
        'numberTypeBlock',
      );
      expect(await get(admin)).toMatchObject({
        numberTypeBlock: ['NUMBER_TYPE_PREMIUM_RATE', 'NUMBER_TYPE_SATELLITE'],
      });
      for (const sms of ['+19005551234', '+449098790879', '+8816312345678'])
        expect(await send(admin, { sms })).toMatchObject({ reason: 'SEND_REFUSED' });
      expect((await send(admin, { sms: '+573001234542' })).reason).toBeUndefined();
      const { refusedSends } = await refused(admin, {});
      const row = (numberType: string) =>
        expect.objectContaining({
          rules: ['GUARD_RULE_NUMBER_TYPE'],
          recipients: [expect.objectContaining({ numberType })],
        });
      // Refusals of the same hour have no order.
      expect(refusedSends).toEqual(
        expect.arrayContaining([row('NUMBER_TYPE_PREMIUM_RATE'), row('NUMBER_TYPE_SATELLITE')]),
      );
      expect((await check(admin, '+870773111632')).body).toMatchObject({
        rules: ['GUARD_RULE_NUMBER_TYPE'],
        recipient: { numberType: 'NUMBER_TYPE_SATELLITE' },
      });
    });

    it('K13 that clears the list has the default again', async () => {
      const admin = await tenant();
      await update(admin, { numberTypeBlock: ['NUMBER_TYPE_VOIP'] }, 'numberTypeBlock');
      await update(admin, {}, 'numberTypeBlock');
      expect((await get(admin)).numberTypeBlock ?? []).toEqual([]);
    });
  });
});
