import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { CHANNELS, type ChannelName } from '../../../../server/domain/channels.js';
import { queueMessage } from '../../../../server/session/messages.js';
import { statusOf } from '../../../../server/session/status.js';
import type { FreshCode, StoredSession } from '../../../../server/session/stored.js';
import { cancel } from '../../../../server/session/transitions/cancel.js';
import { consume } from '../../../../server/session/transitions/consume.js';
import { erase } from '../../../../server/session/transitions/erase.js';
import { expire } from '../../../../server/session/transitions/expire.js';
import { lock } from '../../../../server/session/transitions/lock.js';
import { redeem } from '../../../../server/session/transitions/redeem.js';
import { renew } from '../../../../server/session/transitions/renew.js';
import { updateMessages, vendorKey } from '../../../../server/session/transitions/updateMessages.js';
import { changed, eventTypes, LIFETIME_MS, NOW, sampleSession } from '../support/sampleSession.js';

const AT = NOW + 40_000;
const END = NOW + LIFETIME_MS;

const consumed = (session: StoredSession, channel: ChannelName, at = AT) => {
  const codeHash = session.channels[channel]?.codeHash ?? '';
  return changed(session, consume(session, { channel, codeHash, request: undefined }, at));
};
const freshCodes = (...names: readonly ChannelName[]): Map<ChannelName, FreshCode> =>
  new Map(
    names.map((name) => [name, { codeHash: `hash ${name} 2`, delivery: queueMessage('sealed', 1, AT) }]),
  );

describe('open', () => {
  it('makes a pending session whose messages are due at once and paid for', () => {
    const session = sampleSession();
    expect(session).toMatchObject({
      rev: 0,
      status: 'PENDING',
      attemptsLeft: 3,
      deliverAt: new Date(NOW),
      expiresAt: new Date(END),
      expireAt: new Date(END),
      charges: { debit: { email: 50, sms: 50 } },
    });
    expect(session.channels.sms?.delivery.charge).toEqual({ debit: 'debit', amount: 50 });
    expect(session).not.toHaveProperty('eventsAt');
  });
});

describe('consume', () => {
  it('verifies one channel, gives its attempt back and leaves the others', () => {
    const seen = { ...sampleSession(), attemptsLeft: 2 };
    const session = consumed(seen, 'email');
    expect(session).toMatchObject({ status: 'PARTIAL', attemptsLeft: 3, deliverAt: new Date(NOW) });
    expect(session.channels.email).toMatchObject({ state: 'VERIFIED', delivery: { state: 'NOT_SENT' } });
    expect(session.channels.email).not.toHaveProperty('codeHash');
    expect(session.channels.sms).toEqual(seen.channels.sms);
    expect(eventTypes(session)).toEqual(['session.partial', 'refund']);
    expect(session).not.toHaveProperty('token');
  });

  it('approves with the last required channel: token for ten minutes, no code, nothing due', () => {
    const session = consumed(consumed(sampleSession(), 'email'), 'sms');
    expect(session).toMatchObject({
      status: 'APPROVED',
      approvedAt: new Date(AT),
      eraseAt: new Date(AT),
      token: { expiresAt: new Date(AT + 600_000), redeemedAt: null },
    });
    for (const absent of ['deliverAt', 'expireAt']) expect(session).not.toHaveProperty(absent);
    for (const { codeHash } of Object.values(session.channels)) expect(codeHash).toBeUndefined();
  });

  it('is guarded by the hash that was compared', () => {
    const { guard } = consume(
      sampleSession(),
      { channel: 'sms', codeHash: 'compared', request: undefined },
      AT,
    );
    expect(guard).toMatchObject({ 'channels.sms.codeHash': 'compared' });
  });
});

describe('renew', () => {
  test.prop([fc.integer({ min: 1, max: 10 }), fc.subarray([...CHANNELS], { minLength: 1 })])(
    'gives no attempts back',
    (attemptsLeft, names) => {
      const seen = { ...sampleSession(CHANNELS), attemptsLeft };
      const renewed = changed(seen, renew(seen, { by: 'client', fresh: freshCodes(...names) }, AT));
      expect(renewed.attemptsLeft).toBe(attemptsLeft);
      expect(renewed.resendsLeft).toBe(seen.resendsLeft - 1);
    },
  );

  it('replaces the codes it was given and leaves the others', () => {
    const seen = sampleSession();
    const session = changed(seen, renew(seen, { by: 'client', fresh: freshCodes('sms') }, AT));
    expect(session.channels.sms).toMatchObject({
      codeHash: 'hash sms 2',
      codeExpiresAt: new Date(AT + LIFETIME_MS),
      delivery: { n: 2, state: 'QUEUED' },
    });
    expect(session.channels.email).toEqual(seen.channels.email);
    expect(session.expireAt).toEqual(session.expiresAt);
    // The old message was paid for and had not left.
    expect(eventTypes(session)).toEqual(['refund']);
  });

  it('never brings back the code of a channel that was verified in the meantime, and refunds its message', () => {
    const seen = consumed(sampleSession(), 'email');
    const debit = { id: 'second', charges: { email: 50, sms: 50 } };
    const session = changed(
      seen,
      renew(seen, { by: 'client', fresh: freshCodes('email', 'sms'), debit }, AT),
    );
    expect(session.channels.email).toEqual(seen.channels.email);
    const refunds = session.events.slice(seen.events.length).map(({ id }) => id);
    expect(refunds).toEqual(['refund.email.second', 'refund.sms.1']);
  });

  it('never prolongs a session beyond three lifetimes', () => {
    const seen = sampleSession();
    const late = NOW + 3 * LIFETIME_MS - 1;
    const session = changed(seen, renew(seen, { by: 'client', fresh: freshCodes('email') }, late));
    expect(session.expiresAt).toEqual(new Date(late + 1));
  });
});

describe('cancel', () => {
  it('leaves no code and nothing due', () => {
    const seen = sampleSession();
    const session = changed(seen, cancel(seen, AT, 'client'));
    expect(statusOf(session, AT)).toBe('CANCELED');
    for (const absent of ['deliverAt', 'expireAt']) expect(session).not.toHaveProperty(absent);
    for (const { codeHash, delivery } of Object.values(session.channels)) {
      expect([codeHash, delivery.state]).toEqual([undefined, 'NOT_SENT']);
    }
    expect(eventTypes(session)).toEqual(['session.canceled', 'refund', 'refund']);
  });
});

describe('lock', () => {
  it('stops only the messages that wait for others', () => {
    const waiting = { fallback: [{ channel: 'sms', afterMs: 60_000 } as const] };
    const seen = { ...sampleSession(['email', 'sms'], waiting), attemptsLeft: 0 };
    const session = changed(seen, lock(seen, AT));
    expect(session.lockedAt).toEqual(new Date(AT));
    expect(session.channels.sms?.delivery.state).toBe('NOT_SENT');
    expect(session.channels.email).toEqual(seen.channels.email);
    expect(eventTypes(session)).toEqual(['session.locked', 'refund', 'unsent']);
  });

  it('is guarded, so that it happens once', () => {
    expect(lock(sampleSession(), AT).guard).toMatchObject({ lockedAt: null, attemptsLeft: { $lte: 0 } });
  });
});

describe('expire', () => {
  it('changes nothing before the end', () => {
    expect(expire(sampleSession(), END - 1)).toBeUndefined();
  });

  it('records the end once', () => {
    const seen = sampleSession();
    const session = changed(seen, expire(seen, END)!);
    expect(eventTypes(session)).toEqual(['session.expired']);
    expect(session).not.toHaveProperty('expireAt');
    expect(expire(session, END + 1)).toBeUndefined();
  });

  it('records the lock that was left out, if no attempts are left', () => {
    const seen = { ...sampleSession(), attemptsLeft: 0 };
    const session = changed(seen, expire(seen, END)!);
    expect(eventTypes(session)).toEqual(['session.locked']);
    expect(session.lockedAt).toEqual(new Date(END));
    expect(session).not.toHaveProperty('expireAt');
  });
});

describe('erase', () => {
  it('removes every address', () => {
    const seen = sampleSession();
    const session = changed(seen, erase(seen, AT));
    expect(JSON.stringify(session)).not.toContain('sealed email');
    expect(session).not.toHaveProperty('eraseAt');
  });

  it('waits while events may need the addresses', () => {
    const seen = { ...sampleSession(), eventsAt: new Date(AT) };
    const session = changed(seen, erase(seen, AT));
    expect(session.channels).toEqual(seen.channels);
    expect(session.eraseAt).toEqual(new Date(AT + 60_000));
  });
});

describe('redeem', () => {
  const beneficiary = { sponsorSlug: 'sponsor', beneficiaryId: 'b' };
  const operation = { type: 'DISPENSATION', id: '4711' };
  const approved = consumed(sampleSession(['email']), 'email');
  const redemption = { by: 'client', workspace: 'acme', operation, request: undefined };

  it('uses the token for the operation, and satisfies it for a beneficiary', () => {
    const seen = { ...approved, beneficiary, operation: { ...operation, productType: 'LAB' } };
    const session = changed(seen, redeem(seen, redemption, AT));
    expect(session.token).toMatchObject({
      redeemedAt: new Date(AT),
      redeemedFor: { ...operation, productType: 'LAB' },
    });
    expect(session.satisfies).toBe('acme/["sponsor","DISPENSATION","4711"]');
  });

  it('of a sandbox session satisfies nothing', () => {
    const seen = { ...approved, beneficiary, mode: 'test' as const };
    expect(changed(seen, redeem(seen, redemption, AT))).not.toHaveProperty('satisfies');
  });
});

describe('updateMessages', () => {
  it('makes a message findable by the id that its vendor gave it', () => {
    const seen = sampleSession(['email']);
    const messages = new Map([['email', seen.channels.email!.delivery]] as const);
    const attempt = {
      channel: 'email',
      n: 1,
      provider: 'twilio',
      at: new Date(AT),
      ms: 5,
      outcome: 'accepted',
    } as const;
    const reportedAs = vendorKey('twilio', 'SM1');
    const session = changed(seen, updateMessages(messages, AT, { attempt, reportedAs }));
    expect(session.vendorIds).toEqual(['twilio/SM1']);
    expect(session.attempts).toEqual([attempt]);
  });
});
