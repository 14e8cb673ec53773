import { gunzipSync } from 'node:zlib';
import { Failure } from '../errors.js';
import { decodeUtf8 } from '../http/body.js';
import type { HttpRequest } from '../http/message.js';

/** Whether a request is one of Connect's with a JSON body. */
export const isJsonPost = (req: HttpRequest): boolean =>
  req.method === 'POST' && /^application\/json\b/i.test(req.headers['content-type'] ?? '');

/**
 * The JSON text of a Connect request, from its body or, for a GET, its URL;
 * undefined where it is not JSON or cannot be unpacked within `limit` bytes.
 * Throws INVALID_REQUEST for what is not UTF-8.
 */
export function jsonTextOf(
  req: HttpRequest,
  body: Uint8Array | undefined,
  limit: number,
): string | undefined {
  if (body) return unpacked(body, req.headers['content-encoding'], limit);
  if (req.method !== 'GET') return undefined;
  const query = new URLSearchParams(req.url?.split('?', 2)[1]);
  const message = query.get('message') ?? '';
  if (query.get('encoding') !== 'json') return undefined;
  const isBase64 = query.get('base64') === '1';
  if (!isBase64) checkEscapes(req.url ?? '');
  const bytes = Buffer.from(message, isBase64 ? 'base64url' : 'utf8');
  return unpacked(bytes, query.get('compression') ?? undefined, limit);
}

function unpacked(bytes: Uint8Array, encoding: unknown, limit: number): string | undefined {
  if (encoding === undefined || encoding === 'identity') return decodeUtf8(bytes);
  const plain = encoding === 'gzip' ? inflated(bytes, limit) : undefined;
  return plain && decodeUtf8(plain);
}

function inflated(bytes: Uint8Array, limit: number): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch {
    return undefined;
  }
}

/** URLSearchParams would put U+FFFD in place of escapes that are not UTF-8. */
function checkEscapes(url: string): void {
  try {
    decodeURIComponent(/[?&]message=([^&#]*)/.exec(url)?.[1] ?? '');
  } catch {
    throw new Failure('INVALID_REQUEST', { message: 'The message in the URL is not UTF-8.' });
  }
}
