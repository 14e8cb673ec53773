import { gunzipSync } from 'node:zlib';
import type { HttpRequest } from '../http/message.js';

/** Whether a request is one of Connect's with a JSON body. */
export const isJsonPost = (req: HttpRequest): boolean =>
  req.method === 'POST' && /^application\/json\b/i.test(req.headers['content-type'] ?? '');

/**
 * The JSON text of a Connect request, from its body or, for a GET, its URL;
 * undefined where it is not JSON or cannot be unpacked within `limit` bytes.
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
  const bytes = Buffer.from(message, query.get('base64') === '1' ? 'base64url' : 'utf8');
  return unpacked(bytes, query.get('compression') ?? undefined, limit);
}

function unpacked(bytes: Uint8Array, encoding: unknown, limit: number): string | undefined {
  const text = (plain: Uint8Array) =>
    Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('utf8');
  if (encoding === undefined || encoding === 'identity') return text(bytes);
  if (encoding !== 'gzip') return undefined;
  try {
    return text(gunzipSync(bytes, { maxOutputLength: limit }));
  } catch {
    return undefined;
  }
}
