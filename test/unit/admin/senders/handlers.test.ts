import { describe, expect, it } from 'vitest';
import type { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.SenderService';
type Calls = ReturnType<typeof connectJson>;
const service = serviceForSuite();

let workspaces = 0;
/** An admin of a workspace of its own. */
const newAdmin = () => keyOf(service, `acme-${workspaces++}`);
const create = (admin: Calls, channel: string, senderId: string, more = {}) =>
  admin(`${SERVICE}/CreateSender`, { sender: { channel: `CHANNEL_${channel}`, senderId, ...more } });
const update = (admin: Calls, channel: string, senderId: string, fields: object, updateMask: string) =>
  admin(`${SERVICE}/UpdateSender`, {
    sender: { channel: `CHANNEL_${channel}`, senderId, ...fields },
    updateMask,
  });
const get = (admin: Calls, channel: string, senderId: string) =>
  admin(`${SERVICE}/GetSender`, { channel: `CHANNEL_${channel}`, senderId });
const remove = (admin: Calls, channel: string, senderId: string) =>
  admin(`${SERVICE}/DeleteSender`, { channel: `CHANNEL_${channel}`, senderId });
const list = async (admin: Calls, more = {}) =>
  ((await admin(`${SERVICE}/ListSenders`, more)).body.senders ?? []) as Record<string, unknown>[];

describe('senders', () => {
  it('are registered in one spelling and found in any', async () => {
    const admin = await newAdmin();
    const made = await create(admin, 'EMAIL', 'OTP@Acme.Example', { displayName: 'Acme' });
    expect(made.body.sender).toEqual({
      channel: 'CHANNEL_EMAIL',
      senderId: 'otp@acme.example',
      displayName: 'Acme',
      createdAt: expect.any(String),
    });
    expect((await get(admin, 'EMAIL', 'otp@ACME.example')).body).toEqual(made.body);
    expect((await create(admin, 'EMAIL', 'otp@acme.example')).reason).toBe('ALREADY_EXISTS');
    expect((await create(admin, 'SMS', '+57 300 123 4542')).body.sender.senderId).toBe('+573001234542');
    expect((await create(admin, 'WHATSAPP', '+573001234542')).status).toBe(200);
  });

  it.each([
    [{ channel: 'CHANNEL_EMAIL', senderId: 'Acme' }, 'sender.sender_id'],
    [{ channel: 'CHANNEL_SMS', senderId: 'AC' }, 'sender.sender_id'],
    [{ channel: 'CHANNEL_SMS', senderId: '' }, 'sender.sender_id'],
    [{ channel: 'CHANNEL_WHATSAPP', senderId: 'ACME' }, 'sender.sender_id'],
    [{ senderId: 'ACME' }, 'sender.channel'],
    [
      { channel: 'CHANNEL_EMAIL', senderId: 'a@b.example', displayName: 'A\r\nBcc: x@y.example' },
      'sender.display_name',
    ],
    [
      { channel: 'CHANNEL_EMAIL', senderId: 'a@b.example', displayName: 'x'.repeat(79) },
      'sender.display_name',
    ],
  ])('refuse %j', async (sender, field) => {
    const admin = await newAdmin();
    const { reason, fields } = await admin(`${SERVICE}/CreateSender`, { sender });
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
    expect(await list(admin)).toEqual([]);
  });

  it('change their name and nothing else by it', async () => {
    const admin = await newAdmin();
    await create(admin, 'EMAIL', 'otp@acme.example', { displayName: 'Acme', isDefault: true });
    const renamed = await update(admin, 'EMAIL', 'otp@acme.example', { displayName: 'Bolt' }, 'displayName');
    expect(renamed.body.sender).toMatchObject({ displayName: 'Bolt', isDefault: true });
    const cleared = await update(admin, 'EMAIL', 'otp@acme.example', {}, 'displayName');
    expect(cleared.body.sender).not.toHaveProperty('displayName');
    const bad = await update(admin, 'EMAIL', 'otp@acme.example', { displayName: 'a\nb' }, 'displayName');
    expect(bad.fields).toEqual(['sender.display_name']);
    expect((await update(admin, 'EMAIL', 'otp@acme.example', {}, 'sender_id')).fields).toEqual([
      'update_mask',
    ]);
  });

  it('have one default a channel: the one it was given to last', async () => {
    const admin = await newAdmin();
    // All in one millisecond.
    await create(admin, 'SMS', 'ALFA', { isDefault: true });
    await create(admin, 'SMS', 'DELTA', { isDefault: true });
    await create(admin, 'SMS', 'BRAVO', { isDefault: true });
    await create(admin, 'SMS', 'CHARLIE');
    await create(admin, 'EMAIL', 'otp@acme.example', { isDefault: true });
    const defaults = async () =>
      (await list(admin)).filter(({ isDefault }) => isDefault).map(({ senderId }) => senderId);
    expect(await defaults()).toEqual(['otp@acme.example', 'BRAVO']);
    await update(admin, 'SMS', 'CHARLIE', { isDefault: true }, 'isDefault');
    expect(await defaults()).toEqual(['otp@acme.example', 'CHARLIE']);
    await update(admin, 'SMS', 'CHARLIE', {}, 'isDefault');
    expect(await defaults()).toEqual(['otp@acme.example']);
  });

  it('have one default a channel when several are made default at once', async () => {
    const admin = await newAdmin();
    const names = ['ALFA', 'BRAVO', 'CHARLIE', 'DELTA'];
    await Promise.all(names.map((name) => create(admin, 'SMS', name, { isDefault: true })));
    expect((await list(admin)).filter(({ isDefault }) => isDefault)).toHaveLength(1);
    await Promise.all(names.map((name) => update(admin, 'SMS', name, { isDefault: true }, 'isDefault')));
    const stored = await service.documents.collection('senders').find({}).toArray();
    const flagged = stored.filter((sender) => sender._id.includes('/sms/') && 'defaultAt' in sender);
    expect((await list(admin)).filter(({ isDefault }) => isDefault)).toHaveLength(1);
    expect(flagged.filter(({ _id }) => _id.startsWith(`acme-${workspaces - 1}/`))).toHaveLength(1);
  });

  it('are listed by channel and id, by pages', async () => {
    const admin = await newAdmin();
    const ids = ['a@acme.example', 'b@acme.example', 'ALFA', 'BRAVO', 'CHARLIE'];
    for (const id of ids) await create(admin, id.includes('@') ? 'EMAIL' : 'SMS', id);
    const seen: unknown[] = [];
    let pageToken = '';
    do {
      const { body } = await admin(`${SERVICE}/ListSenders`, { pageSize: 2, pageToken });
      seen.push(...body.senders.map(({ senderId }: { senderId: string }) => senderId));
      pageToken = body.nextPageToken ?? '';
    } while (pageToken);
    expect(seen).toEqual(ids);
    expect((await list(admin, { channel: 'CHANNEL_SMS' })).map(({ senderId }) => senderId)).toEqual(
      ids.slice(2),
    );
    expect(await list(admin, { channel: 'CHANNEL_WHATSAPP' })).toEqual([]);
  });

  it('are gone once deleted', async () => {
    const admin = await newAdmin();
    await create(admin, 'SMS', 'ACME');
    expect((await remove(admin, 'SMS', 'ACME')).status).toBe(200);
    expect((await remove(admin, 'SMS', 'ACME')).reason).toBe('NOT_FOUND');
    expect((await get(admin, 'SMS', 'ACME')).reason).toBe('NOT_FOUND');
    expect((await update(admin, 'SMS', 'ACME', {}, 'isDefault')).reason).toBe('NOT_FOUND');
    expect((await get(admin, 'SMS', '!')).reason).toBe('NOT_FOUND');
  });

  it('belong to their workspace', async () => {
    const [admin, other] = [await newAdmin(), await newAdmin()];
    await create(admin, 'SMS', 'ACME');
    expect(await list(other)).toEqual([]);
    expect((await get(other, 'SMS', 'ACME')).reason).toBe('NOT_FOUND');
    expect((await remove(other, 'SMS', 'ACME')).reason).toBe('NOT_FOUND');
    const foreign = { workspace: `acme-${workspaces - 2}` };
    expect((await other(`${SERVICE}/ListSenders`, foreign)).reason).toBe('PERMISSION_DENIED');
    expect((await create(other, 'SMS', 'ACME')).status).toBe(200);
  });

  it('are read by test keys and changed by live ones', async () => {
    const admin = await newAdmin();
    const tester = await keyOf(service, `acme-${workspaces - 1}`, ['admin'], 'MODE_TEST');
    await create(admin, 'SMS', 'ACME');
    expect(await list(tester)).toHaveLength(1);
    const denied = await Promise.all([
      create(tester, 'SMS', 'BOLT'),
      update(tester, 'SMS', 'ACME', { isDefault: true }, 'isDefault'),
      remove(tester, 'SMS', 'ACME'),
    ]);
    expect(denied.map(({ reason }) => reason)).toEqual(denied.map(() => 'PERMISSION_DENIED'));
  });
});
