import { beforeAll, describe, expect, it } from 'vitest';
import { createSenders, type Senders } from '../../../../server/admin/senders/senders.js';
import { defaultOf, type StoredSender } from '../../../../server/admin/senders/stored.js';
import type { ChannelName } from '../../../../server/domain/channels.js';
import type { Collection } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';

eachEngine(({ open }) => {
  const clock = new ManualClock();
  let stored: Collection<StoredSender>;
  let senders: Senders;
  let workspaces = 0;

  beforeAll(async () => {
    const documents = await open({ clock });
    stored = documents.collection('senders');
    senders = createSenders(documents, clock);
  });

  /** A workspace with these senders, registered one second after another. */
  async function workspaceWith(...registered: [ChannelName, string, Partial<StoredSender>?][]) {
    const workspace = `workspace-${workspaces++}`;
    for (const [channel, senderId, more] of registered) {
      clock.advance(1000);
      const _id = `${workspace}/${channel}/${senderId}`;
      await stored.insertOne({ _id, channel, senderId, createdAt: new Date(clock.now()), ...more });
    }
    return workspace;
  }
  const choose = async (workspace: string, senderId: string, ...channels: ChannelName[]) =>
    Object.fromEntries(await senders.choose(workspace, senderId, channels));
  const notAllowed = expect.objectContaining({
    reason: 'SENDER_NOT_ALLOWED',
    details: expect.objectContaining({ violations: [expect.objectContaining({ field: 'sender_id' })] }),
  });

  describe('where a workspace has registered no sender', () => {
    it('messages leave under the service’s own', async () => {
      expect(await choose(await workspaceWith(), '', 'email', 'sms', 'whatsapp')).toEqual({});
    });

    it('any name that the channel can carry may be used', async () => {
      const workspace = await workspaceWith();
      expect(await choose(workspace, 'ACME', 'sms')).toEqual({ sms: 'ACME' });
      expect(await choose(workspace, 'No-Reply@acme.example', 'email')).toEqual({
        email: 'no-reply@acme.example',
      });
      expect(await choose(workspace, '+573001234542', 'sms', 'whatsapp')).toEqual({
        sms: '+573001234542',
        whatsapp: '+573001234542',
      });
      for (const [name, channel] of [
        ['ACME', 'email'],
        ['ACME', 'whatsapp'],
        ['A', 'sms'],
        ['x@y.example', 'sms'],
        ['x@y.example\r\nBcc: z@y.example', 'email'],
      ] as const) {
        await expect(choose(workspace, name, channel)).rejects.toEqual(notAllowed);
      }
    });
  });

  describe('where a workspace has registered senders', () => {
    it('only those may be used, on their own channel', async () => {
      const workspace = await workspaceWith(['sms', 'ACME'], ['whatsapp', '+573001234542']);
      expect(await choose(workspace, 'ACME', 'sms')).toEqual({ sms: 'ACME' });
      await expect(choose(workspace, 'Acme', 'sms')).rejects.toEqual(notAllowed);
      await expect(choose(workspace, 'OTHER', 'sms')).rejects.toEqual(notAllowed);
      await expect(choose(workspace, '+573001234542', 'sms')).rejects.toEqual(notAllowed);
      expect(await choose(workspace, '+57 300 123 4542', 'whatsapp')).toEqual({ whatsapp: '+573001234542' });
      // None is registered for e-mail.
      expect(await choose(workspace, 'x@y.example', 'email')).toEqual({ email: 'x@y.example' });
    });

    it('a name applies where it may be used, and the others keep their default', async () => {
      const workspace = await workspaceWith(['sms', 'ACME'], ['email', 'otp@acme.example']);
      expect(await choose(workspace, 'ACME', 'email', 'sms', 'whatsapp')).toEqual({
        email: 'otp@acme.example',
        sms: 'ACME',
      });
      await expect(choose(workspace, 'OTHER', 'email', 'sms')).rejects.toEqual(notAllowed);
    });

    it('the default one is used when none is named, else the oldest', async () => {
      const first = await workspaceWith(['sms', 'ZULU'], ['sms', 'ALFA']);
      expect(await choose(first, '', 'sms', 'email')).toEqual({ sms: 'ZULU' });
      const flagged = await workspaceWith(
        ['sms', 'ZULU'],
        ['sms', 'ALFA', { defaultAt: new Date(clock.now()) }],
      );
      expect(await choose(flagged, '', 'sms')).toEqual({ sms: 'ALFA' });
    });

    it('an e-mail sender carries its display name', async () => {
      const workspace = await workspaceWith(['email', 'otp@acme.example', { displayName: 'Acme "OTP"' }]);
      const from = '"Acme \\"OTP\\"" <otp@acme.example>';
      expect(await choose(workspace, '', 'email')).toEqual({ email: from });
      expect(await choose(workspace, 'OTP@acme.example', 'email')).toEqual({ email: from });
    });

    it('another workspace never uses them', async () => {
      const workspace = await workspaceWith(['sms', 'ACME']);
      // Its name begins with the other's, and the one after it in order.
      for (const other of [`${workspace}-2`, `${workspace}0`, await workspaceWith()]) {
        expect(await choose(other, '', 'sms')).toEqual({});
      }
    });
  });

  it('are remembered for five seconds at most, and not at all once forgotten', async () => {
    const workspace = await workspaceWith(['sms', 'ACME']);
    expect(await choose(workspace, '', 'sms')).toEqual({ sms: 'ACME' });
    await stored.deleteOne({ _id: `${workspace}/sms/ACME` });
    clock.advance(4_999);
    expect(await choose(workspace, '', 'sms')).toEqual({ sms: 'ACME' });
    clock.advance(1);
    expect(await choose(workspace, '', 'sms')).toEqual({});
    await stored.insertOne({
      _id: `${workspace}/sms/BOLT`,
      channel: 'sms',
      senderId: 'BOLT',
      createdAt: new Date(clock.now()),
    });
    senders.forget(workspace);
    expect(await choose(workspace, '', 'sms')).toEqual({ sms: 'BOLT' });
  });
});

describe('the default of a channel', () => {
  const sender = (senderId: string, made: number, flagged?: number): StoredSender => ({
    _id: `acme/sms/${senderId}`,
    channel: 'sms',
    senderId,
    createdAt: new Date(made),
    ...(flagged !== undefined && { defaultAt: new Date(flagged) }),
  });

  it.each([
    ['none of none', [], undefined],
    ['the oldest where none is flagged', [sender('A', 2), sender('B', 1), sender('C', 3)], 'B'],
    ['the flagged one', [sender('A', 1), sender('B', 2, 5)], 'B'],
    ['the one flagged last of several', [sender('A', 1, 7), sender('B', 2, 5)], 'A'],
    ['one and the same of two flagged at once', [sender('A', 1, 7), sender('B', 2, 7)], 'B'],
  ] as const)('is %s', (_what, senders, expected) => {
    expect(defaultOf(senders)?.senderId).toBe(expected);
    expect(defaultOf([...senders].reverse())?.senderId).toBe(expected);
  });
});
