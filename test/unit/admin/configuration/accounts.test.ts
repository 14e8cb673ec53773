import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configurationSchema } from '../../../../tools/docs/configurationSchema.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { startService, type TestService } from '../../../support/service.js';

const SECRET = 'the-secret-of-ours';
const account = (secret: unknown, more: object = {}) => ({
  kind: 'vonage',
  settings: { api_key: 'a1b2c3d4', from: 'Acme' },
  secrets: { api_secret: secret },
  ...more,
});
const routes = (...providers: string[]) => [{ channel: 'CHANNEL_SMS', providers }];

eachEngine((engine) => {
  describe('provider accounts in the configuration document', () => {
    let service: TestService;
    let call: ReturnType<typeof connectJson>;
    beforeAll(async () => {
      service = await startService({ documents: await engine.open() });
      call = connectJson(service.baseUrl, service.liveKey);
    });
    afterAll(() => service.stop());

    const apply = async (workspace: object, more: object = {}) => {
      const document = JSON.stringify({ version: 1, workspaces: { acme: workspace } });
      return call('otp.admin.v1.ConfigurationService/ApplyConfiguration', { document, ...more });
    };
    const planned = async (workspace: object, more: object = {}) =>
      ((await apply(workspace, more)).body.changes ?? []).map(
        ({ action, resource, applied, error }: Record<string, string>) =>
          [action!.replace('CONFIGURATION_ACTION_', ''), resource, applied && 'applied', error]
            .filter(Boolean)
            .join(' '),
      );
    const exported = async () => {
      const { body } = await call('otp.admin.v1.ConfigurationService/ExportConfiguration', {
        workspace: 'acme',
      });
      return JSON.parse(body.document);
    };

    it('are made before the routes that name them, of a new workspace too', async () => {
      const workspace = { settings: { routes: routes('ours') }, providerAccounts: { ours: account(SECRET) } };
      expect(await planned(workspace, { dryRun: true })).toEqual([
        'CREATE workspaces/acme',
        'CREATE providerAccounts/ours',
        'UPDATE workspaces/acme',
      ]);
      const { body } = await apply(workspace);
      expect(body.changes.every(({ applied }: { applied?: boolean }) => applied)).toBe(true);
      expect(JSON.stringify(body)).not.toContain(SECRET);
    });

    it('are exported with the names of their secrets, as the schema says, and applied again without a change', async () => {
      const document = await exported();
      expect(document.workspaces.acme).toEqual({
        settings: { routes: routes('ours') },
        providerAccounts: { ours: account({ set: true }) },
      });
      const validate = new Ajv2020().compile(JSON.parse(configurationSchema()));
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      expect(await planned(document.workspaces.acme)).toEqual([]);
    });

    it('get another secret where the document has another value, and keep one that it marks', async () => {
      const other = { providerAccounts: { ours: account('another-secret') } };
      const { body } = await apply(other, { dryRun: true });
      expect(body.changes[0].fields).toEqual([
        {
          path: 'secrets',
          before: '{"api_secret":{"set":true}}',
          after: '{"api_secret":{"changed":true,"set":true}}',
        },
      ]);
      expect(await planned(other)).toEqual(['UPDATE providerAccounts/ours applied']);
      const marked = account({ set: true }, { displayName: 'Ours' });
      expect(await planned({ providerAccounts: { ours: marked } })).toEqual([
        'UPDATE providerAccounts/ours applied',
      ]);
      expect(await planned(other)).toEqual(['UPDATE providerAccounts/ours applied']);
    });

    it('have the same plan, response and audit entries for a secret that is right as for one that is guessed', async () => {
      const audited = async () => {
        const { body } = await call('otp.admin.v1.AuditService/ListAuditEntries', {
          workspace: 'acme',
          pageSize: 1,
        });
        return body.entries.map(({ method, fields, outcome }: Record<string, unknown>) => ({
          method,
          fields,
          outcome,
        }));
      };
      await apply({ providerAccounts: { ours: account(SECRET) } });
      const seen = async (secret: string) => {
        const document = { providerAccounts: { ours: account(secret) } };
        const plan = (await apply(document, { dryRun: true })).body;
        const applied = (await apply(document)).body;
        return { plan, applied, audit: await audited() };
      };
      const right = await seen(SECRET);
      expect(right.plan.changes).toHaveLength(1);
      expect(right.audit[0].outcome).toBe('OK');
      expect(await seen('a-guess')).toEqual(right);
      await apply({ providerAccounts: { ours: account(SECRET) } });
    });

    it('lose a secret that the document leaves out', async () => {
      const two = { api_secret: { set: true }, signature_secret: '0123456789abcdef' };
      await apply({ providerAccounts: { ours: account('', { secrets: two }) } });
      expect((await exported()).workspaces.acme.providerAccounts.ours.secrets).toEqual({
        api_secret: { set: true },
        signature_secret: { set: true },
      });
      await apply({ providerAccounts: { ours: account({ set: true }) } });
      expect((await exported()).workspaces.acme.providerAccounts.ours.secrets).toEqual({
        api_secret: { set: true },
      });
    });

    it('are reported where a secret is marked that is not there, before anything is changed', async () => {
      const lacking = { providerAccounts: { another: account({ set: true }) } };
      expect(await planned(lacking, { dryRun: true })).toEqual([
        'CREATE providerAccounts/another INVALID_REQUEST',
      ]);
      expect(await planned(lacking)).toEqual(['CREATE providerAccounts/another INVALID_REQUEST']);
      expect((await exported()).workspaces.acme.providerAccounts).not.toHaveProperty('another');
    });

    it('take secrets as texts or marks, and no other form', async () => {
      for (const secret of [{ env: 'HOME' }, { set: false }, 7])
        expect((await apply({ providerAccounts: { ours: account(secret) } })).fields).toEqual([
          'workspaces.acme.providerAccounts["ours"].secrets',
        ]);
      const names = account({ set: true }, { secretNames: ['api_secret'] });
      expect((await apply({ providerAccounts: { ours: names } })).reason).toBe('INVALID_REQUEST');
    });

    it('are deleted by prune, after the routes that named them', async () => {
      expect(await planned({ settings: {} }, { prune: true })).toEqual([
        'UPDATE workspaces/acme applied',
        'DELETE providerAccounts/ours applied',
      ]);
      expect((await exported()).workspaces.acme).toEqual({});
    });
  });
});
