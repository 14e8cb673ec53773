import { Webhook } from 'standardwebhooks';
import type { Random } from '../random.js';
import type { Encryption, Place } from '../secrets/encryption.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { StoredSecret } from './stored.js';

/** Bytes of a secret; the standard asks for 24 to 64. */
const SECRET_BYTES = 32;

const place = (endpoint: string, id: string): Place => ({
  collection: 'webhooks',
  id: endpoint,
  field: `secrets.${id}`,
});

/** A new secret of an endpoint, to be shown once, and sealed for its document. */
export function newSecret(
  encryption: Encryption,
  random: Random,
  endpoint: string,
): { readonly secret: string; readonly stored: StoredSecret } {
  const secret = `whsec_${random.bytes(SECRET_BYTES).toString('base64')}`;
  const id = random.bytes(6).toString('hex');
  return { secret, stored: { id, sealed: encryption.seal(place(endpoint, id), secret) } };
}

/** The secrets with a new one in front; the one it replaces signs for a while yet. */
export function rotated(
  secrets: readonly StoredSecret[],
  fresh: StoredSecret,
  now: number,
): readonly StoredSecret[] {
  const until = new Date(now + WEBHOOK_LIMITS.oldSecretHours * 3_600_000);
  const old = signing(secrets, now).map((secret) => ({ until, ...secret }));
  return [fresh, ...old].slice(0, WEBHOOK_LIMITS.secrets);
}

/** Those that still sign, newest first. */
export const signing = (secrets: readonly StoredSecret[], now: number): readonly StoredSecret[] =>
  secrets.filter(({ until }) => !until || until.getTime() > now);

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com/): signed
 * with every secret that counts, and receivers look for one that they know.
 */
export function signedHeaders(
  encryption: Encryption,
  endpoint: { readonly _id: string; readonly secrets: readonly StoredSecret[] },
  id: string,
  body: string,
  now: number,
): Record<string, string> {
  const at = new Date(now);
  const signatures = signing(endpoint.secrets, now).map((secret) =>
    new Webhook(encryption.open(place(endpoint._id, secret.id), secret.sealed)).sign(id, at, body),
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
}
