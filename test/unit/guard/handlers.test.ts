import { describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { keyOf, newKey } from '../../support/tenant.js';
import { type Calls, DEFAULTS, guardAdmin, HOUR, SERVICE } from './support/guardAdmin.js';

eachEngine((engine) => {
  const { two, workspace, tenant, operator, update, get, send, check, refused } = guardAdmin(engine);

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
        countryApprovalRate: { minSends: 200, minPercent: 3, minPrefixes: 40, window: '900s' },
        dailyCeiling: { messages: 1_000, spendMicros: '50000000' },
        veto: { url: 'http://127.0.0.1:9/check', timeout: '0.500s', failOpen: true },
      };
      const response = await update(admin, changed, '*');
      expect(response.body).toEqual({
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
      const elsewhere = connectJson(two.there.baseUrl, await newKey(two.here, workspace()));
      const changes: [object, string, string | undefined][] = [
        [{ countryAllow: ['CL'] }, 'countryAllow', 'COUNTRY_NOT_ALLOWED'],
        [{ countryBlock: ['CO'] }, 'countryAllow,countryBlock', 'COUNTRY_BLOCKED'],
        [{ prefixVelocity: { max: 1 } }, 'countryBlock,prefixVelocity', 'PREFIX_VELOCITY'],
        [{ countryVelocity: { max: 1 } }, 'prefixVelocity,countryVelocity', 'COUNTRY_VELOCITY'],
        [{ approvalRate: { minSends: 1, minPercent: 1 } }, 'countryVelocity,approvalRate', 'APPROVAL_RATE'],
        [
          { countryApprovalRate: { minSends: 1, minPercent: 1, minPrefixes: 1 } },
          'approvalRate,countryApprovalRate',
          'COUNTRY_APPROVAL_RATE',
        ],
        [{ dailyCeiling: { messages: 1 } }, 'countryApprovalRate,dailyCeiling', 'DAILY_MESSAGES'],
        [{ veto: { url: 'http://127.0.0.1:9/' } }, 'dailyCeiling,veto', 'VETO_UNANSWERED'],
        [{}, 'veto', undefined],
      ];
      let prefixes = 100;
      /** Sends to one prefix: how many responses it takes until a rule refuses, at most two. */
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
      const tester = await keyOf(two.here, workspace(), ['admin'], 'MODE_TEST');
      await update(admin, { countryBlock: ['CU'] }, 'countryBlock');
      expect(await get(tester)).toEqual({ ...DEFAULTS, countryBlock: ['CU'] });
      expect((await update(tester, {}, 'countryBlock')).reason).toBe('PERMISSION_DENIED');
      const sender = await keyOf(two.here, workspace(), ['otp.send']);
      const requests: [method: string, request: object][] = [
        ['GetGuard', {}],
        ['UpdateGuard', { updateMask: 'veto' }],
        ['CheckRecipient', { recipient: '+573001234542' }],
        ['ListRefusedSends', {}],
      ];
      for (const [method, request] of requests) {
        expect((await sender(`${SERVICE}/${method}`, request)).reason).toBe('PERMISSION_DENIED');
        const elsewhere = await operator(`${SERVICE}/${method}`, { ...request, workspace: 'unknown' });
        if (method !== 'ListRefusedSends') expect(elsewhere.reason).toBe('NOT_FOUND');
      }
      const other = await operator(`${SERVICE}/GetGuard`, { workspace: workspace() });
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
    [
      { countryApprovalRate: { minPrefixes: 100_001 } },
      'countryApprovalRate',
      'guard.country_approval_rate.min_prefixes',
    ],
    [
      { countryApprovalRate: { window: '61.001s' } },
      'countryApprovalRate',
      'guard.country_approval_rate.window',
    ],
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
      (await two.here.documents.collection<{ _id: string; veto?: { secret: string } }>('guards').findOne({
        _id: workspace(),
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
    const everything = JSON.stringify(await two.here.documents.collection('guards').find({}).toArray());
    for (const shown of [first.body.vetoSecret, secret(24), secret(64)]) {
      expect(everything).not.toContain(shown.slice('whsec_'.length));
      expect(two.here.logged()).not.toContain(shown.slice('whsec_'.length));
    }
  });
});
