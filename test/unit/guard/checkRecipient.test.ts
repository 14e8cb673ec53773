import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { guardAdmin } from './support/guardAdmin.js';

eachEngine((engine) => {
  const { two, workspace, tenant, operator, update, send, check, refused } = guardAdmin(engine);

  describe('a number that is checked', () => {
    it('gets the rules that would refuse it, and how many of its prefix were verified, and is not counted', async () => {
      const admin = await tenant();
      const rules = {
        countryBlock: ['CL'],
        prefixVelocity: { max: 2 },
        approvalRate: { minSends: 3, minPercent: 40 },
      };
      await update(admin, rules, 'countryBlock,prefixVelocity,approvalRate');
      const [first, second] = [
        await send(admin, { sms: '+573001110001' }),
        await send(admin, { whatsapp: '+573001110002' }),
      ];
      for (let n = 0; n < 3; n++) {
        const { body } = await check(admin, '+57 300 111-0003');
        expect(body).toEqual({
          recipient: {
            channel: 'CHANNEL_SMS',
            maskedRecipient: '+57 300 *** ** 03',
            country: 'CO',
            numberType: 'NUMBER_TYPE_MOBILE',
            prefix: expect.stringMatching(/^[\w-]{43}$/),
            fingerprint: expect.stringMatching(/^[\w-]{43}$/),
          },
          rules: ['GUARD_RULE_PREFIX_VELOCITY'],
          prefixSends: 2,
        });
      }
      const sessionId = first.body.session.id;
      const code = await deliveredCode(two.here, sessionId, 'sms');
      expect((await admin('otp.v1.OtpService/Verify', { sessionId, code })).status).toBe(200);
      await eventually(async () => (await check(admin, '+573001110003')).body.prefixApprovals === 1);
      // Once it was entered is once.
      expect((await check(admin, '+573001110003')).body).toMatchObject({
        prefixSends: 2,
        prefixApprovals: 1,
      });
      expect(second.status).toBe(200);

      expect((await check(admin, '+573001120001')).body).not.toHaveProperty('rules');
      expect((await check(admin, '+56221234567')).body.rules).toEqual(['GUARD_RULE_COUNTRY_BLOCKED']);
      expect((await refused(admin)).refusedSends).toBeUndefined();
    });

    it('has the price of its channel', async () => {
      const admin = await tenant();
      const wallet = { prices: { smsMicros: 100, whatsappMicros: 101 } };
      await operator('otp.admin.v1.WalletService/UpdateWallet', {
        workspace: workspace(),
        wallet,
        updateMask: 'prices',
      });
      await update(admin, { dailyCeiling: { spendMicros: 100 } }, 'dailyCeiling');
      expect((await check(admin, '+573001110003')).body.rules).toBeUndefined();
      const whatsapp = await check(admin, '+573001110003', { channel: 'CHANNEL_WHATSAPP' });
      expect(whatsapp.body.rules).toEqual(['GUARD_RULE_DAILY_SPEND']);
    });

    it('is a phone number in full', async () => {
      const admin = await tenant();
      for (const recipient of ['3001234542', 'other@example.com', '+57 300 *** ** 42']) {
        const { reason, fields } = await check(admin, recipient);
        expect({ reason, fields }).toEqual({ reason: 'INVALID_RECIPIENT', fields: ['recipient'] });
      }
      expect((await check(admin, '')).fields).toEqual(['recipient']);
      expect((await check(admin, '+573001234542', { channel: 'CHANNEL_EMAIL' })).fields).toEqual(['channel']);
    });
  });
});
