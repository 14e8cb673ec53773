import { HOUR_MS } from '../platform/durations.js';
import type { Random } from '../platform/random.js';
import type { Encryption } from '../secrets/encryption.js';
import type { Place } from '../secrets/sealedFields.js';
import { newWebhookSecret, type SignedHeaders, signWebhook } from '../secrets/tokens/standardWebhooks.js';
import { WEBHOOK_LIMITS } from './limits.js';
import type { StoredSecret } from './stored.js';

/** Where a secret of an endpoint is sealed. */
export const endpointSecretPlace = (endpoint: string, id: string): Place => ({
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
  const secret = newWebhookSecret(random);
  const id = random.bytes(6).toString('hex');
  return { secret, stored: { id, sealed: encryption.seal(endpointSecretPlace(endpoint, id), secret) } };
}

/** The secrets with a new one in front; the one it replaces signs for a while yet. */
export function rotateSecrets(
  secrets: readonly StoredSecret[],
  fresh: StoredSecret,
  now: number,
): readonly StoredSecret[] {
  const until = new Date(now + WEBHOOK_LIMITS.oldSecretHours * HOUR_MS);
  const old = signingSecrets(secrets, now).map((secret) => ({ until, ...secret }));
  return [fresh, ...old].slice(0, WEBHOOK_LIMITS.secrets);
}

/** Those that still sign, newest first. */
export const signingSecrets = (secrets: readonly StoredSecret[], now: number): readonly StoredSecret[] =>
  secrets.filter(({ until }) => !until || until.getTime() > now);

/** The headers that sign what an endpoint is sent, with every secret that counts. */
export function signedHeaders(
  encryption: Encryption,
  endpoint: { readonly _id: string; readonly secrets: readonly StoredSecret[] },
  id: string,
  body: string,
  now: number,
): SignedHeaders {
  const secrets = signingSecrets(endpoint.secrets, now).map((secret) =>
    encryption.open(endpointSecretPlace(endpoint._id, secret.id), secret.sealed),
  );
  return signWebhook(secrets, id, body, now);
}
