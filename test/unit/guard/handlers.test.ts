import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson, type JsonAnswer } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import type { TestService } from '../../support/service.js';
import { keyOf, newKey } from '../../support/tenant.js';
import { startTwo, type TwoProcesses } from '../../support/twoProcesses.js';
import { deliveredCode } from '../../wire/support/delivered.js';

const SERVICE = 'otp.admin.v1.GuardService';
type Calls = ReturnType<typeof connectJson>;

eachEngine((engine) => {
  let two: TwoProcesses;
  let service: TestService;
  let operator: Calls;
  beforeAll(async () => {
    two = await startTwo(engine);
    service = two.here;
    operator = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(() => two.stop());

  let tenants = 0;
  const tenant = () => keyOf(service, `acme-${++tenants}`);
  const update = (admin: Calls, guard: object, updateMask: string) =>
    admin(`${SERVICE}/UpdateGuard`, { guard, updateMask });
  const get = async (admin: Calls) => (await admin(`${SERVICE}/GetGuard`, {})).body.guard;
  const send = (admin: Calls, recipients: object) => admin('otp.v1.OtpService/Send', { recipients });
  const check = (admin: Calls, recipient: string, more = {}) =>
    admin(`${SERVICE}/CheckRecipient`, { recipient, ...more });
  const refused = async (admin: Calls, more = {}): Promise<JsonAnswer['body']> =>
    (await admin(`${SERVICE}/ListRefusedSends`, more)).body;

  const HOUR = { window: '3600s' };
  const DEFAULTS = {
    prefixVelocity: HOUR,
    countryVelocity: HOUR,
    approvalRate: { minPercent: 5, ...HOUR },
    dailyCeiling: {},
  };

  describe('the rules', () => {
    it('are off in development until they are changed, and what is cleared has its default again', async () => {
      const admin = await tenant();
      expect(await get(admin)).toEqual(DEFAULTS);
      const changed = {
        countryAllow: ['CO', '+1'],
        countryBlock: ['CU'],
        prefixVelocity: { max: 30, window: '600s' },
        countryVelocity: { max: 500, window: '3600s' },
        approvalRate: { minSends: 20, minPercent: 10, window: '1800s' },
        dailyCeiling: { messages: 1_000, spendMicros: '50000000' },
        veto: { url: 'http://127.0.0.1:9/check', timeout: '0.500s', failOpen: true },
      };
      const answer = await update(admin, changed, '*');
      expect(answer.body).toEqual({
        guard: changed,
        vetoSecret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
      });
      expect(await get(admin)).toEqual(changed);
      expect((await update(admin, {}, 'prefixVelocity,veto')).body).toEqual({
        guard: { ...changed, prefixVelocity: HOUR, veto: undefined },
      });
      expect((await update(admin, {}, '*')).body).toEqual({ guard: DEFAULTS });
    });

    it('are changed one by one by the mask, and a window that is left out has its default', async () => {
      const admin = await tenant();
      await update(admin, { countryBlock: ['CU'], dailyCeiling: { messages: 5 } }, 'countryBlock');
      expect(await get(admin)).toEqual({ ...DEFAULTS, countryBlock: ['CU'] });
      await update(admin, { prefixVelocity: { max: 3 } }, 'prefixVelocity');
      expect(await get(admin)).toMatchObject({ countryBlock: ['CU'], prefixVelocity: { max: 3, ...HOUR } });
    });

    it('hold at once where they were changed, and within five seconds in every other process', async () => {
      const admin = await tenant();
      const elsewhere = connectJson(two.there.baseUrl, await newKey(service, `acme-${tenants}`));
      const changes: [object, string, string | undefined][] = [
        [{ countryAllow: ['CL'] }, 'countryAllow', 'COUNTRY_NOT_ALLOWED'],
        [{ countryBlock: ['CO'] }, 'countryAllow,countryBlock', 'COUNTRY_BLOCKED'],
        [{ prefixVelocity: { max: 1 } }, 'countryBlock,prefixVelocity', 'PREFIX_VELOCITY'],
        [{ countryVelocity: { max: 1 } }, 'prefixVelocity,countryVelocity', 'COUNTRY_VELOCITY'],
        [{ approvalRate: { minSends: 1, minPercent: 1 } }, 'countryVelocity,approvalRate', 'APPROVAL_RATE'],
        [{ dailyCeiling: { messages: 1 } }, 'approvalRate,dailyCeiling', 'DAILY_MESSAGES'],
        [{ veto: { url: 'http://127.0.0.1:9/' } }, 'dailyCeiling,veto', 'VETO_UNANSWERED'],
        [{}, 'veto', undefined],
      ];
      let prefixes = 100;
      /** Sends to one prefix: how many answers it takes until a rule refuses, at most two. */
      const until = async (calls: Calls) => {
        // Ids of different processes are in order from one millisecond to the next.
        two.clock.advance(1);
        const prefix = `+57300${++prefixes}`;
        for (const last of ['0001', '0002']) {
          const { reason } = await send(calls, { sms: prefix + last });
          if (reason) return (await refused(admin, { pageSize: 1 })).refusedSends[0].rules;
        }
        return undefined;
      };
      expect(await until(elsewhere)).toBeUndefined();
      for (const [guard, mask, rule] of changes) {
        const expected = rule && [`GUARD_RULE_${rule}`];
        expect((await update(admin, guard, mask)).status).toBe(200);
        expect(await until(admin)).toEqual(expected);
        two.clock.advance(5_000);
        expect(await until(elsewhere)).toEqual(expected);
      }
    });

    it('are read with any key of the workspace’s operators, and changed with live ones', async () => {
      const admin = await tenant();
      const tester = await keyOf(service, `acme-${tenants}`, ['admin'], 'MODE_TEST');
      await update(admin, { countryBlock: ['CU'] }, 'countryBlock');
      expect(await get(tester)).toEqual({ ...DEFAULTS, countryBlock: ['CU'] });
      expect((await update(tester, {}, 'countryBlock')).reason).toBe('PERMISSION_DENIED');
      const sender = await keyOf(service, `acme-${tenants}`, ['otp.send']);
      for (const method of ['GetGuard', 'UpdateGuard', 'CheckRecipient', 'ListRefusedSends'])
        expect(
          (await sender(`${SERVICE}/${method}`, { recipient: '+573001234542', updateMask: '*' })).reason,
        ).toBe('PERMISSION_DENIED');
      const nobody = { workspace: 'nobody', recipient: '+573001234542', updateMask: 'veto' };
      for (const method of ['GetGuard', 'UpdateGuard', 'CheckRecipient'])
        expect((await operator(`${SERVICE}/${method}`, nobody)).reason).toBe('NOT_FOUND');
      const other = await operator(`${SERVICE}/GetGuard`, { workspace: `acme-${tenants}` });
      expect(other.body.guard.countryBlock).toEqual(['CU']);
    });

    it('leave the names of what was changed in the audit, and nothing more', async () => {
      const admin = await tenant();
      await update(
        admin,
        { countryBlock: ['CU'], veto: { url: 'http://127.0.0.1:9/' } },
        'countryBlock,veto',
      );
      await update(admin, { countryBlock: ['XX'] }, 'countryBlock');
      await check(admin, '+573001234542');
      const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', {});
      const method = `${SERVICE}/UpdateGuard`;
      expect(body.entries.slice(0, 2)).toMatchObject([
        { method, fields: ['country_block'], resource: 'guard', outcome: 'INVALID_REQUEST' },
        { method, fields: ['country_block', 'veto'], resource: 'guard', outcome: 'OK' },
      ]);
      expect(JSON.stringify(body)).not.toContain('127.0.0.1:9');
    });
  });

  const countries = (count: number) =>
    Array.from({ length: count }, (_, n) => String.fromCharCode(65 + Math.floor(n / 26), 65 + (n % 26)));
  const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
  const veto = (more: object) => ({ veto: { url: 'http://127.0.0.1:9/', ...more } });
  const long = (length: number) => `http://127.0.0.1/${'x'.repeat(length - 17)}`;

  it.each([
    [{ countryAllow: countries(301) }, 'countryAllow', 'guard.country_allow'],
    [{ countryBlock: countries(301) }, 'countryBlock', 'guard.country_block'],
    [{ countryAllow: ['CO', 'CO'] }, 'countryAllow', 'guard.country_allow'],
    [{ countryAllow: ['CO', 'co'] }, 'countryAllow', 'guard.country_allow[1]'],
    [{ countryAllow: ['CO', 'XX'] }, 'countryAllow', 'guard.country_allow[1]'],
    [{ countryBlock: ['+999'] }, 'countryBlock', 'guard.country_block[0]'],
    [{ prefixVelocity: { max: -1 } }, 'prefixVelocity', 'guard.prefix_velocity.max'],
    [{ prefixVelocity: { max: 1_000_001 } }, 'prefixVelocity', 'guard.prefix_velocity.max'],
    [{ prefixVelocity: { window: '59s' } }, 'prefixVelocity', 'guard.prefix_velocity.window'],
    [{ countryVelocity: { window: '2678401s' } }, 'countryVelocity', 'guard.country_velocity.window'],
    [{ countryVelocity: { window: '60.5s' } }, 'countryVelocity', 'guard.country_velocity.window'],
    [{ approvalRate: { minSends: 1_000_001 } }, 'approvalRate', 'guard.approval_rate.min_sends'],
    [{ approvalRate: { minPercent: 101 } }, 'approvalRate', 'guard.approval_rate.min_percent'],
    [{ approvalRate: { minPercent: -1 } }, 'approvalRate', 'guard.approval_rate.min_percent'],
    [{ approvalRate: { window: '61.001s' } }, 'approvalRate', 'guard.approval_rate.window'],
    [{ dailyCeiling: { messages: 1_000_000_001 } }, 'dailyCeiling', 'guard.daily_ceiling.messages'],
    [
      { dailyCeiling: { spendMicros: '1000000000000001' } },
      'dailyCeiling',
      'guard.daily_ceiling.spend_micros',
    ],
    [{ dailyCeiling: { spendMicros: -1 } }, 'dailyCeiling', 'guard.daily_ceiling.spend_micros'],
    [veto({ url: 'ftp://127.0.0.1/' }), 'veto', 'guard.veto.url'],
    [veto({ url: 'http://me:secret@127.0.0.1/' }), 'veto', 'guard.veto.url'],
    [veto({ url: long(2_049) }), 'veto', 'guard.veto.url'],
    [veto({ secret: secret(23) }), 'veto', 'guard.veto.secret'],
    [veto({ secret: secret(65) }), 'veto', 'guard.veto.secret'],
    // No base64 has a length of one more than a multiple of four.
    [veto({ secret: `${secret(24)}A` }), 'veto', 'guard.veto.secret'],
    [veto({ secret: Buffer.alloc(32).toString('base64') }), 'veto', 'guard.veto.secret'],
    [veto({ timeout: '0.099s' }), 'veto', 'guard.veto.timeout'],
    [veto({ timeout: '5.001s' }), 'veto', 'guard.veto.timeout'],
    [{ countryAllow: ['CO'] }, 'countries', 'update_mask'],
  ])('%j is refused', async (guard, mask, field) => {
    const admin = await tenant();
    const { reason, fields } = await update(admin, guard, mask);
    expect({ reason, fields: [...new Set(fields)] }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
    expect(await get(admin)).toEqual(DEFAULTS);
  });

  it.each([
    [{ prefixVelocity: { max: 1_000_000, window: '60s' } }, 'prefixVelocity'],
    [{ countryVelocity: { max: 1, window: '2678400s' } }, 'countryVelocity'],
    [{ approvalRate: { minSends: 1_000_000, minPercent: 100, window: '61s' } }, 'approvalRate'],
    [{ dailyCeiling: { messages: 1_000_000_000, spendMicros: '1000000000000000' } }, 'dailyCeiling'],
    [veto({ timeout: '0.100s' }), 'veto'],
    [veto({ timeout: '5s' }), 'veto'],
    [veto({ url: long(2_048), timeout: '1s' }), 'veto'],
  ])('%j is taken', async (guard, mask) => {
    const admin = await tenant();
    expect((await update(admin, guard, mask)).status).toBe(200);
    expect(await get(admin)).toEqual({ ...DEFAULTS, ...guard });
  });

  it('the veto has the secret it is given, or one that is shown once, and keeps it until another is given', async () => {
    const admin = await tenant();
    const stored = async () =>
      (await service.documents.collection<{ _id: string; veto?: { secret: string } }>('guards').findOne({
        _id: `acme-${tenants}`,
      }))!.veto?.secret;
    const first = await update(admin, veto({}), 'veto');
    expect(first.body.vetoSecret).toMatch(/^whsec_/);
    const sealed = await stored();
    expect(sealed).not.toContain(first.body.vetoSecret.slice('whsec_'.length));
    expect((await update(admin, veto({ failOpen: true }), 'veto')).body.vetoSecret).toBeUndefined();
    expect(await stored()).toBe(sealed);
    for (const bytes of [24, 64]) {
      const own = await update(admin, veto({ secret: secret(bytes) }), 'veto');
      expect(own.status).toBe(200);
      expect(JSON.stringify(own.body)).not.toContain(secret(bytes));
      expect(await stored()).not.toBe(sealed);
    }
    await update(admin, veto({ url: '' }), 'veto');
    expect(await stored()).toBeUndefined();
    const again = await update(admin, veto({}), 'veto');
    expect(again.body.vetoSecret).toMatch(/^whsec_/);
    expect(again.body.vetoSecret).not.toBe(first.body.vetoSecret);
    const everything = JSON.stringify(await service.documents.collection('guards').find({}).toArray());
    for (const shown of [first.body.vetoSecret, secret(24), secret(64)]) {
      expect(everything).not.toContain(shown.slice('whsec_'.length));
      expect(service.logged()).not.toContain(shown.slice('whsec_'.length));
    }
  });

  describe('a number that is checked', () => {
    it('is told which rules would refuse it, and how many of its prefix were verified, and is not counted', async () => {
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
            prefix: expect.stringMatching(/^[\w-]{43}$/),
            fingerprint: expect.stringMatching(/^[\w-]{43}$/),
          },
          rules: ['GUARD_RULE_PREFIX_VELOCITY'],
          prefixSends: 2,
        });
      }
      const sessionId = first.body.session.id;
      const code = await deliveredCode(service, sessionId, 'sms');
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
        workspace: `acme-${tenants}`,
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
      for (const recipient of ['3001234542', 'somebody@example.com', '+57 300 *** ** 42']) {
        const { reason, fields } = await check(admin, recipient);
        expect({ reason, fields }).toEqual({ reason: 'INVALID_RECIPIENT', fields: ['recipient'] });
      }
      expect((await check(admin, '')).fields).toEqual(['recipient']);
      expect((await check(admin, '+573001234542', { channel: 'CHANNEL_EMAIL' })).fields).toEqual(['channel']);
    });
  });

  describe('refused sends', () => {
    const one = (last: number, rule: string) => ({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: expect.any(String),
      client: expect.any(String),
      rules: [`GUARD_RULE_${rule}`],
      recipients: [
        {
          channel: 'CHANNEL_SMS',
          maskedRecipient: `+57 300 *** ** 0${last}`,
          country: 'CO',
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
      const { refusedSends } = await refused(admin, { pageSize: 1 });
      expect(refusedSends[0].rules).toEqual(['GUARD_RULE_COUNTRY_BLOCKED', 'GUARD_RULE_COUNTRY_NOT_ALLOWED']);
      expect(refusedSends[0].recipients).toMatchObject([
        { channel: 'CHANNEL_SMS', country: 'CO' },
        { channel: 'CHANNEL_WHATSAPP', country: 'CL' },
      ]);
      const all = JSON.stringify(await service.documents.collection('refusals').find({}).toArray());
      for (const secret of ['3001110001', '221234567', 'a@example.com']) {
        expect(all).not.toContain(secret);
        expect(service.logged()).not.toContain(secret);
      }
    });

    it('are resends too, which count as sends; e-mail is not counted', async () => {
      const admin = await tenant();
      await update(admin, { prefixVelocity: { max: 2 } }, 'prefixVelocity');
      const { body } = await send(admin, { sms: '+573001110001', email: `r.${tenants}@example.com` });
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
      const tester = await keyOf(service, `acme-${tenants}`, ['admin', 'otp.send'], 'MODE_TEST');
      await update(admin, { countryBlock: ['CO'] }, 'countryBlock');
      expect((await send(tester, { sms: '+573001110001' })).status).toBe(200);
      const sandbox = { recipients: { sms: '+573001110001' }, sandbox: true };
      expect((await admin('otp.v1.OtpService/Send', sandbox)).status).toBe(200);
      expect((await send(admin, { sms: '+573001110001' })).reason).toBe('SEND_REFUSED');
      expect((await refused(admin)).refusedSends).toHaveLength(1);
      expect(await refused(tester)).toEqual({});
      const elsewhere = { workspace: `acme-${tenants}`, mode: 'MODE_TEST' };
      expect(await refused(operator, elsewhere)).toEqual({});
      expect((await admin(`${SERVICE}/ListRefusedSends`, { mode: 'MODE_TEST' })).reason).toBe(
        'PERMISSION_DENIED',
      );
      expect((await admin(`${SERVICE}/ListRefusedSends`, { pageSize: 101 })).fields).toEqual(['page_size']);
      expect((await admin(`${SERVICE}/ListRefusedSends`, { pageToken: '!' })).fields).toEqual(['page_token']);
    });
  });
});
