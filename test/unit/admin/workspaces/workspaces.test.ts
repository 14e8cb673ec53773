import { beforeAll, describe, expect, it } from 'vitest';
import { ASSURANCES } from '../../../../server/session/assurance.js';
import type { StoredSession } from '../../../../server/session/stored.js';
import { connectJson } from '../../../support/connectJson.js';
import { eventually } from '../../../support/eventually.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.WorkspaceService';
const service = serviceForSuite();
let operator: ReturnType<typeof connectJson>;

beforeAll(async () => {
  operator = connectJson(service.baseUrl, service.liveKey);
});

const make = (name: string, settings = {}) =>
  operator(`${SERVICE}/CreateWorkspace`, { workspace: { name, ...settings } });
const update = (workspace: object, updateMask: string, call = operator) =>
  call(`${SERVICE}/UpdateWorkspace`, { workspace, updateMask });

const route = (channel: string, ...providers: string[]) => ({ channel, providers });

describe('workspaces', () => {
  it('begin with the defaults and keep what was set', async () => {
    const plain = await make('plain');
    expect(plain.body.workspace).toEqual({
      name: 'plain',
      brand: 'Countersign',
      locale: 'en',
      retentionDays: 30,
      createdAt: expect.stringMatching(/^2030-01-15T/),
    });
    const settings = {
      brand: 'Acme & Søn',
      locale: 'es-CO',
      webHost: 'login.acme.example',
      allowedOrigins: ['https://login.acme.example', 'http://localhost:5173'],
      longLifetime: true,
      messagingReuse: true,
      routes: [{ channel: 'CHANNEL_SMS', providers: ['inbox'] }],
      retentionDays: 365,
    };
    await make('configured', settings);
    const read = await operator(`${SERVICE}/GetWorkspace`, { workspace: 'configured' });
    expect(read.body.workspace).toMatchObject({ name: 'configured', ...settings });
  });

  it('have no route for a channel that their norm refuses, whichever is set first', async () => {
    const refusing = Object.entries(ASSURANCES).flatMap(([norm, { title, refusedChannels = [] }]) =>
      refusedChannels.map((channel) => ({ norm, title, channel: `CHANNEL_${channel.toUpperCase()}` })),
    );
    expect(refusing).not.toEqual([]);
    for (const { norm, title, channel } of refusing) {
      const refused = { reason: 'INVALID_REQUEST', fields: ['workspace.routes[0].channel'] };
      const name = (what: string) => `${norm.toLowerCase().replaceAll('_', '-')}-${what}`;
      const routes = [route(channel, 'inbox')];
      const assurance = `ASSURANCE_${norm}`;
      const both = await make(name('both'), { routes, assurance });
      expect(both).toMatchObject(refused);
      expect(JSON.stringify(both.body)).toContain(`must be left out, as ${title} requires`);
      await make(name('norm'), { assurance });
      expect(await update({ name: name('norm'), routes }, 'routes')).toMatchObject(refused);
      await make(name('route'), { routes });
      expect(await update({ name: name('route'), assurance }, 'assurance')).toMatchObject(refused);
      const sms = [route('CHANNEL_SMS', 'inbox')];
      expect((await update({ name: name('norm'), routes: sms }, 'routes')).status).toBe(200);
    }
  });

  it('have a name that no other workspace has had', async () => {
    expect((await make('taken')).status).toBe(200);
    expect((await make('taken')).reason).toBe('ALREADY_EXISTS');
    await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'taken' });
    expect((await make('taken')).reason).toBe('ALREADY_EXISTS');
  });

  it.each(['', 'Acme', '-acme', 'acme-', 'a.b', 'a/b', 'a\u0000', 'a'.repeat(64)])(
    'refuse the name %j',
    async (name) => {
      const { reason, fields } = await make(name);
      expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: ['workspace.name'] });
    },
  );

  it.each(['a', '0', 'a-0', 'a'.repeat(63)])('take the name %j', async (name) => {
    expect((await make(name)).status).toBe(200);
  });

  it.each([
    [{ locale: 'en-12' }, 'workspace.locale'],
    [{ locale: 'english' }, 'workspace.locale'],
    [{ webHost: 'https://acme.example' }, 'workspace.web_host'],
    [{ webHost: 'acme.example:443' }, 'workspace.web_host'],
    [{ brand: 'Acme\nEvil' }, 'workspace.brand'],
    [{ allowedOrigins: ['https://a.example', 'https://b.example/'] }, 'workspace.allowed_origins[1]'],
    [{ allowedOrigins: ['*'] }, 'workspace.allowed_origins[0]'],
    [{ allowedOrigins: ['javascript://a'] }, 'workspace.allowed_origins[0]'],
    [{ retentionDays: 366 }, 'workspace.retention_days'],
    [{ retentionDays: -1 }, 'workspace.retention_days'],
    [{ routes: [route('CHANNEL_UNSPECIFIED', 'inbox')] }, 'workspace.routes[0].channel'],
    [
      { routes: [route('CHANNEL_SMS', 'inbox'), route('CHANNEL_SMS', 'inbox')] },
      'workspace.routes[1].channel',
    ],
    [{ routes: [route('CHANNEL_SMS', 'inbox', 'no-such')] }, 'workspace.routes[0].providers[1]'],
    [{ routes: [route('CHANNEL_SMS')] }, 'workspace.routes[0].providers'],
    [{ routes: [route('CHANNEL_SMS', 'inbox', 'inbox')] }, 'workspace.routes[0].providers'],
  ])('refuse %j', async (settings, field) => {
    const { reason, fields } = await make('refused', settings);
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
    expect((await operator(`${SERVICE}/GetWorkspace`, { workspace: 'refused' })).reason).toBe('NOT_FOUND');
  });

  it('change by field mask, and what is named and not set goes back to its default', async () => {
    await make('changing', { brand: 'Acme', locale: 'de', webHost: 'acme.example', longLifetime: true });
    const changed = await update({ name: 'changing', brand: 'Bolt', locale: 'fr' }, 'brand');
    expect(changed.body.workspace).toMatchObject({ brand: 'Bolt', locale: 'de', webHost: 'acme.example' });
    const cleared = await update({ name: 'changing' }, 'brand,locale,webHost,longLifetime');
    expect(cleared.body.workspace).toMatchObject({ brand: 'Countersign', locale: 'en' });
    expect(cleared.body.workspace).not.toHaveProperty('webHost');
    expect(cleared.body.workspace).not.toHaveProperty('longLifetime');
    expect((await update({ name: 'changing' }, 'name')).fields).toEqual(['update_mask']);
    const wrong = await update({ name: 'changing', allowedOrigins: ['x'] }, 'allowedOrigins');
    expect(wrong.fields).toEqual(['workspace.allowed_origins[0]']);
  });

  it('show a change in the very next message', async () => {
    const tenant = await keyOf(service, 'branded');
    const send = async (email: string) => {
      await tenant('otp.v1.OtpService/Send', { recipients: { email } });
      return eventually(async () => (await service.inbox()).find(({ to }) => to === email));
    };
    expect(await send('a@branded.example')).toMatchObject({ subject: 'Your Countersign code' });
    expect((await update({ brand: 'Bolt', locale: 'de' }, 'brand,locale', tenant)).status).toBe(200);
    expect(await send('b@branded.example')).toMatchObject({ subject: 'Ihr Bolt-Code' });
  });

  it('say how long their sessions stay readable, a resent one too', async () => {
    const tenant = await keyOf(service, 'forgetful');
    expect((await update({ retentionDays: 1 }, 'retentionDays', tenant)).status).toBe(200);
    const { body } = await tenant('otp.v1.OtpService/Send', { recipients: { email: 'a@forgetful.example' } });
    const _id = `forgetful/${body.session.id}`;
    const stored = async () =>
      (await service.documents.collection<StoredSession>('sessions').findOne({ _id }))!;
    const kept = ({ purgeAt, expiresAt }: StoredSession) => purgeAt.getTime() - expiresAt.getTime();
    expect(kept(await stored())).toBe(86_400_000);
    service.clock.advance(30_000);
    await update({}, 'retentionDays', tenant);
    expect((await tenant('otp.v1.OtpService/Resend', { sessionId: body.session.id })).status).toBe(200);
    expect(kept(await stored())).toBe(86_400_000);
  });

  it('are listed by name, the deleted ones only when asked for', async () => {
    for (const name of ['list-c', 'list-a', 'list-b']) await make(name);
    await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'list-b' });
    const all = async (more: object) => {
      const names: string[] = [];
      let pageToken = '';
      do {
        const { body } = await operator(`${SERVICE}/ListWorkspaces`, { pageSize: 2, pageToken, ...more });
        names.push(...body.workspaces.map(({ name }: { name: string }) => name));
        pageToken = body.nextPageToken ?? '';
      } while (pageToken);
      expect(names).toEqual([...new Set(names)].sort());
      return names.filter((name) => name.startsWith('list-'));
    };
    expect(await all({})).toEqual(['list-a', 'list-c']);
    expect(await all({ showDeleted: true })).toEqual(['list-a', 'list-b', 'list-c']);
  });
});

describe('a deleted workspace', () => {
  it('has all its credentials refused within five seconds, and back after undeleting', async () => {
    const tenant = await keyOf(service, 'closing');
    const send = await tenant('otp.v1.OtpService/Send', { recipients: { email: 'a@closing.example' } });
    const person = connectJson(service.baseUrl, send.body.sessionToken);
    expect((await person('otp.v1.OtpService/GetSession', {})).status).toBe(200);

    const deleted = await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'closing' });
    expect(deleted.body.workspace.deletedAt).toBeDefined();
    expect((await tenant('otp.v1.OtpService/ListSessions', {})).reason).toBe('UNAUTHENTICATED');
    expect((await person('otp.v1.OtpService/GetSession', {})).reason).toBe('UNAUTHENTICATED');

    expect((await operator(`${SERVICE}/UndeleteWorkspace`, { workspace: 'closing' })).status).toBe(200);
    expect((await tenant('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    expect((await person('otp.v1.OtpService/GetSession', {})).status).toBe(200);
  });

  it('gets no access token, and those it has open nothing', async () => {
    await make('oauth');
    const apiKey = { displayName: 'a client', scopes: ['sessions.read'] };
    const key = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', { workspace: 'oauth', apiKey });
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: key.body.apiKey.id,
      client_secret: key.body.secret,
    });
    const ask = () => fetch(`${service.baseUrl}/v1/oauth/token`, { method: 'POST', body });
    const { access_token: token } = (await (await ask()).json()) as { access_token: string };
    const client = connectJson(service.baseUrl, token);
    expect((await client('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'oauth' });
    expect((await client('otp.v1.OtpService/ListSessions', {})).reason).toBe('UNAUTHENTICATED');
    expect((await ask()).status).toBe(401);
  });

  it('is refused after five seconds by a process that did not delete it', async () => {
    const tenant = await keyOf(service, 'elsewhere');
    expect((await tenant('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    const workspaces = service.documents.collection('workspaces');
    await workspaces.findOneAndUpdate({ _id: 'elsewhere' }, { $set: { deletedAt: new Date() } });
    service.clock.advance(5_000);
    expect((await tenant('otp.v1.OtpService/ListSessions', {})).reason).toBe('UNAUTHENTICATED');
  });

  it('can be read and deleted again, but not changed or given keys', async () => {
    await make('gone');
    const first = await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'gone' });
    service.clock.advance(1_000);
    const second = await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'gone' });
    expect(second.body).toEqual(first.body);
    expect((await operator(`${SERVICE}/GetWorkspace`, { workspace: 'gone' })).body).toEqual(first.body);
    expect((await update({ name: 'gone', brand: 'x' }, 'brand')).reason).toBe('NOT_FOUND');
    const apiKey = { displayName: 'a key', scopes: ['otp.send'] };
    const key = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', { workspace: 'gone', apiKey });
    expect(key.reason).toBe('NOT_FOUND');
  });

  it('is never the one that holds the operators', async () => {
    const { fields } = await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'default' });
    expect(fields).toEqual(['workspace']);
    expect((await operator(`${SERVICE}/GetWorkspace`, {})).body.workspace).toMatchObject({ name: 'default' });
  });

  it.each(['DeleteWorkspace', 'UndeleteWorkspace', 'GetWorkspace'])(
    '%s says NOT_FOUND for no workspace',
    async (method) => {
      for (const workspace of ['unknown', 'No\u0000body']) {
        expect((await operator(`${SERVICE}/${method}`, { workspace })).reason).toBe('NOT_FOUND');
      }
    },
  );
});

describe('who may act on workspaces', () => {
  it('an admin reads and changes its own only', async () => {
    const tenant = await keyOf(service, 'mine');
    expect((await tenant(`${SERVICE}/GetWorkspace`, {})).body.workspace).toMatchObject({ name: 'mine' });
    expect((await update({ brand: 'Mine' }, 'brand', tenant)).body.workspace).toMatchObject({
      brand: 'Mine',
    });
    const denied = await Promise.all([
      tenant(`${SERVICE}/GetWorkspace`, { workspace: 'default' }),
      update({ name: 'default', brand: 'Mine' }, 'brand', tenant),
      tenant(`${SERVICE}/ListWorkspaces`, {}),
      tenant(`${SERVICE}/CreateWorkspace`, { workspace: { name: 'another' } }),
      tenant(`${SERVICE}/DeleteWorkspace`, { workspace: 'mine' }),
      tenant(`${SERVICE}/UndeleteWorkspace`, { workspace: 'mine' }),
    ]);
    expect(denied.map(({ reason }) => reason)).toEqual(denied.map(() => 'PERMISSION_DENIED'));
  });

  it('a test key reads and changes nothing', async () => {
    const tester = await keyOf(service, 'tested', ['admin'], 'MODE_TEST');
    expect((await tester(`${SERVICE}/GetWorkspace`, {})).status).toBe(200);
    expect((await update({ brand: 'x' }, 'brand', tester)).reason).toBe('PERMISSION_DENIED');
  });

  it('every change is in the audit of the workspace it was about', async () => {
    await make('audited');
    await update({ name: 'audited', brand: 'Acme' }, 'brand');
    await operator(`${SERVICE}/DeleteWorkspace`, { workspace: 'audited' });
    const list = { workspace: 'audited' };
    const { body } = await operator('otp.admin.v1.AuditService/ListAuditEntries', list);
    expect(body.entries).toMatchObject([
      { method: `${SERVICE}/DeleteWorkspace`, resource: 'workspaces/audited', outcome: 'OK' },
      { method: `${SERVICE}/UpdateWorkspace`, resource: 'workspaces/audited', fields: ['brand'] },
      { method: `${SERVICE}/CreateWorkspace`, resource: 'workspaces/audited', outcome: 'OK' },
    ]);
  });
});
