import { describe, expect, it } from 'vitest';
import { connectJson } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { newKey } from '../support/tenant.js';
import { otherThan } from '../wire/support/delivered.js';
import {
  codesOf,
  type MultichannelApi,
  messagesOf,
  multichannelApi,
  opened,
} from './support/multichannelApi.js';

const ALL = ['email', 'sms', 'whatsapp'] as const;
type Calls = ReturnType<typeof connectJson>;

const service = serviceForSuite();

/** A workspace with its operator's calls. */
async function workspaceNamed(name: string): Promise<{ api: MultichannelApi; admin: Calls }> {
  const key = await newKey(service, name);
  return { api: multichannelApi(service.baseUrl, key), admin: connectJson(service.baseUrl, key) };
}

/** The call went through. */
async function done(response: ReturnType<Calls>): Promise<void> {
  const { status, body } = await response;
  expect(status, JSON.stringify(body)).toBe(200);
}

/** The messages of a session just opened, by channel. */
async function sentTo(api: MultichannelApi, channels: readonly (typeof ALL)[number][] = ALL) {
  const session = await opened(service, api, channels);
  const messages = await messagesOf(service, session.id, channels.length);
  return { session, by: Object.fromEntries(messages.map((message) => [message.channel, message])) };
}

describe('templates', () => {
  const TEMPLATES = [
    {
      key: 'otp-email',
      subject: 'Hola from {{ brand }}',
      text: 'Greetings! Type {{ code }} within {{ minutes }} minutes.',
      html: '<p>Greetings! Type <b>{{ code }}</b></p>',
    },
    { key: 'otp-sms', text: 'Text says {{ code }}' },
    { key: 'otp-whatsapp', text: 'Chat says {{ code }}' },
  ];
  const DEFAULT = /^\d{6} is your .+ code\./;
  const create = (admin: Calls, template: object) =>
    done(admin('otp.admin.v1.TemplateService/CreateTemplate', { template }));
  const remove = (admin: Calls, key: string) =>
    done(admin('otp.admin.v1.TemplateService/DeleteTemplate', { key }));

  it('B15 under reserved keys are used for all three channels, by the same request', async () => {
    const { api, admin } = await workspaceNamed('templated');
    const before = await sentTo(api);
    for (const channel of ALL) expect(before.by[channel]?.text).toMatch(DEFAULT);
    for (const template of TEMPLATES) await create(admin, template);
    const { by, session } = await sentTo(api);
    const { token, codes } = session;
    expect(by.email).toMatchObject({
      subject: 'Hola from Countersign',
      text: `Greetings! Type ${codes.email} within 10 minutes.`,
      html: `<p>Greetings! Type <b>${codes.email}</b></p>`,
    });
    expect(by.sms?.text).toBe(`Text says ${codes.sms}`);
    expect(by.whatsapp?.text).toBe(`Chat says ${codes.whatsapp}`);
    expect((await api.verify({ token, otps: codes })).body.session_verified).toBe(true);
  });

  it('B16 give way to the default messages once they are deleted', async () => {
    const { api, admin } = await workspaceNamed('bare');
    for (const template of TEMPLATES) await create(admin, template);
    for (const { key } of TEMPLATES) await remove(admin, key);
    const { by, session } = await sentTo(api);
    for (const channel of ALL) expect(by[channel]?.text).toMatch(DEFAULT);
    const { token, codes } = session;
    expect((await api.verify({ token, otps: codes })).body.session_verified).toBe(true);
  });

  it('B15 the attempt limit still holds', async () => {
    const { api, admin } = await workspaceNamed('guarded');
    await create(admin, TEMPLATES[1]!);
    const { session } = await sentTo(api, ['sms']);
    const { token, codes } = session;
    for (let i = 0; i < 3; i++) await api.verify({ token, otps: { sms: otherThan(codes.sms) } });
    expect((await api.verify({ token, otps: { sms: codes.sms } })).body.message).toBe(
      'Max attempts exceeded',
    );
  });

  it('B16 leave SMS at the default where there is one for e-mail alone', async () => {
    const { api, admin } = await workspaceNamed('half');
    await create(admin, TEMPLATES[0]!);
    const { by } = await sentTo(api, ['email', 'sms']);
    expect(by.email?.subject).toBe('Hola from Countersign');
    expect(by.sms?.text).toMatch(DEFAULT);
  });

  it('B15 belong to their workspace', async () => {
    const { by } = await sentTo((await workspaceNamed('untemplated')).api);
    for (const channel of ALL) expect(by[channel]?.text).toMatch(DEFAULT);
  });
});

describe('senders', () => {
  const SENDERS = [
    { channel: 'CHANNEL_EMAIL', senderId: 'codes@shop.example', displayName: 'The Shop' },
    { channel: 'CHANNEL_SMS', senderId: 'THESHOP' },
    { channel: 'CHANNEL_WHATSAPP', senderId: '+573001112233' },
  ];

  it('B17 each message goes out under the sender of its channel, and no other workspace’s does', async () => {
    const { api, admin } = await workspaceNamed('shop');
    for (const sender of SENDERS) {
      await done(admin('otp.admin.v1.SenderService/CreateSender', { sender }));
    }
    const { by } = await sentTo(api);
    const froms = ALL.map((channel) => by[channel]?.from);
    expect(froms[0]).toMatch(/^"?The Shop"? <codes@shop\.example>$/);
    expect(froms.slice(1)).toEqual(['THESHOP', '+573001112233']);

    const other = await sentTo((await workspaceNamed('neighbour')).api);
    for (const [index, channel] of ALL.entries()) expect(other.by[channel]?.from).not.toBe(froms[index]);
  });

  it('B17 a request can name one of several, and no stranger', async () => {
    const { api, admin } = await workspaceNamed('several');
    for (const senderId of ['FIRST', 'SECOND']) {
      const sender = { channel: 'CHANNEL_SMS', senderId };
      await done(admin('otp.admin.v1.SenderService/CreateSender', { sender }));
    }
    const named = await opened(service, api, ['sms'], { sender_id: 'SECOND' });
    expect(await messagesOf(service, named.id, 1)).toMatchObject([{ from: 'SECOND' }]);
    const { status, body } = await api.send({ recipients: { sms: '+573001234542' }, sender_id: 'THIRD' });
    expect({ status, code: body.code, field: body.details.field }).toEqual({
      status: 400,
      code: 'SENDER_NOT_ALLOWED',
      field: 'sender_id',
    });
  });
});

describe('autofill', () => {
  it('B43 a text message ends with the line that browsers fill in from, when a web host is set', async () => {
    const { api, admin } = await workspaceNamed('web');
    const workspace = { name: 'web', webHost: 'login.shop.example' };
    await done(admin('otp.admin.v1.WorkspaceService/UpdateWorkspace', { workspace, updateMask: 'webHost' }));
    for (const custom of [false, true]) {
      if (custom) {
        const template = { key: 'otp-sms', text: 'Yours: {{ code }}' };
        await done(admin('otp.admin.v1.TemplateService/CreateTemplate', { template }));
      }
      const sent = await api.send({ recipients: { sms: `+57300123454${custom ? 3 : 4}` } });
      const [message] = await messagesOf(service, sent.body.session_id, 1);
      const lines = message!.text.split('\n');
      const code = /^@login\.shop\.example #(\d{6})$/.exec(lines.at(-1)!)?.[1];
      expect(code, message!.text).toBeDefined();
      expect(lines.at(-2)).toBe('');
      expect(lines[0]).toContain(code);
      const verified = await api.verify({ token: sent.body.session_token, otps: { sms: code } });
      expect(verified.body.verified).toBe(true);
    }
  });

  it('B43 says nothing of a web host where none is set', async () => {
    const { by } = await sentTo((await workspaceNamed('webless')).api, ['sms']);
    expect(by.sms?.text).not.toMatch(/[@#]/);
  });
});

describe('contacts', () => {
  const contactsOf = async (admin: Calls) =>
    ((await admin('otp.admin.v1.ContactService/ListContacts', {})).body.contacts ?? []) as {
      address: string;
      channels: { channel: string }[];
    }[];
  /** A verification of a second, ordinary session has been worked off: what came before it has been as well. */
  async function settled(api: MultichannelApi, admin: Calls): Promise<string[]> {
    const { token, codes, recipients } = await opened(service, api, ['email'], { add_contact: true });
    await api.verify({ token, otps: { email: codes.email } });
    for (;;) {
      const addresses = (await contactsOf(admin)).map(({ address }) => address);
      if (addresses.includes(recipients.email!)) return addresses.filter((a) => a !== recipients.email);
    }
  }

  it('B32 a verified recipient becomes one contact, however often it is verified', async () => {
    const { api, admin } = await workspaceNamed('contacts');
    const first = await opened(service, api, ['email'], { add_contact: true });
    const { token, codes, recipients } = first;
    await api.verify({ token, otps: { email: codes.email } });
    expect(await settled(api, admin)).toEqual([recipients.email]);

    const again = await api.send({ channels: ['email'], recipients, add_contact: true });
    const { email } = await codesOf(service, again.body.session_id, 1);
    await api.verify({ token: again.body.session_token, otps: { email } });
    const others = await settled(api, admin);
    expect(others.filter((address) => address === recipients.email)).toHaveLength(1);
  });

  it('B32 an address verified on two channels is one contact with both', async () => {
    const { api, admin } = await workspaceNamed('phones');
    const sms = '+573001119988';
    const verification = { strategy: 'all' };
    const sent = await api.send({ recipients: { sms, whatsapp: sms }, add_contact: true, verification });
    const codes = await codesOf(service, sent.body.session_id, 2);
    await api.verify({ token: sent.body.session_token, otps: codes });
    expect(await settled(api, admin)).toEqual([sms]);
    const [contact] = (await contactsOf(admin)).filter(({ address }) => address === sms);
    expect(contact!.channels.map(({ channel }) => channel).sort()).toEqual([
      'CHANNEL_SMS',
      'CHANNEL_WHATSAPP',
    ]);
  });

  it('B33 without a right code in time there is none', async () => {
    const { api, admin } = await workspaceNamed('unverified');
    const add_contact = true;
    await opened(service, api, ['email'], { add_contact });
    const guessed = await opened(service, api, ['email'], { add_contact });
    await api.verify({ token: guessed.token, otps: { email: otherThan(guessed.codes.email) } });
    const late = await opened(service, api, ['email'], { add_contact });
    service.clock.advance(600_000);
    const expired = await api.verify({ token: late.token, otps: { email: late.codes.email } });
    expect(expired.body.message).toBe('OTP expired');
    expect(await settled(api, admin)).toEqual([]);
  });

  it('B33 verified without add_contact there is none', async () => {
    const { api, admin } = await workspaceNamed('unasked');
    for (const more of [{}, { add_contact: false }]) {
      const { token, codes } = await opened(service, api, ['email'], more);
      expect((await api.verify({ token, otps: { email: codes.email } })).status).toBe(200);
    }
    expect(await settled(api, admin)).toEqual([]);
  });

  it('B33 of two channels only the verified one becomes one', async () => {
    const { api, admin } = await workspaceNamed('partly');
    const { token, codes, recipients } = await opened(service, api, ['email', 'sms'], { add_contact: true });
    const partly = await api.verify({ token, otps: { sms: codes.sms, email: otherThan(codes.email) } });
    expect(partly.body.status).toBe('PARTIAL');
    expect(await settled(api, admin)).toEqual([recipients.sms]);
  });
});
