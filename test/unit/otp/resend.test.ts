import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Channel, SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import type { Workspace } from '../../../server/admin/workspaces/stored.js';
import { defaultWorkspace } from '../../../server/admin/workspaces/stored.js';
import type { ChannelName } from '../../../server/domain/channels.js';
import type { Documents } from '../../../server/store/documents.js';
import { eachEngine } from '../../support/engines.js';
import { createUseCases, newRecipients, reasonOf, type UseCases, wrong } from './support/useCases.js';

const COOLDOWN = 30_000;
const LIFE = 300_000;

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  let workspace: string;
  let workspaces = 0;
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents);
  });
  beforeEach(async () => {
    workspace = `w${workspaces++}`;
    // Limits per recipient are tested elsewhere; here only those of the session shall refuse.
    const limits = { 'recipient-sends': { max: 0, windowSeconds: 300 } };
    await documents.collection<Workspace>('workspaces').insertOne({ ...defaultWorkspace(workspace), limits });
  });

  const otp = () => service.as({ workspace });
  const later = (ms: number) => service.clock.advance(ms);
  const opened = async (channels: readonly ChannelName[] = ['email'], more: object = {}) => {
    const { session } = await otp().send({ recipients: newRecipients(...channels), ...more });
    return session!.id;
  };
  const codes = (id: string) => service.codes(workspace, id);
  const resend = (sessionId: string, channels: Channel[] = []) => otp().resend({ sessionId, channels });
  const at = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 });
  const verify = (sessionId: string, code: string) => reasonOf(otp().verify({ sessionId, code }));

  it('makes a new code, and the old one is wrong from then on and costs an attempt', async () => {
    const id = await opened();
    const { email: old } = await codes(id);
    later(COOLDOWN);
    const { session } = await resend(id);
    expect(session?.id).toBe(id);
    const { email: code } = await codes(id);
    expect(code).not.toBe(old);
    expect(await verify(id, old)).toBe('INVALID_CODE');
    const { session: verified } = await otp().verify({ sessionId: id, code });
    expect(verified?.attemptsRemaining).toBe(2);
  });

  it('waits for the cooldown, to the millisecond, and says how long', async () => {
    const id = await opened();
    later(1);
    await expect(resend(id)).rejects.toMatchObject({
      reason: 'RESEND_TOO_SOON',
      details: { retryAfterMs: COOLDOWN - 1 },
    });
    later(COOLDOWN - 2);
    await expect(resend(id)).rejects.toMatchObject({
      reason: 'RESEND_TOO_SOON',
      details: { retryAfterMs: 1 },
    });
    later(1);
    const { session } = await resend(id);
    expect(session?.resendAvailableAt).toMatchObject(at(service.clock.now() + COOLDOWN));
    await expect(resend(id)).rejects.toMatchObject({ reason: 'RESEND_TOO_SOON' });
  });

  it('happens five times, and the sixth is refused', async () => {
    const id = await opened();
    for (let n = 1; n <= 5; n++) {
      later(COOLDOWN);
      const { session } = await resend(id);
      expect(session?.resendAvailableAt === undefined).toBe(n === 5);
    }
    later(COOLDOWN);
    expect(await reasonOf(resend(id))).toBe('RESENDS_EXHAUSTED');
    expect(await verify(id, (await codes(id)).email)).toBe('OK');
  });

  it('gives back no attempt, and a locked session stays locked', async () => {
    const id = await opened();
    for (let left = 2; left >= 1; left--) {
      expect(await verify(id, wrong((await codes(id)).email))).toBe('INVALID_CODE');
      later(COOLDOWN);
      expect((await resend(id)).session?.attemptsRemaining).toBe(left);
    }
    expect(await verify(id, wrong((await codes(id)).email))).toBe('INVALID_CODE');
    later(COOLDOWN);
    expect(await reasonOf(resend(id))).toBe('ATTEMPTS_EXHAUSTED');
    later(LIFE);
    expect(await reasonOf(resend(id))).toBe('ATTEMPTS_EXHAUSTED');
  });

  it('starts the lifetime again, never beyond three lifetimes from the beginning', async () => {
    const begun = service.clock.now();
    const id = await opened();
    for (const [elapsed, expires] of [
      [LIFE - 1, 2 * LIFE - 1],
      [2 * LIFE, 3 * LIFE],
      [3 * LIFE - 1, 3 * LIFE],
    ] as const) {
      later(begun + elapsed - service.clock.now());
      const { session } = await resend(id);
      expect(session?.expiresAt).toMatchObject(at(begun + expires));
      expect(session?.status).toBe(SessionStatus.PENDING);
    }
    expect(await verify(id, (await codes(id)).email)).toBe('OK');
  });

  it('revives an expired session up to three lifetimes from the beginning, and not at that millisecond', async () => {
    const [revived, over] = [await opened(), await opened()];
    later(3 * LIFE - 1);
    expect(await verify(revived, (await codes(revived)).email)).toBe('SESSION_EXPIRED');
    await resend(revived);
    const { email } = await codes(revived);
    expect(await verify(revived, email)).toBe('OK');
    later(1);
    expect(await reasonOf(resend(over))).toBe('SESSION_EXPIRED');
  });

  it.each(['cancelled', 'verified', 'redeemed'] as const)(
    'is refused once the session is %s',
    async (fate) => {
      const id = await opened();
      if (fate === 'cancelled') await otp().cancelSession({ sessionId: id });
      else {
        const { verificationToken } = await otp().verify({ sessionId: id, code: (await codes(id)).email });
        if (fate === 'redeemed') {
          await otp().redeem({ verificationToken, operation: { type: 'payment', id: '1' } });
        }
      }
      later(COOLDOWN);
      const reasons = {
        cancelled: 'SESSION_CANCELED',
        verified: 'ALREADY_VERIFIED',
        redeemed: 'SESSION_CONSUMED',
      };
      expect(await reasonOf(resend(id))).toBe(reasons[fate]);
    },
  );

  describe('of a session with several channels', () => {
    const all = ['email', 'sms', 'whatsapp'] as const;

    it('renews the codes of those not yet verified only', async () => {
      const id = await opened(all);
      const before = await codes(id);
      await otp().verify({ sessionId: id, codes: { sms: before.sms } });
      later(COOLDOWN);
      const { session } = await resend(id);
      expect(session).toMatchObject({ status: SessionStatus.PARTIAL });
      const after = await codes(id);
      expect(after.email).not.toBe(before.email);
      expect(after.whatsapp).not.toBe(before.whatsapp);
      expect(after.sms).toBeUndefined();
      expect((await service.stored(workspace, id)).channels.sms).toMatchObject({ state: 'VERIFIED' });
    });

    it('renews the named ones only, and leaves the code of the others good', async () => {
      const id = await opened(all);
      const before = await codes(id);
      later(COOLDOWN);
      await resend(id, [Channel.SMS]);
      const after = await codes(id);
      expect(after).toMatchObject({ email: before.email, whatsapp: before.whatsapp });
      expect(after.sms).not.toBe(before.sms);
      const { session } = await otp().verify({ sessionId: id, codes: after });
      expect(session?.status).toBe(SessionStatus.APPROVED);
    });

    it('is refused when only verified ones are named, or one that the session does not use', async () => {
      const id = await opened(['email', 'sms']);
      await otp().verify({ sessionId: id, codes: { sms: (await codes(id)).sms } });
      later(COOLDOWN);
      expect(await reasonOf(resend(id, [Channel.SMS]))).toBe('ALREADY_VERIFIED');
      expect(await reasonOf(resend(id, [Channel.EMAIL, Channel.WHATSAPP]))).toBe('CHANNEL_NOT_IN_SESSION');
      await resend(id, [Channel.EMAIL, Channel.SMS]);
    });
  });

  it('returns the new code of a sandbox session, and never one of a live one', async () => {
    const sandbox = await otp().send({ recipients: newRecipients('email'), sandbox: true });
    const live = await opened();
    later(COOLDOWN);
    const { sandboxCodes } = await resend(sandbox.session!.id);
    expect(sandboxCodes).toEqual(await codes(sandbox.session!.id));
    expect(sandboxCodes.email).not.toBe(sandbox.sandboxCodes.email);
    expect((await resend(live)).sandboxCodes).toEqual({});
  });
});
