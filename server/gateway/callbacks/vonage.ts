import { hash } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { vonageVerdict } from '../../delivery/providers/vonage.js';
import type { Report } from '../../delivery/reports.js';
import { parseObject } from '../../http/body.js';
import { bearer } from '../../pipeline/headers.js';
import type { Clock } from '../../platform/clock.js';
import { isSameSecret } from '../../secrets/isSameSecret.js';
import { TOLERANCE_MS } from '../../secrets/tokens/standardWebhooks.js';
import { type CallbackVendor, DELIVERED, failedBy, headerOf } from './vendor.js';

/**
 * Message status webhooks of Vonage's Messages API, which is the API we send by:
 * a JSON Web Token (HS256) in Authorization says when it was sent and holds the
 * SHA-256 of the body (https://developer.vonage.com/en/getting-started/concepts/webhooks).
 * The `sig` parameter belongs to the older SMS API and is not taken.
 */
export function vonageCallbacks(signatureSecret: string, clock: Clock): CallbackVendor {
  return {
    name: 'vonage',
    mediaType: 'application/json',
    isSigned(callback) {
      const claims = claimsOf(bearer(headerOf(callback, 'authorization')), signatureSecret, clock.now());
      if (typeof claims?.iat !== 'number' || typeof claims.payload_hash !== 'string') return false;
      const isRecent = Math.abs(claims.iat * 1000 - clock.now()) <= TOLERANCE_MS;
      return (
        isSameSecret(claims.payload_hash.toLowerCase(), hash('sha256', callback.body, 'hex')) && isRecent
      );
    },
    readReports({ body }) {
      const { message_uuid: vendorId, status, error } = parseObject(body);
      const end = endOf(status, error);
      return typeof vendorId === 'string' && end ? [{ provider: 'vonage', vendorId, end }] : [];
    },
  };
}

function claimsOf(token: string | undefined, secret: string, now: number): jwt.JwtPayload | undefined {
  if (token === undefined) return undefined;
  try {
    const clockTimestamp = Math.floor(now / 1000);
    const claims = jwt.verify(token, secret, { algorithms: ['HS256'], clockTimestamp });
    return typeof claims === 'string' ? undefined : claims;
  } catch {
    return undefined;
  }
}

function endOf(status: unknown, error: unknown): Report['end'] | undefined {
  switch (status) {
    case 'delivered':
    case 'read':
      return DELIVERED;
    case 'rejected':
    case 'undeliverable':
      return failedBy(vonageVerdict((error as { readonly type?: unknown } | null | undefined)?.type));
    default:
      return undefined;
  }
}
