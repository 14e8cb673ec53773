import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configurationSchema } from '../../../../tools/docs/configurationSchema.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.ConfigurationService';
type Calls = ReturnType<typeof connectJson>;

const exported = async (call: Calls, workspace = '-'): Promise<string> => {
  const { status, body } = await call(`${SERVICE}/ExportConfiguration`, { workspace });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.document;
};
const apply = async (call: Calls, document: string, more: object = {}) => {
  const { status, body } = await call(`${SERVICE}/ApplyConfiguration`, { document, ...more });
  expect(status, JSON.stringify(body)).toBe(200);
  return (body.changes ?? []) as { resource: string; action: string; applied?: boolean; error?: string }[];
};
const resourcesOf = (changes: readonly { resource: string; action: string }[]) =>
  changes.map(({ resource, action }) => `${action.replace('CONFIGURATION_ACTION_', '')} ${resource}`);

/** Fills a deployment with something of everything, in two workspaces. */
async function fill(call: Calls): Promise<void> {
  const admin = async (method: string, request: object) => {
    const { status, body } = await call(`otp.admin.v1.${method}`, request);
    expect(status, `${method} ${JSON.stringify(body)}`).toBe(200);
  };
  for (const name of ['acme', 'globex'])
    await admin('WorkspaceService/CreateWorkspace', { workspace: { name } });
  const workspace = 'acme';
  await admin('WorkspaceService/UpdateWorkspace', {
    workspace: {
      name: workspace,
      brand: 'Acme & Søn',
      locale: 'es-CO',
      allowedOrigins: ['https://b.example', 'https://a.example'],
      routes: [{ channel: 'CHANNEL_SMS', providers: ['inbox'] }],
      assurance: 'ASSURANCE_PSD2',
    },
    updateMask: 'brand,locale,allowedOrigins,routes,assurance',
  });
  await admin('LimitService/UpdateLimit', {
    workspace,
    limit: { rule: 'ip-sends', max: 7, window: '120s' },
    updateMask: 'max,window',
  });
  await admin('GuardService/UpdateGuard', {
    workspace,
    guard: {
      countryBlock: ['KZ', 'GB'],
      approvalRate: { minSends: 12, minPercent: 3 },
      veto: { url: 'https://127.0.0.1:9/veto', timeout: '0.500s' },
    },
    updateMask: 'countryBlock,approvalRate,veto',
  });
  for (const [senderId, isDefault] of [
    ['ACME', false],
    ['ACME2', true],
  ])
    await admin('SenderService/CreateSender', {
      workspace,
      sender: { channel: 'CHANNEL_SMS', senderId, isDefault, displayName: `our ${senderId}` },
    });
  for (const [key, locale, text] of [
    ['otp-sms', 'es', 'Hola {{ code }}'],
    ['otp-sms-transaction', 'en', '{{ code }} {{ amount }} {{ payee }}'],
  ])
    await admin('TemplateService/CreateTemplate', { workspace, template: { key, locale, text } });
  await admin('SponsorService/CreateSponsor', {
    workspace,
    sponsor: {
      slug: 'health',
      displayName: 'Health',
      channels: ['CHANNEL_SMS'],
      rules: [
        { operation: 'DISPENSATION', productTypes: ['MEDICATION'], requirement: 'REQUIREMENT_REQUIRED' },
      ],
      clients: ['client-1'],
    },
  });
  for (const [description, mode] of [
    ['second', 'MODE_LIVE'],
    ['first', 'MODE_LIVE'],
    ['sandbox', 'MODE_TEST'],
  ])
    await admin('WebhookService/CreateWebhookEndpoint', {
      workspace,
      webhookEndpoint: {
        url: 'https://hooks.example.com/otp',
        description,
        mode,
        eventTypes: ['session.approved'],
        disabled: description === 'second',
      },
    });
}

eachEngine((engine) => {
  describe('the configuration as a document', () => {
    let one: TestService;
    let other: TestService;
    let here: Calls;
    let there: Calls;
    let document: string;
    beforeAll(async () => {
      const start = async () => {
        const clock = new ManualClock();
        return startService({ clock, documents: await engine.open({ clock }) });
      };
      [one, other] = [await start(), await start()];
      here = connectJson(one.baseUrl, one.liveKey);
      there = connectJson(other.baseUrl, other.liveKey);
      await fill(here);
      document = await exported(here);
    });
    afterAll(() => Promise.all([one.stop(), other.stop()]));

    it('has sorted keys, and neither secrets nor defaults', () => {
      const read = JSON.parse(document);
      expect(Object.keys(read.workspaces)).toEqual(['acme', 'default', 'globex']);
      expect(read.workspaces.globex).toEqual({});
      const { acme } = read.workspaces;
      expect(Object.keys(acme)).toEqual([
        'guard',
        'limits',
        'senders',
        'settings',
        'sponsors',
        'templates',
        'webhookEndpoints',
      ]);
      expect(acme.guard.veto.secret).toEqual({ set: true });
      expect(acme.limits).toEqual({ 'ip-sends': { max: 7, window: '120s' } });
      expect(Object.keys(acme.senders)).toEqual(['sms/ACME', 'sms/ACME2']);
      expect(Object.keys(acme.webhookEndpoints)).toEqual([
        'live https://hooks.example.com/otp',
        'live https://hooks.example.com/otp #2',
        'test https://hooks.example.com/otp',
      ]);
      expect(document).not.toContain('whsec_');
    });

    it('fits its JSON Schema, which refuses what the document cannot hold', () => {
      const fits = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
        JSON.parse(configurationSchema()),
      );
      const read = JSON.parse(document);
      expect(fits(read), JSON.stringify(fits.errors)).toBe(true);
      read.workspaces.acme.guard.veto.secret = 'whsec_typed';
      expect(fits(read)).toBe(false);
      expect(fits({ version: 1, workspaces: { acme: { keys: {} } } })).toBe(false);
    });

    it('changes nothing where it comes from, and is the same again', async () => {
      expect(await apply(here, document)).toEqual([]);
      expect(await apply(here, document, { prune: true })).toEqual([]);
      expect(await exported(here)).toBe(document);
    });

    it('changes nothing in a dry run, and says what it would change', async () => {
      const before = await exported(there);
      const planned = await apply(there, document, { dryRun: true });
      expect(planned.length).toBeGreaterThan(10);
      expect(planned.every(({ applied }) => !applied)).toBe(true);
      expect(await exported(there)).toBe(before);
    });

    it('applied to an empty deployment is exported byte by byte as it was', async () => {
      const changes = await apply(there, document);
      expect(changes.filter(({ applied }) => !applied)).toEqual([]);
      expect(resourcesOf(changes).slice(0, 2)).toEqual(['CREATE workspaces/acme', 'CREATE limits/ip-sends']);
      expect(await exported(there)).toBe(document);
      expect(await apply(there, document)).toEqual([]);
    });

    it('prunes what it does not mention, says so first, and never a workspace', async () => {
      const kept = JSON.stringify({ version: 1, workspaces: { acme: { senders: { 'sms/ACME': {} } } } });
      const said = await apply(there, kept, { prune: true, dryRun: true });
      expect(resourcesOf(said).sort()).toEqual([
        'DELETE guard',
        'DELETE limits/ip-sends',
        'DELETE senders/sms/ACME2',
        'DELETE sponsors/health',
        'DELETE templates/otp-sms-transaction/en',
        'DELETE templates/otp-sms/es',
        'DELETE webhookEndpoints/live https://hooks.example.com/otp',
        'DELETE webhookEndpoints/live https://hooks.example.com/otp #2',
        'DELETE webhookEndpoints/test https://hooks.example.com/otp',
        'DELETE workspaces/acme',
        'UPDATE senders/sms/ACME',
      ]);
      const done = await apply(there, kept, { prune: true });
      expect(resourcesOf(done)).toEqual(resourcesOf(said));
      expect(done.filter(({ applied }) => !applied)).toEqual([]);
      const left = JSON.parse(await exported(there));
      expect(Object.keys(left.workspaces)).toEqual(['acme', 'default', 'globex']);
      expect(Object.keys(left.workspaces.acme)).toEqual(['senders']);
      expect(Object.keys(left.workspaces.acme.senders)).toEqual(['sms/ACME']);
    });

    it('leaves alone what it does not mention, without prune', async () => {
      await apply(there, document);
      const limits = { 'ip-sends': { max: 9, window: '60s' } };
      const changes = await apply(there, JSON.stringify({ version: 1, workspaces: { acme: { limits } } }));
      expect(changes).toEqual([
        {
          workspace: 'acme',
          resource: 'limits/ip-sends',
          action: 'CONFIGURATION_ACTION_UPDATE',
          fields: [
            { path: 'max', before: '7', after: '9' },
            { path: 'window', before: '"120s"', after: '"60s"' },
          ],
          applied: true,
        },
      ]);
      expect(JSON.parse(await exported(there)).workspaces.acme.sponsors).toBeDefined();
    });

    it('is checked whole before the first change, and every fault is named by its path', async () => {
      const faulty = {
        version: 2,
        more: 1,
        workspaces: {
          'Bad Name': {},
          acme: {
            limits: { 'ip-sends': { max: 'many' } },
            settings: { brand: 'New', colour: 'red' },
            senders: { 'fax/1': {} },
            templates: { 'otp-sms/en': { text: '' } },
            guard: { veto: { url: 'https://a.example', secret: 'whsec_typed' } },
            keys: {},
          },
        },
      };
      const before = await exported(there);
      const { reason, fields } = await there(`${SERVICE}/ApplyConfiguration`, {
        document: JSON.stringify(faulty),
      });
      expect(reason).toBe('INVALID_REQUEST');
      expect([...fields].sort()).toEqual(
        [
          'more',
          'version',
          'workspaces.Bad Name',
          'workspaces.acme.keys',
          'workspaces.acme.limits["ip-sends"].max',
          'workspaces.acme.senders["fax/1"]',
          'workspaces.acme.settings.colour',
          'workspaces.acme.templates["otp-sms/en"].text',
          'workspaces.acme.guard.veto.secret',
        ].sort(),
      );
      expect(await exported(there)).toBe(before);
      const broken = await there(`${SERVICE}/ApplyConfiguration`, { document: 'version: 1' });
      expect(broken.reason).toBe('INVALID_REQUEST');
    });

    it('says how far it got where a change fails, and continues when it is applied again', async () => {
      const templates = { 'otp-sms/de': { text: 'ohne' }, 'otp-sms/fr': { text: 'avec {{ code }}' } };
      const settings = { brand: 'Later' };
      const wanted = (given: object) =>
        JSON.stringify({ version: 1, workspaces: { globex: { settings, templates: given } } });
      const changes = await apply(there, wanted(templates));
      expect(changes.map(({ resource, applied = false, error = '' }) => [resource, applied, error])).toEqual([
        ['workspaces/globex', true, ''],
        ['templates/otp-sms/de', false, 'INVALID_REQUEST'],
        ['templates/otp-sms/fr', false, ''],
      ]);
      const mended = await apply(there, wanted({ ...templates, 'otp-sms/de': { text: 'mit {{ code }}' } }));
      expect(mended.map(({ resource, applied }) => [resource, applied])).toEqual([
        ['templates/otp-sms/de', true],
        ['templates/otp-sms/fr', true],
      ]);
    });

    it('of a workspace is the matter of its admin, and of no other', async () => {
      const admin = await keyOf(one, 'acme', ['admin']);
      expect(JSON.parse(await exported(admin, '')).workspaces).toHaveProperty('acme');
      for (const name of ['globex', 'brand-new']) {
        const foreign = JSON.stringify({ version: 1, workspaces: { [name]: {} } });
        const { reason } = await admin(`${SERVICE}/ApplyConfiguration`, { document: foreign });
        expect(reason).toBe('PERMISSION_DENIED');
        expect((await admin(`${SERVICE}/ExportConfiguration`, { workspace: name })).reason).toBe(
          'PERMISSION_DENIED',
        );
      }
      expect((await admin(`${SERVICE}/ExportConfiguration`, { workspace: '-' })).reason).toBe(
        'PERMISSION_DENIED',
      );
    });

    it('is recorded change by change', async () => {
      const { body } = await there('otp.admin.v1.AuditService/ListAuditEntries', {
        workspace: 'acme',
        method: 'SponsorService',
      });
      expect(body.entries.map(({ method }: { method: string }) => method.split('/')[1])).toContain(
        'CreateSponsor',
      );
      const log = await there('otp.admin.v1.AuditService/VerifyAuditLog', { workspace: 'acme' });
      expect(log.body.whole).toBe(true);
    });

    it('may have up to a mebibyte', async () => {
      const large = `${document.trimEnd()}${' '.repeat(1_000_000)}`;
      expect(large.length).toBeGreaterThan(1_000_000);
      expect(await apply(here, large)).toEqual([]);
    });
  });
});
