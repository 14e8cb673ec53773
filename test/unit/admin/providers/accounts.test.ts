import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VENDORS } from '../../../../server/delivery/vendors/index.js';
import { COLLECTIONS } from '../../../../server/store/collections.js';
import { connectJson } from '../../../support/connectJson.js';
import { type Engine, eachEngine } from '../../../support/engines.js';
import { startService, type TestService } from '../../../support/service.js';
import { newKey } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.ProviderService';
const SECRET = 'a-secret-that-nothing-shows';
const account = (name: string, more: object = {}) => ({
  name,
  kind: 'vonage',
  displayName: 'Our Vonage',
  settings: { api_key: 'a1b2c3d4', from: 'Acme' },
  secrets: { api_secret: SECRET },
  ...more,
});

eachEngine((engine: Engine) => {
  let service: TestService;
  let admin: ReturnType<typeof connectJson>;
  let operator: ReturnType<typeof connectJson>;
  beforeAll(async () => {
    service = await startService({ documents: await engine.open() });
    admin = connectJson(service.baseUrl, await newKey(service, 'acme', ['admin']));
    operator = connectJson(service.baseUrl, service.liveKey);
  });
  afterAll(() => service.stop());
  const create = (providerAccount: object, call = admin) =>
    call(`${SERVICE}/CreateProviderAccount`, { providerAccount });
  const update = (providerAccount: object, updateMask: string, call = admin) =>
    call(`${SERVICE}/UpdateProviderAccount`, { providerAccount, updateMask });
  const get = async (name: string) =>
    (await admin(`${SERVICE}/GetProviderAccount`, { name })).body.providerAccount;

  async function everythingStored(): Promise<string> {
    const texts: string[] = [];
    for (const { name } of COLLECTIONS)
      for await (const document of service.documents.collection(name).find({}))
        texts.push(JSON.stringify(document));
    return texts.join('\n');
  }

  describe('an account of a workspace', () => {
    it('shows the names of its secrets, and is stored and logged without them', async () => {
      const { body, status } = await create(account('shown'));
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body.providerAccount).toEqual({
        name: 'shown',
        kind: 'vonage',
        displayName: 'Our Vonage',
        settings: { api_key: 'a1b2c3d4', from: 'Acme' },
        secretNames: ['api_secret'],
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      expect(await get('shown')).toEqual(body.providerAccount);
      const stored = await everythingStored();
      expect(stored).toContain('acme/shown');
      expect(stored).not.toContain(SECRET);
      expect(service.logged()).not.toContain(SECRET);
    });

    it('has a name of its own and settings that the provider accepts', async () => {
      await create(account('taken'));
      const refusals = [
        await create(account('taken')),
        await create(account('twilio')),
        await create(account('Not A Name')),
        await create(account('new', { kind: 'pigeon' })),
        await create(account('new', { settings: { api_key: 'a1b2c3d4' } })),
        await create(account('new', { settings: { api_key: 'two words', from: 'Acme' } })),
        await create(account('new', { settings: { api_key: 'a1b2c3d4', from: 'Acme', color: 'red' } })),
        await create(account('new', { settings: { ...account('').settings, api_secret: SECRET } })),
        await create(account('new', { secrets: {} })),
      ];
      expect(refusals.map(({ reason, fields }) => [reason, ...fields])).toEqual([
        ['ALREADY_EXISTS'],
        ['ALREADY_EXISTS'],
        ['INVALID_REQUEST', 'provider_account.name'],
        ['INVALID_REQUEST', 'provider_account.kind'],
        ['INVALID_REQUEST', 'provider_account.settings["from"]'],
        ['INVALID_REQUEST', 'provider_account.settings["api_key"]'],
        ['INVALID_REQUEST', 'provider_account.settings'],
        ['INVALID_REQUEST', 'provider_account.settings'],
        ['INVALID_REQUEST', 'provider_account.secrets["api_secret"]'],
      ]);
      const unknown = { workspace: 'nowhere', providerAccount: account('new') };
      expect((await operator(`${SERVICE}/CreateProviderAccount`, unknown)).reason).toBe('NOT_FOUND');
      expect(JSON.stringify(refusals)).not.toContain(SECRET);
    });

    it('needs one of the settings of which a provider has to have one', async () => {
      const twilio = {
        name: 'half',
        kind: 'twilio',
        settings: { account_sid: `AC${'1'.repeat(32)}` },
        secrets: { auth_token: SECRET },
      };
      const { body } = await create(twilio);
      expect(JSON.stringify(body)).toContain('must have from or whatsapp_from');
    });

    it('is changed by live keys and only by operators as to where it connects', async () => {
      const elsewhere = { settings: { ...account('').settings, url: 'http://127.0.0.1:1' } };
      expect((await create(account('elsewhere', elsewhere))).reason).toBe('PERMISSION_DENIED');
      const made = await operator(`${SERVICE}/CreateProviderAccount`, {
        workspace: 'acme',
        providerAccount: account('elsewhere', elsewhere),
      });
      expect(made.status).toBe(200);
      expect((await update({ name: 'elsewhere', ...elsewhere }, 'settings')).status).toBe(200);
      const back = { name: 'elsewhere', settings: account('').settings };
      expect((await update(back, 'settings')).reason).toBe('PERMISSION_DENIED');
      const test = connectJson(service.baseUrl, service.testKey);
      expect((await create(account('mine'), test)).reason).toBe('PERMISSION_DENIED');
    });

    it('confirms no guess of a URL that is a secret', async () => {
      const url = 'smtp://user:password@mail.example.com';
      const made = await operator(`${SERVICE}/CreateProviderAccount`, {
        workspace: 'acme',
        providerAccount: { name: 'mail', kind: 'smtp', secrets: { url } },
      });
      expect(made.status, JSON.stringify(made.body)).toBe(200);
      for (const guess of [url, 'smtp://user:guess@mail.example.com'])
        expect((await update({ name: 'mail', secrets: { url: guess } }, 'secrets')).reason).toBe(
          'PERMISSION_DENIED',
        );
      expect((await update({ name: 'mail', displayName: 'Mail' }, 'displayName')).status).toBe(200);
      await operator(`${SERVICE}/DeleteProviderAccount`, { workspace: 'acme', name: 'mail' });
    });

    it('calls every setting that is a URL by the name that operators alone may set', () => {
      const urls = VENDORS.flatMap(({ settings }) =>
        Object.entries(settings.settings)
          .filter(([, { schema }]) =>
            ['https://127.0.0.1', 'smtp://127.0.0.1'].some(
              (text) => schema.safeParse(text).success && !schema.safeParse('no-url-but-long-enough').success,
            ),
          )
          .map(([name]) => name),
      );
      expect(new Set(urls)).toEqual(new Set(['url']));
    });

    it('keeps what an update does not name; of its secrets those that are left out', async () => {
      await create(account('changed', { secrets: { api_secret: SECRET, signature_secret: 's'.repeat(16) } }));
      expect((await get('changed')).secretNames).toEqual(['api_secret', 'signature_secret']);
      await update({ name: 'changed', displayName: '', disabled: true }, 'displayName,disabled');
      await update({ name: 'changed', secrets: { signature_secret: '' } }, 'secrets');
      const changed = await get('changed');
      expect(changed).toMatchObject({
        disabled: true,
        settings: account('').settings,
        secretNames: ['api_secret'],
      });
      expect(changed).not.toHaveProperty('displayName');
      const refused = await update({ name: 'changed', secrets: { api_secret: '' } }, 'secrets');
      expect(refused.fields).toEqual(['provider_account.secrets["api_secret"]']);
      expect((await update({ name: 'changed', kind: 'sns' }, 'kind')).reason).toBe('INVALID_REQUEST');
      expect((await update({ name: 'unknown', displayName: 'x' }, 'displayName')).reason).toBe('NOT_FOUND');
    });

    it('loses nothing when it is changed twice at once', async () => {
      await create(account('raced'));
      const from = { api_key: 'a1b2c3d4', from: 'Other' };
      await Promise.all([
        update({ name: 'raced', settings: from }, 'settings'),
        update({ name: 'raced', displayName: 'Raced' }, 'displayName'),
      ]);
      expect(await get('raced')).toMatchObject({ displayName: 'Raced', settings: from });
    });

    it('is listed by name, page by page', async () => {
      const names: string[] = [];
      let pageToken = '';
      do {
        const { body } = await admin(`${SERVICE}/ListProviderAccounts`, { pageSize: 2, pageToken });
        names.push(...body.providerAccounts.map(({ name }: { name: string }) => name));
        pageToken = body.nextPageToken ?? '';
      } while (pageToken);
      expect(names).toEqual(['changed', 'elsewhere', 'raced', 'shown', 'taken']);
    });

    it('may be named in routes, and stays while one names it', async () => {
      const route = (providers: string[], call = admin) =>
        call('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
          workspace: { routes: [{ channel: 'CHANNEL_SMS', providers }] },
          updateMask: 'routes',
        });
      expect((await route(['shown', 'inbox'])).status).toBe(200);
      expect((await route(['shown'], operator)).fields).toEqual(['workspace.routes[0].providers[0]']);
      const remove = () => admin(`${SERVICE}/DeleteProviderAccount`, { name: 'shown' });
      expect((await remove()).reason).toBe('INVALID_REQUEST');
      await route(['inbox']);
      expect((await remove()).status).toBe(200);
      expect((await remove()).reason).toBe('NOT_FOUND');
      expect((await route(['shown'])).reason).toBe('INVALID_REQUEST');
    });

    it('has each change in the audit log', async () => {
      const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 100 });
      const changes = body.entries
        .filter(({ resource }: { resource: string }) => resource === 'providerAccounts/shown')
        .map(
          ({ method, outcome }: { method: string; outcome: string }) => `${method.split('/')[1]} ${outcome}`,
        );
      expect(changes.reverse()).toEqual([
        'CreateProviderAccount OK',
        'DeleteProviderAccount INVALID_REQUEST',
        'DeleteProviderAccount OK',
        'DeleteProviderAccount NOT_FOUND',
      ]);
    });

    it('is one of at most fifty', async () => {
      const key = connectJson(service.baseUrl, await newKey(service, 'many', ['admin']));
      for (let n = 0; n < 50; n++) expect((await create(account(`a${n}`), key)).status).toBe(200);
      expect((await create(account('one-more'), key)).fields).toEqual(['provider_account']);
    });

    it('is one of at most fifty where many are added at once', async () => {
      const key = connectJson(service.baseUrl, await newKey(service, 'hasty', ['admin']));
      for (let n = 0; n < 46; n++) expect((await create(account(`a${n}`), key)).status).toBe(200);
      await Promise.all(Array.from({ length: 12 }, (_, n) => create(account(`b${n}`), key)));
      const { body } = await key(`${SERVICE}/ListProviderAccounts`, { pageSize: 100 });
      expect(body.providerAccounts.length).toBeLessThanOrEqual(50);
    });
  });
});
