import { isUtf8 } from 'node:buffer';
import { withJsonText } from '../domain/exactJson.js';
import { Failure } from '../errors.js';
import { LIMITS } from './limits.js';
import { type HttpRequest, isHttp2 } from './message.js';

/**
 * Reads a body that must be one JSON object in UTF-8, of at most `limit` bytes.
 * Throws Failure UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE or INVALID_REQUEST.
 */
export async function readJson(
  req: HttpRequest,
  limit: number = LIMITS.bodyBytes.default,
): Promise<Record<string, unknown>> {
  return parseObject(await readText(req, JSON_TYPE, limit));
}

/** Reads a text that must be one JSON object. Throws Failure INVALID_REQUEST. */
export function parseObject(text: string): Record<string, unknown> {
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Failure('INVALID_REQUEST', { message: 'The body must be a JSON object.' });
  }
  return withJsonText(value as Record<string, unknown>, text);
}

/** Reads an HTML form body (application/x-www-form-urlencoded). Throws as readJson does. */
export async function readForm(
  req: HttpRequest,
  limit: number = LIMITS.bodyBytes.default,
): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(req, 'application/x-www-form-urlencoded', limit));
}

const JSON_TYPE = 'application/json';

/** The media type of a request's body, lower case, without parameters; undefined without the header. */
export const mediaTypeOf = (req: HttpRequest): string | undefined =>
  req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();

function parse(text: string): unknown {
  let value: unknown;
  try {
    // RFC 8259 section 8.1: a byte order mark may be ignored.
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // The parser's own error quotes the body, which may hold a code; it must not become a cause that is logged.
    throw new Failure('INVALID_REQUEST', { message: 'The body is not JSON.' });
  }
  if (isWithin(value, LIMITS.bodyDepth.default)) return value;
  throw new Failure('INVALID_REQUEST', { message: 'The body is nested too deep.' });
}

/** Whether no more than so many objects and lists stand inside each other. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}

/**
 * Reads a body of that media type as the text it is in UTF-8, byte for byte. A
 * body without a Content-Type is taken for JSON. Throws as readJson does.
 */
export async function readText(
  req: HttpRequest,
  mediaType: string,
  limit: number = LIMITS.bodyBytes.default,
): Promise<string> {
  checkMediaType(req, mediaType);
  const body = await readBytes(req, limit);
  return decodeUtf8(body);
}

/** Throws INVALID_REQUEST where decoding would silently put U+FFFD in place of what is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Failure('INVALID_REQUEST', { message: 'The body is not UTF-8.' });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function checkMediaType(req: HttpRequest, mediaType: string): void {
  const { 'content-type': given, 'content-encoding': encoding } = req.headers;
  const charset = given?.includes(';') ? /;\s*charset="?([^";\s]+)/i.exec(given)?.[1] : undefined;
  const isMissing = given === undefined || given.trim() === '';
  if (!(isMissing ? mediaType === JSON_TYPE : mediaTypeOf(req) === mediaType))
    throw unsupported(`The Content-Type header must be ${mediaType}.`);
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw unsupported('The charset of the Content-Type header must be utf-8.');
  if (encoding !== undefined && encoding !== 'identity')
    throw unsupported('The Content-Encoding header must be left out: the body must not be compressed.');
}

const unsupported = (message: string) => new Failure('UNSUPPORTED_MEDIA_TYPE', { message });

/**
 * Reads all bytes of a body. One that comes in one chunk, as nearly every one
 * does, is handed on without a copy. Throws Failure BODY_TOO_LARGE, having kept
 * no more than `limit` bytes, and INVALID_REQUEST if the peer goes away.
 */
export function readBytes(req: HttpRequest, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length']) > limit) return reject(new Failure('BODY_TOO_LARGE'));
    // No one is left to respond to, so the reason only says why the work stopped.
    const cutOff = () => new Failure('INVALID_REQUEST', { message: 'The request was cut off.' });
    if (isHttp2(req) ? req.stream.destroyed : req.destroyed) return reject(cutOff());
    let chunks: Buffer[] | undefined;
    let first: Buffer | undefined;
    let size = 0;
    const settle = (failure?: Failure) => {
      req.off('data', onData).off('end', onEnd).off('close', onClose);
      if (failure) return reject(failure);
      resolve(chunks ? Buffer.concat(chunks, size) : (first ?? Buffer.alloc(0)));
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        // Unread bytes would keep the response from an HTTP/1.1 peer and the connection from the next request.
        req.resume();
        settle(new Failure('BODY_TOO_LARGE'));
      } else if (first === undefined) first = chunk;
      else if (chunks === undefined) chunks = [first, chunk];
      else chunks.push(chunk);
    };
    const onEnd = () => settle();
    // A body that is cut off closes before it ends, or (HTTP/2) in place of ending.
    const onClose = () => settle(cutOff());
    req.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}
