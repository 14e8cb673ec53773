import { describe, expect, it } from 'vitest';
import { eachEngine } from '../../support/engines.js';
import { keyOf } from '../../support/tenant.js';
import { guardAdmin, SERVICE } from './support/guardAdmin.js';

eachEngine((engine) => {
  const { two, workspace, tenant, operator, update, send, refused } = guardAdmin(engine);

  describe('refused sends', () => {
    const one = (last: number, rule: string) => ({
      id: expect.stringMatching(/^\d+\.[0-9a-f]{24}$/),
      at: expect.any(String),
      client: expect.any(String),
      rules: [`GUARD_RULE_${rule}`],
      recipients: [
        {
          channel: 'CHANNEL_SMS',
          maskedRecipient: `+57 300 *** ** 0${last}`,
          country: 'CO',
          numberType: expect.any(String),
          prefix: expect.any(String),
          fingerprint: expect.any(String),
        },
      ],
    });

    it('are listed newest first, by pages, each once, with all their rules', async () => {
      const admin = await tenant();
      await update(admin, { countryBlock: ['CO', 'CL'] }, 'countryBlock');
      for (let n = 1; n <= 5; n++) {
        const { status, reason, headers } = await send(admin, { sms: `+57300111000${n}` });
        expect([status, reason, headers.get('retry-after')]).toEqual([403, 'SEND_REFUSED', null]);
        two.clock.advance(1_000);
      }
      const seen: unknown[] = [];
      let pageToken = '';
      do {
        const { refusedSends, nextPageToken = '' } = await refused(admin, { pageSize: 2, pageToken });
        seen.push(...refusedSends);
        pageToken = nextPageToken;
      } while (pageToken);
      expect(seen).toEqual([5, 4, 3, 2, 1].map((n) => one(n, 'COUNTRY_BLOCKED')));
      expect((await refused(admin, { pageSize: 5 })).nextPageToken).toBeUndefined();
      const [newest, ...others] = seen as ReturnType<typeof one>[];
      expect(Date.parse(newest!.at)).toBe(two.clock.now() - 1_000);
      expect(others.every(({ recipients }) => recipients[0]!.prefix === newest!.recipients[0]!.prefix)).toBe(
        true,
      );
      expect(new Set(seen.map((each) => (each as typeof newest)!.recipients[0]!.fingerprint)).size).toBe(5);

      const both = { sms: '+573001110001', whatsapp: '+56221234567', email: 'a@example.com' };
      await update(admin, { countryAllow: ['CO'] }, 'countryAllow');
      expect((await send(admin, both)).reason).toBe('SEND_REFUSED');
      const { refusedSends } = await refused(admin, { pageSize: 2 });
      const rules = ['GUARD_RULE_COUNTRY_BLOCKED', 'GUARD_RULE_COUNTRY_NOT_ALLOWED'];
      expect(refusedSends.map((each: { rules: string[] }) => each.rules)).toEqual([rules, rules]);
      const recipients = refusedSends.map((each: { recipients: object[] }) => each.recipients[0]);
      expect(recipients).toHaveLength(2);
      expect(recipients).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ channel: 'CHANNEL_SMS', country: 'CO' }),
          expect.objectContaining({ channel: 'CHANNEL_WHATSAPP', country: 'CL' }),
        ]),
      );
      const all = JSON.stringify(await two.here.documents.collection('refusalCounts').find({}).toArray());
      expect(all).toContain('country-blocked');
      for (const secret of ['3001110001', '221234567', 'a@example.com']) {
        expect(all).not.toContain(secret);
        expect(two.here.logged()).not.toContain(secret);
      }
    });

    it('are resends too, which count as sends; e-mail is not counted', async () => {
      const admin = await tenant();
      await update(admin, { prefixVelocity: { max: 2 } }, 'prefixVelocity');
      const { body } = await send(admin, { sms: '+573001110001', email: `r.${workspace()}@example.com` });
      const sessionId = body.session.id;
      const resend = (channels: string[]) => admin('otp.v1.OtpService/Resend', { sessionId, channels });
      two.clock.advance(30_000);
      expect((await resend(['CHANNEL_SMS'])).status).toBe(200);
      two.clock.advance(30_000);
      expect((await resend(['CHANNEL_SMS'])).reason).toBe('SEND_REFUSED');
      expect((await refused(admin)).refusedSends).toMatchObject([
        { sessionId, rules: ['GUARD_RULE_PREFIX_VELOCITY'], recipients: [{ channel: 'CHANNEL_SMS' }] },
      ]);
      expect((await resend(['CHANNEL_EMAIL'])).status).toBe(200);
    });

    it('have none of the sandbox, which no rule holds for', async () => {
      const admin = await tenant();
      const tester = await keyOf(two.here, workspace(), ['admin', 'otp.send'], 'MODE_TEST');
      await update(admin, { countryBlock: ['CO'] }, 'countryBlock');
      expect((await send(tester, { sms: '+573001110001' })).status).toBe(200);
      const sandbox = { recipients: { sms: '+573001110001' }, sandbox: true };
      expect((await admin('otp.v1.OtpService/Send', sandbox)).status).toBe(200);
      expect((await send(admin, { sms: '+573001110001' })).reason).toBe('SEND_REFUSED');
      expect((await refused(admin)).refusedSends).toHaveLength(1);
      expect(await refused(tester)).toEqual({});
      const elsewhere = { workspace: workspace(), mode: 'MODE_TEST' };
      expect(await refused(operator, elsewhere)).toEqual({});
      expect((await admin(`${SERVICE}/ListRefusedSends`, { mode: 'MODE_TEST' })).reason).toBe(
        'PERMISSION_DENIED',
      );
      expect((await admin(`${SERVICE}/ListRefusedSends`, { pageSize: 101 })).fields).toEqual(['page_size']);
      expect((await admin(`${SERVICE}/ListRefusedSends`, { pageToken: '!' })).fields).toEqual(['page_token']);
    });
  });
});
