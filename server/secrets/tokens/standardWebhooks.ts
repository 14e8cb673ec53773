import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Predicate } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';

/** How far a message's time may be from ours, milliseconds: what is older may be a replay. */
export const TOLERANCE_MS = 5 * MINUTE_MS;

/** The headers of a signed message, as the Standard Webhooks specification names them. */
export type SignedHeaders = Readonly<
  Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>
>;

const SECRET_PREFIX = 'whsec_';
/** The standard asks for 24 to 64 bytes. */
const SECRET_BYTES = { min: 24, new: 32, max: 64 } as const;

/** A new secret: whsec_ and the key in base64. */
export const newWebhookSecret = (random: Random): string =>
  SECRET_PREFIX + random.bytes(SECRET_BYTES.new).toString('base64');

/** What is wrong with a secret that was made elsewhere; undefined when nothing is. */
export function webhookSecretFault(secret: string): Predicate | undefined {
  const text = secret.slice(SECRET_PREFIX.length);
  const key = Buffer.from(text, 'base64');
  // What signs with it takes whole base64 only.
  if (key.toString('base64') !== text) return 'must be whsec_ and base64';
  const { min, max } = SECRET_BYTES;
  return key.length < min || key.length > max ? `must hold ${min} to ${max} bytes` : undefined;
}

/**
 * The headers that sign a message (https://www.standardwebhooks.com/), with
 * every secret given: a receiver looks for one that it knows. The id is the same
 * whenever the message is repeated.
 */
export function signWebhook(
  secrets: readonly string[],
  id: string,
  body: string,
  now: number,
): SignedHeaders {
  const at = new Date(now);
  return {
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(now / 1000)}`,
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
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
