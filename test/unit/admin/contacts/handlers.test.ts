import { describe, expect, it } from 'vitest';
import { connectJson } from '../../../support/connectJson.js';
import { eventually } from '../../../support/eventually.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.ContactService';
const ALL = ['admin', 'otp.send', 'otp.verify', 'sessions.read'];
type Calls = ReturnType<typeof connectJson>;
const service = serviceForSuite();

let workspaces = 0;
const newAdmin = () => keyOf(service, `acme-${workspaces++}`, ALL);
const list = async (call: Calls, more = {}) =>
  ((await call(`${SERVICE}/ListContacts`, more)).body.contacts ?? []) as Record<string, unknown>[];

/** Sends and gives back how to verify each channel with its delivered code. */
async function send(call: Calls, recipients: Record<string, string>, more = {}) {
  const { body } = await call('otp.v1.OtpService/Send', { recipients, addContact: true, ...more });
  const sessionId = body.session.id as string;
  const codeOf = (channel: string) =>
    eventually(async () => {
      const messages = await service.inbox();
      const message = messages.find((one) => one.session_id === sessionId && one.channel === channel);
      return message && (/\d{6}/.exec(message.text)?.[0] as string);
    });
  return {
    sessionId,
    sandboxCodes: body.sandboxCodes,
    codeOf,
    verify: async (...channels: string[]) => {
      const codes: Record<string, string> = {};
      for (const channel of channels)
        codes[channel] = body.sandboxCodes?.[channel] ?? (await codeOf(channel));
      return call('otp.v1.OtpService/Verify', { sessionId, codes });
    },
  };
}
/** Waits until the events of a session are processed. */
const settled = (workspace: string, sessionId: string) =>
  eventually(async () => {
    const session = await service.documents
      .collection('sessions')
      .findOne({ _id: `${workspace}/${sessionId}` });
    return session !== null && !('eventsAt' in session);
  });

describe('a verified recipient', () => {
  it('becomes a contact when Send asked for it, and one only', async () => {
    const admin = await newAdmin();
    const workspace = `acme-${workspaces - 1}`;
    const first = await send(admin, { email: 'ana.diaz@example.com' });
    expect((await first.verify('email')).status).toBe(200);
    const [contact] = await eventually(async () => {
      const found = await list(admin);
      return found.length > 0 && found;
    });
    const at = expect.stringMatching(/^2030-01-15T12:00:00/);
    expect(contact).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/),
      address: 'ana.diaz@example.com',
      maskedAddress: 'a***z@example.com',
      channels: [{ channel: 'CHANNEL_EMAIL', lastVerifiedAt: at }],
      firstVerifiedAt: at,
      lastVerifiedAt: at,
      lastSessionId: first.sessionId,
    });

    service.clock.advance(60_000);
    const second = await send(admin, { email: 'Ana.Diaz@Example.com' });
    await second.verify('email');
    await settled(workspace, second.sessionId);
    const [renewed, ...more] = await list(admin);
    expect(more).toEqual([]);
    expect(renewed).toMatchObject({
      id: contact!.id,
      firstVerifiedAt: contact!.firstVerifiedAt,
      lastVerifiedAt: expect.stringMatching(/^2030-01-15T12:01:00/),
      lastSessionId: second.sessionId,
    });
    expect((await admin(`${SERVICE}/GetContact`, { id: contact!.id })).body.contact).toEqual(renewed);
  });

  it('does not become a contact without add_contact, a verification, or that channel', async () => {
    const admin = await newAdmin();
    const workspace = `acme-${workspaces - 1}`;
    const unasked = await send(admin, { email: 'unasked@example.com' }, { addContact: false });
    await unasked.verify('email');
    await send(admin, { email: 'unverified@example.com' });
    const wrong = await send(admin, { email: 'wrong@example.com' });
    const guess = { sessionId: wrong.sessionId, code: 'none' };
    expect((await admin('otp.v1.OtpService/Verify', guess)).reason).toBe('INVALID_CODE');
    const late = await send(admin, { email: 'late@example.com' });
    // Delivered first: what is due after its end never leaves.
    await late.codeOf('email');
    service.clock.advance(300_000);
    expect((await late.verify('email')).reason).toBe('SESSION_EXPIRED');
    const half = await send(admin, { email: 'half@example.com', sms: '+573001234542' });
    expect((await half.verify('sms')).body.session.status).toBe('SESSION_STATUS_PARTIAL');
    for (const { sessionId } of [unasked, half]) await settled(workspace, sessionId);
    expect((await list(admin)).map(({ address }) => address)).toEqual(['+573001234542']);
  });

  it('is one contact for a phone on both of its channels', async () => {
    const admin = await newAdmin();
    const { sessionId, verify } = await send(admin, { sms: '+573001234542', whatsapp: '+573001234542' });
    await verify('sms', 'whatsapp');
    await settled(`acme-${workspaces - 1}`, sessionId);
    expect(await list(admin)).toMatchObject([
      { channels: [{ channel: 'CHANNEL_SMS' }, { channel: 'CHANNEL_WHATSAPP' }] },
    ]);
  });

  it('leaves its address nowhere in clear', async () => {
    const admin = await newAdmin();
    const { sessionId, verify } = await send(admin, { email: 'very.secret@example.com' });
    await verify('email');
    await settled(`acme-${workspaces - 1}`, sessionId);
    await admin(`${SERVICE}/DeleteContact`, { id: (await list(admin))[0]!.id });
    for (const name of ['contacts', 'sessions', 'audit', 'limits']) {
      const all = await service.documents.collection(name).find({}).toArray();
      expect(JSON.stringify(all)).not.toContain('very.secret');
    }
    expect(service.logged()).not.toContain('very.secret');
  });
});

describe('contacts', () => {
  /** An admin whose workspace has these contacts. */
  async function adminWith(...recipients: Record<string, string>[]) {
    const admin = await newAdmin();
    for (const recipient of recipients) {
      const { sessionId, verify } = await send(admin, recipient);
      await verify(...Object.keys(recipient));
      await settled(`acme-${workspaces - 1}`, sessionId);
    }
    return admin;
  }
  const addresses = async (call: Calls, more = {}) => (await list(call, more)).map(({ address }) => address);

  it('are listed by pages, by channel and by address', async () => {
    const emails = ['a', 'b', 'c', 'd'].map((name) => `${name}@example.com`);
    const admin = await adminWith(...emails.map((email) => ({ email })), { sms: '+573001234542' });
    const seen: string[] = [];
    let pageToken = '';
    do {
      const { body } = await admin(`${SERVICE}/ListContacts`, { pageSize: 2, pageToken });
      expect(body.contacts.length).toBeLessThanOrEqual(2);
      seen.push(...body.contacts.map(({ address }: { address: string }) => address));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(seen.sort()).toEqual(['+573001234542', ...emails]);
    expect((await addresses(admin, { channel: 'CHANNEL_EMAIL' })).sort()).toEqual(emails);
    expect(await addresses(admin, { channel: 'CHANNEL_WHATSAPP' })).toEqual([]);
    expect(await addresses(admin, { recipient: '+57 300 123 4542' })).toEqual(['+573001234542']);
    expect(await addresses(admin, { recipient: '+573001234542', channel: 'CHANNEL_EMAIL' })).toEqual([]);
    expect(await addresses(admin, { recipient: 'unknown@example.com' })).toEqual([]);
    const wrong = await admin(`${SERVICE}/ListContacts`, { recipient: '***42' });
    expect(wrong.reason).toBe('INVALID_RECIPIENT');
  });

  it('are gone once deleted', async () => {
    const admin = await adminWith({ email: 'a@example.com' });
    const id = (await list(admin))[0]!.id;
    expect((await admin(`${SERVICE}/DeleteContact`, { id })).status).toBe(200);
    expect((await admin(`${SERVICE}/DeleteContact`, { id })).reason).toBe('NOT_FOUND');
    expect((await admin(`${SERVICE}/GetContact`, { id })).reason).toBe('NOT_FOUND');
    expect(await list(admin)).toEqual([]);
    const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 2 });
    expect(body.entries[1]).toMatchObject({ resource: `contacts/${id}`, outcome: 'OK' });
  });

  it('belong to a workspace and a mode', async () => {
    const admin = await adminWith({ email: 'a@example.com' });
    const workspace = `acme-${workspaces - 1}`;
    const tester = await keyOf(service, workspace, ALL, 'MODE_TEST');
    const { sessionId, verify } = await send(tester, { email: 'b@example.com' });
    await verify('email');
    await settled(workspace, sessionId);

    expect(await addresses(admin)).toEqual(['a@example.com']);
    expect(await addresses(tester)).toEqual(['b@example.com']);
    const id = (await list(admin))[0]!.id;
    expect((await tester(`${SERVICE}/GetContact`, { id })).reason).toBe('NOT_FOUND');
    expect((await tester(`${SERVICE}/GetContact`, { id, mode: 'MODE_LIVE' })).reason).toBe(
      'PERMISSION_DENIED',
    );
    const other = await newAdmin();
    expect(await list(other)).toEqual([]);
    expect((await other(`${SERVICE}/DeleteContact`, { id })).reason).toBe('NOT_FOUND');
    expect((await other(`${SERVICE}/ListContacts`, { workspace })).reason).toBe('PERMISSION_DENIED');
    const operator = connectJson(service.baseUrl, service.liveKey);
    expect(await addresses(operator, { workspace })).toEqual(['a@example.com']);
    expect(await addresses(operator, { workspace, mode: 'MODE_TEST' })).toEqual(['b@example.com']);
    expect((await tester(`${SERVICE}/DeleteContact`, { id: (await list(tester))[0]!.id })).status).toBe(200);
  });
});
