import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.SponsorService';
const DAY = 24 * 3_600_000;
const sent = (result: string) => `IMPORT_RESULT_${result}`;

eachEngine((engine) => {
  let service: TestService;
  let operator: ReturnType<typeof connectJson>;
  beforeAll(async () => {
    service = await startService({ documents: await engine.open() });
    operator = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(() => service.stop());

  let tenants = 0;
  /** A workspace with one sponsor. */
  async function tenant() {
    const workspace = `acme-${++tenants}`;
    const admin = await keyOf(service, workspace);
    const sponsor = { slug: 'clinic', displayName: 'Clinic', channels: ['CHANNEL_SMS'] };
    await admin(`${SERVICE}/CreateSponsor`, { sponsor });
    const call = (rows: readonly object[], more = {}) =>
      admin(`${SERVICE}/ImportBeneficiaries`, { sponsorSlug: 'clinic', beneficiaries: rows, ...more });
    return {
      admin,
      workspace,
      call,
      imported: async (rows: readonly object[], more = {}) => {
        const { status, body } = await call(rows, more);
        expect(status, JSON.stringify(body)).toBe(200);
        return body.results;
      },
      onFile: async () => {
        const { body } = await admin(`${SERVICE}/ListBeneficiaries`, {
          sponsorSlug: 'clinic',
          pageSize: 100,
        });
        return body.beneficiaries ?? [];
      },
    };
  }
  const ana = { beneficiaryId: 'ana', phone: '+57 300 123 4501', email: 'ana@example.com' };
  const ben = { beneficiaryId: 'ben', phone: '+573001234502' };

  describe('an import of beneficiaries', () => {
    it('puts people on file and changes them, and importing again changes nothing', async () => {
      const { imported, onFile } = await tenant();
      expect(await imported([ana, ben])).toEqual([
        { beneficiaryId: 'ana', result: sent('CREATED') },
        { beneficiaryId: 'ben', result: sent('CREATED') },
      ]);
      const before = await onFile();
      expect((await imported([{ ...ana, phone: '+573001234501' }, ben])).map(resultOf)).toEqual([
        sent('UNCHANGED'),
        sent('UNCHANGED'),
      ]);
      expect(await onFile()).toEqual(before);
      // What a row leaves out stays on file.
      expect(await imported([{ beneficiaryId: 'ana', phone: '+573001234577' }])).toEqual([
        { beneficiaryId: 'ana', result: sent('UPDATED') },
      ]);
      expect((await onFile())[0]).toMatchObject({
        maskedPhone: '+57 300 *** ** 77',
        maskedEmail: before[0].maskedEmail,
        createdAt: before[0].createdAt,
      });
    });

    it('names the fault of each row that has one, and takes the others', async () => {
      const { imported, onFile } = await tenant();
      const rows = [
        { beneficiaryId: 'one', phone: '12' },
        { beneficiaryId: 'two', email: 'nobody' },
        ana,
        { phone: '+573001234502' },
        { ...ben, beneficiaryId: 'carl', sponsorSlug: 'other' },
        { ...ana, phone: '+573001234509' },
        { beneficiaryId: 'x'.repeat(129) },
        ben,
      ];
      expect((await imported(rows)).map(faultOf)).toEqual([
        'INVALID_RECIPIENT phone',
        'INVALID_RECIPIENT email',
        'CREATED',
        'INVALID_REQUEST beneficiary_id',
        'INVALID_REQUEST sponsor_slug',
        'INVALID_REQUEST beneficiary_id',
        'INVALID_REQUEST beneficiary_id',
        'CREATED',
      ]);
      expect((await onFile()).map(({ beneficiaryId }: { beneficiaryId: string }) => beneficiaryId)).toEqual([
        'ana',
        'ben',
      ]);
      expect(service.logged()).not.toMatch(/3001234501|ana@example/);
    });

    it('only checks the rows in a dry run, and says what would happen', async () => {
      const { imported, onFile } = await tenant();
      await imported([ana]);
      const before = await onFile();
      const rows = [ana, { ...ana, beneficiaryId: 'new' }, { beneficiaryId: 'bad', phone: 'x' }];
      const dry = await imported(rows, { dryRun: true });
      expect(dry.map(faultOf)).toEqual(['UNCHANGED', 'CREATED', 'INVALID_RECIPIENT phone']);
      expect(await onFile()).toEqual(before);
      expect(await imported(rows)).toEqual(dry);
    });

    it('responds to a repeated request id as before, for a day, and refuses another request under it', async () => {
      const { imported, call } = await tenant();
      const once = { requestId: 'import-1' };
      const first = await imported([ana], once);
      expect(first.map(faultOf)).toEqual(['CREATED']);
      expect(await imported([ana], once)).toEqual(first);
      expect((await call([ben], once)).reason).toBe('IDEMPOTENCY_CONFLICT');
      service.clock.advance(DAY + 1);
      expect((await imported([ana], once)).map(faultOf)).toEqual(['UNCHANGED']);
    });

    it('takes 200 rows and no more, at once with others of the same people', async () => {
      const { imported, call, onFile } = await tenant();
      const rows = Array.from({ length: 200 }, (_, n) => ({
        beneficiaryId: `p-${String(n).padStart(3, '0')}`,
        phone: `+57300200${String(n).padStart(4, '0')}`,
      }));
      const both = await Promise.all([imported(rows), imported(rows)]);
      for (const [n] of rows.entries()) {
        const results = both.map((one) => faultOf(one[n])).sort();
        expect(results).toEqual(['CREATED', 'UNCHANGED']);
      }
      expect(await onFile()).toHaveLength(100);
      const { reason, fields } = await call([...rows, ana]);
      expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: ['beneficiaries'] });
      expect((await call([])).fields).toEqual(['beneficiaries']);
    });

    it('needs a sponsor of the own workspace and a live key, and is audited', async () => {
      const { workspace, call, admin } = await tenant();
      expect((await call([ana], { sponsorSlug: 'none-such' })).reason).toBe('NOT_FOUND');
      const stranger = await keyOf(service, 'stranger');
      const request = { workspace, sponsorSlug: 'clinic', beneficiaries: [ana] };
      expect((await stranger(`${SERVICE}/ImportBeneficiaries`, request)).reason).toBe('PERMISSION_DENIED');
      const tester = await keyOf(service, workspace, ['admin'], 'MODE_TEST');
      const { workspace: _own, ...own } = request;
      expect((await tester(`${SERVICE}/ImportBeneficiaries`, own)).reason).toBe('PERMISSION_DENIED');
      expect((await operator(`${SERVICE}/ImportBeneficiaries`, request)).status).toBe(200);
      const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', {});
      expect(body.entries[0]).toMatchObject({ resource: 'sponsors/clinic/beneficiaries' });
    });
  });
});

const resultOf = ({ result }: { result: string }) => result;
const faultOf = ({ result, error, field }: { result: string; error?: string; field?: string }) =>
  error ? `${error} ${field}` : result.slice('IMPORT_RESULT_'.length);
