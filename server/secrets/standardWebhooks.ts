import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Clock } from '../clock.js';

/** How far a message's time may be from ours, milliseconds: what is older may be a replay. */
export const TOLERANCE_MS = 5 * 60_000;

/** The headers of a signed message, as the Standard Webhooks specification names them. */
export type SignedHeaders = Readonly<
  Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>
>;

/**
 * The headers that sign a message (Standard Webhooks). `secret` is whsec_ and the
 * key in base64; the id is the same whenever the message is repeated.
 */
export function signWebhook(secret: string, id: string, body: string, now: number): SignedHeaders {
  return {
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(now / 1000)}`,
    'webhook-signature': new Webhook(secret).sign(id, new Date(now), body),
  };
}

/**
 * Whether headers sign this body with this secret, at about this time. The
 * package's own check reads the machine's clock.
 */
export function isSignedWebhook(
  secret: string,
  headers: Readonly<Record<string, unknown>>,
  body: string,
  clock: Clock,
): boolean {
  const given = headers as Readonly<Partial<Record<keyof SignedHeaders, unknown>>>;
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = given;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false;
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  const signedAt = Number(timestamp) * 1000;
  if (Math.abs(signedAt - clock.now()) > TOLERANCE_MS) return false;
  const expected = Buffer.from(new Webhook(secret).sign(id, new Date(signedAt), body));
  return signatures
    .split(' ')
    .map((one) => Buffer.from(one))
    .some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}
