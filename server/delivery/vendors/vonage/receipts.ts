import { hash } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { parseObject } from '../../../http/body.js';
import type { Clock } from '../../../platform/clock.js';
import { isSameSecret } from '../../../secrets/isSameSecret.js';
import { TOLERANCE_MS } from '../../../secrets/tokens/standardWebhooks.js';
import type { Report } from '../../reports.js';
import { DELIVERED, failedBy, headerOf, type ReceiptReader } from '../receipts.js';
import { vonageCode, vonageMeaning } from './errors.js';

/**
 * Message status webhooks of Vonage's Messages API, which is the API we send by:
 * a JSON Web Token (HS256) in Authorization says when it was sent and holds the
 * SHA-256 of the body (https://developer.vonage.com/en/getting-started/concepts/webhooks).
 * The `sig` parameter belongs to the older SMS API and is not accepted.
 */
export function vonageReceipts(signatureSecret: string, clock: Clock): ReceiptReader {
  return {
    mediaType: 'application/json',
    isSigned(request) {
      const token = /^\s*bearer\s+(\S+)\s*$/i.exec(headerOf(request, 'authorization'))?.[1];
      const claims = claimsOf(token, signatureSecret, clock.now());
      if (typeof claims?.iat !== 'number' || typeof claims.payload_hash !== 'string') return false;
      const isRecent = Math.abs(claims.iat * 1000 - clock.now()) <= TOLERANCE_MS;
      return isSameSecret(claims.payload_hash.toLowerCase(), hash('sha256', request.body, 'hex')) && isRecent;
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
      return failed(error);
    default:
      return undefined;
  }
}

function failed(error: unknown): Report['end'] {
  const { type, detail, title } = (error ?? {}) as { type?: unknown; detail?: unknown; title?: unknown };
  const text = detail ?? title;
  return failedBy(vonageMeaning(type), vonageCode(type), typeof text === 'string' ? text : undefined);
}
