import { describe, expect, it } from 'vitest';
import type { connectJson } from '../../../support/connectJson.js';
import { eventually } from '../../../support/eventually.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.TemplateService';
type Calls = ReturnType<typeof connectJson>;
const service = serviceForSuite();

let workspaces = 0;
/** An admin of a workspace of its own. */
const newAdmin = () => keyOf(service, `acme-${workspaces++}`);
const create = (admin: Calls, key: string, parts: object) =>
  admin(`${SERVICE}/CreateTemplate`, { template: { key, ...parts } });
const update = (admin: Calls, key: string, parts: object, updateMask: string) =>
  admin(`${SERVICE}/UpdateTemplate`, { template: { key, ...parts }, updateMask });
const preview = (admin: Calls, key: string, parts = {}) =>
  admin(`${SERVICE}/PreviewTemplate`, { template: { key, ...parts } });

describe('templates', () => {
  it('are kept by key and language, by default the workspace’s', async () => {
    const admin = await newAdmin();
    const made = await create(admin, 'otp-email', {
      subject: 'S',
      text: '{{ code }}',
      html: '<b>{{ code }}</b>',
    });
    expect(made.body.template).toEqual({
      key: 'otp-email',
      locale: 'en',
      subject: 'S',
      text: '{{ code }}',
      html: '<b>{{ code }}</b>',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect((await create(admin, 'otp-email', { locale: 'en', text: '{{ code }}' })).reason).toBe(
      'ALREADY_EXISTS',
    );
    const other = await create(admin, 'otp-email', { locale: 'ES-co', text: '{{ code }}' });
    expect(other.body.template.locale).toBe('es-CO');
    const read = await admin(`${SERVICE}/GetTemplate`, { key: 'otp-email', locale: 'es-co' });
    expect(read.body).toEqual(other.body);
    expect((await admin(`${SERVICE}/GetTemplate`, { key: 'otp-email' })).body).toEqual(made.body);
  });

  it.each([
    [{ key: 'otp-fax', text: '{{ code }}' }, ['template.key']],
    [{ key: 'otp-sms', locale: 'not a locale', text: '{{ code }}' }, ['template.locale']],
    [{ key: 'otp-sms', locale: 'en-12', text: '{{ code }}' }, ['template.locale']],
    [{ key: 'otp-sms' }, ['template.text']],
    [{ key: 'otp-sms', text: 'no code' }, ['template.text']],
    [{ key: 'otp-sms', text: '{{ code }} {{ user }}' }, ['template.text']],
    [{ key: 'otp-sms', text: '{{ code }}', subject: 'S' }, ['template.subject']],
    [{ key: 'otp-email', text: '{{ code', html: 'no code' }, ['template.text', 'template.html']],
    [{ key: 'otp-email', text: 'x'.repeat(10_001) }, ['template.text']],
    [{ key: 'otp-email', text: "{{ code }} {% include 'package.json' %}" }, ['template.text']],
  ])('refuse %j', async (template, fields) => {
    const admin = await newAdmin();
    const made = await admin(`${SERVICE}/CreateTemplate`, { template });
    expect({ reason: made.reason, fields: made.fields }).toEqual({ reason: 'INVALID_REQUEST', fields });
    expect((await admin(`${SERVICE}/ListTemplates`, {})).body).toEqual({});
  });

  it('change part by part, and what is named and not given is cleared', async () => {
    const admin = await newAdmin();
    await create(admin, 'otp-email', { subject: 'S', text: 'one {{ code }}', html: '{{ code }}' });
    service.clock.advance(1000);
    const changed = await update(admin, 'otp-email', { text: 'two {{ code }}', subject: 'T' }, 'text');
    expect(changed.body.template).toMatchObject({ subject: 'S', text: 'two {{ code }}', html: '{{ code }}' });
    const { createdAt, updatedAt } = changed.body.template;
    expect(Date.parse(updatedAt) - Date.parse(createdAt)).toBe(1000);
    const cleared = await update(admin, 'otp-email', {}, 'subject,html');
    expect(cleared.body.template).not.toHaveProperty('subject');
    expect(cleared.body.template).not.toHaveProperty('html');
    expect((await update(admin, 'otp-email', {}, 'text')).fields).toEqual(['template.text']);
    expect((await update(admin, 'otp-email', { text: 'x' }, 'text')).fields).toEqual(['template.text']);
    expect((await update(admin, 'otp-sms', { text: '{{ code }}' }, 'text')).reason).toBe('NOT_FOUND');
  });

  it('are listed by key and language, by pages', async () => {
    const admin = await newAdmin();
    const made = ['otp-email/de', 'otp-email/en', 'otp-sms/en', 'otp-whatsapp/en', 'otp-whatsapp/fr'];
    for (const [key, locale] of made.map((one) => one.split('/') as [string, string]).reverse()) {
      await create(admin, key, { locale, text: '{{ code }}' });
    }
    const seen: string[] = [];
    let pageToken = '';
    do {
      const { body } = await admin(`${SERVICE}/ListTemplates`, { pageSize: 2, pageToken });
      seen.push(...body.templates.map(({ key, locale }: Record<string, string>) => `${key}/${locale}`));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(seen).toEqual(made);
  });

  it('belong to their workspace, and test keys only read them', async () => {
    const [admin, other] = [await newAdmin(), await newAdmin()];
    await create(admin, 'otp-sms', { text: '{{ code }}' });
    expect((await other(`${SERVICE}/GetTemplate`, { key: 'otp-sms' })).reason).toBe('NOT_FOUND');
    expect((await other(`${SERVICE}/DeleteTemplate`, { key: 'otp-sms' })).reason).toBe('NOT_FOUND');
    expect((await other(`${SERVICE}/ListTemplates`, {})).body).toEqual({});
    const tester = await keyOf(service, `acme-${workspaces - 2}`, ['admin'], 'MODE_TEST');
    expect((await tester(`${SERVICE}/GetTemplate`, { key: 'otp-sms' })).status).toBe(200);
    expect((await preview(tester, 'otp-sms')).status).toBe(200);
    const denied = await Promise.all([
      create(tester, 'otp-email', { text: '{{ code }}' }),
      update(tester, 'otp-sms', { text: '{{ code }}!' }, 'text'),
      tester(`${SERVICE}/DeleteTemplate`, { key: 'otp-sms' }),
    ]);
    expect(denied.map(({ reason }) => reason)).toEqual(denied.map(() => 'PERMISSION_DENIED'));
  });
});

describe('messages', () => {
  const TO = { email: 'a@example.com', sms: '+573001234542', whatsapp: '+573001234542' };
  /** Sends to all three channels and returns the texts by channel, and a way to verify with the codes in them. */
  async function send(admin: Calls, more = {}) {
    const { body } = await admin('otp.v1.OtpService/Send', { recipients: TO, ...more });
    const sessionId = body.session.id;
    const messages = await eventually(async () => {
      const own = (await service.inbox()).filter(({ session_id }) => session_id === sessionId);
      return own.length === 3 && own;
    });
    const byChannel = Object.fromEntries(messages.map((message) => [message.channel, message]));
    const codes = Object.fromEntries(messages.map(({ channel, text }) => [channel, /\d{6}/.exec(text)?.[0]]));
    return { byChannel, verify: () => admin('otp.v1.OtpService/Verify', { sessionId, codes }) };
  }

  it('use the workspace’s own templates at once, with codes that verify, and the built-in ones after', async () => {
    const admin = await newAdmin();
    const before = await send(admin);
    expect(before.byChannel.sms?.text).toContain('is your Countersign code');

    await create(admin, 'otp-email', { subject: 'Own {{ brand }}', text: 'own e-mail {{ code }}' });
    await create(admin, 'otp-sms', { text: 'own text {{ code }}' });
    await create(admin, 'otp-whatsapp', { text: 'own whatsapp {{ code }}' });
    const own = await send(admin);
    expect(own.byChannel).toMatchObject({
      email: { subject: 'Own Countersign', text: expect.stringMatching(/^own e-mail \d{6}$/) },
      sms: { text: expect.stringMatching(/^own text \d{6}$/) },
      whatsapp: { text: expect.stringMatching(/^own whatsapp \d{6}$/) },
    });
    expect(own.byChannel.email).not.toHaveProperty('html');
    expect((await own.verify()).body.session.status).toBe('SESSION_STATUS_APPROVED');

    await admin(`${SERVICE}/DeleteTemplate`, { key: 'otp-sms' });
    await admin(`${SERVICE}/DeleteTemplate`, { key: 'otp-whatsapp' });
    const partly = await send(admin);
    expect(partly.byChannel.email?.text).toMatch(/^own e-mail/);
    expect(partly.byChannel.sms?.text).toContain('is your Countersign code');
    expect(partly.byChannel.whatsapp?.text).toContain('is your Countersign code');
  });

  it('use the template of their language', async () => {
    const admin = await newAdmin();
    await create(admin, 'otp-sms', { locale: 'en', text: 'english {{ code }}' });
    await create(admin, 'otp-sms', { locale: 'es', text: 'castellano {{ code }}' });
    expect((await send(admin, { locale: 'es-CO' })).byChannel.sms?.text).toMatch(/^castellano/);
    expect((await send(admin, { locale: 'fr' })).byChannel.sms?.text).toMatch(/^english/);
  });

  it('go out as the built-in ones when a template turns out not to work', async () => {
    const admin = await newAdmin();
    await create(admin, 'otp-sms', { text: 'own {{ code }}' });
    await service.documents
      .collection('templates')
      .findOneAndUpdate(
        { _id: `acme-${workspaces - 1}/otp-sms/en` },
        { $set: { text: 'own {{ code }} {{ gone }}' } },
      );
    service.clock.advance(5_000);
    const sent = await send(admin);
    expect(sent.byChannel.sms?.text).toContain('is your Countersign code');
    expect((await sent.verify()).body.session.status).toBe('SESSION_STATUS_APPROVED');
    expect(service.logged().match(/a template cannot be rendered/g)).toHaveLength(1);
  });
});

describe('a preview', () => {
  it('shows given parts with sample values and stores nothing', async () => {
    const admin = await newAdmin();
    await admin('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { brand: 'Acme', webHost: 'acme.example' },
      updateMask: 'brand,webHost',
    });
    const email = { subject: '{{ brand }}', text: '{{ code }} {{ minutes }}', html: '<p>{{ code }}</p>' };
    expect((await preview(admin, 'otp-email', email)).body).toEqual({
      subject: 'Acme',
      text: '402917 5',
      html: '<p>402917</p>',
    });
    expect((await preview(admin, 'otp-sms', { text: 'Código {{ code }}' })).body).toEqual({
      text: 'Código 402917\n\n@acme.example #402917',
      smsEncoding: 'SMS_ENCODING_UCS2',
      smsSegments: 1,
    });
    expect((await preview(admin, 'otp-whatsapp', { text: '{{ code }}' })).body).toEqual({ text: '402917' });
    expect((await admin(`${SERVICE}/ListTemplates`, {})).body).toEqual({});
  });

  it('shows what a message would be rendered from when no part is given', async () => {
    const admin = await newAdmin();
    expect((await preview(admin, 'otp-sms', { locale: 'de' })).body).toMatchObject({
      text: expect.stringContaining('402917 ist Ihr Countersign-Code'),
      builtIn: true,
      smsEncoding: 'SMS_ENCODING_GSM7',
    });
    await create(admin, 'otp-sms', { text: 'own {{ code }}' });
    const own = await preview(admin, 'otp-sms', { locale: 'de' });
    expect(own.body).toMatchObject({ text: 'own 402917' });
    expect(own.body).not.toHaveProperty('builtIn');
  });

  it('refuses what could not be stored', async () => {
    const admin = await newAdmin();
    expect((await preview(admin, 'otp-sms', { text: '{{ x }}' })).fields).toEqual(['template.text']);
    expect((await preview(admin, 'otp-email', { subject: 'S' })).fields).toEqual(['template.text']);
    expect((await preview(admin, 'otp-fax', { text: '{{ code }}' })).fields).toEqual(['template.key']);
    expect((await preview(admin, 'otp-sms', { locale: '!', text: '{{ code }}' })).fields).toEqual([
      'template.locale',
    ]);
  });
});
