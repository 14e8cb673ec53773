import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { channelsOf, refusalOf, statusOf } from '../../../server/session/status.js';
import type { StoredChannel } from '../../../server/session/stored.js';

const time = fc.integer({ min: 0, max: 1_000 });
const standing = fc.record({
  status: fc.constantFrom('PENDING' as const, 'PARTIAL' as const, 'APPROVED' as const, 'CANCELED' as const),
  expiresAt: time.map((at) => new Date(at)),
  attemptsLeft: fc.integer({ min: 0, max: 2 }),
});
const redeemed = { expiresAt: new Date(0), redeemedAt: new Date(0) };

describe('where a session stands', () => {
  test.prop([standing, time])(
    'is the first that holds: approved, cancelled, expired, locked, partial, pending',
    (session, now) => {
      const status = statusOf(session, now);
      if (session.status === 'APPROVED' || session.status === 'CANCELED') expect(status).toBe(session.status);
      else if (now >= session.expiresAt.getTime()) expect(status).toBe('EXPIRED');
      else if (session.attemptsLeft === 0) expect(status).toBe('LOCKED');
      else expect(status).toBe(session.status);
    },
  );

  test.prop([standing, time])('refuses codes exactly when it is not open', (session, now) => {
    const open = ['PENDING', 'PARTIAL'].includes(statusOf(session, now));
    expect(refusalOf(session, now) === undefined).toBe(open);
  });

  test.prop([standing, time])('reports a redeemed token before everything else', (session, now) => {
    expect(refusalOf({ ...session, token: redeemed }, now)).toBe('SESSION_CONSUMED');
  });

  test.prop([standing, time, time])('time only ever ends a session', (session, now, later) => {
    if (statusOf(session, now) === 'EXPIRED') expect(statusOf(session, now + later)).toBe('EXPIRED');
  });

  it('changes at the millisecond of expiresAt', () => {
    const session = { status: 'PENDING', expiresAt: new Date(1_000), attemptsLeft: 1 } as const;
    expect([999, 1_000, 1_001].map((now) => statusOf(session, now))).toEqual([
      'PENDING',
      'EXPIRED',
      'EXPIRED',
    ]);
  });
});

it('channels are shown in one order, however they are stored', () => {
  const channel = {} as StoredChannel;
  const names = (channels: object) => channelsOf({ channels }).map(([name]) => name);
  expect(names({ whatsapp: channel, email: channel, sms: channel })).toEqual(['email', 'sms', 'whatsapp']);
  expect(names({ whatsapp: channel, sms: channel })).toEqual(['sms', 'whatsapp']);
  expect(names({})).toEqual([]);
});
