import { cors } from '@connectrpc/connect';
import type { HttpRequest, HttpResponse } from './message.js';

const list = (...names: readonly string[]): string =>
  [...new Set(names.map((name) => name.toLowerCase()))].join(', ');

const ALLOWED_METHODS = [...cors.allowedMethods, 'DELETE'].join(', ');
const ALLOWED_HEADERS = list(
  ...cors.allowedHeaders,
  'Authorization',
  'X-API-Key',
  'Idempotency-Key',
  'X-Device-Id',
  'X-Request-Id',
  'X-Team-ID',
  // Trace context, which instrumented pages send with every request (https://www.w3.org/TR/trace-context/, /TR/baggage/).
  'traceparent',
  'tracestate',
  'baggage',
);
const EXPOSED_HEADERS = list(
  ...cors.exposedHeaders,
  'Retry-After',
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-Sandbox-Code',
  'X-Ignored-Fields',
);

/** Seconds a browser may remember a preflight; 2 h is the most any of them honours. */
const MAX_AGE = '7200';

/** Whether a request is a browser asking for leave before its real request. */
export const isPreflight = (req: HttpRequest): boolean =>
  req.method === 'OPTIONS' &&
  req.headers.origin !== undefined &&
  req.headers['access-control-request-method'] !== undefined;

/**
 * Lets any origin ask. A preflight carries no credential, so it cannot be known
 * yet whose request this will be; the pipeline checks the origin of the request
 * itself against its workspace. Credentials mode is not offered: nothing here
 * reads cookies, so no page can act with what a browser keeps.
 */
export function answerPreflight(req: HttpRequest, res: HttpResponse): void {
  res.writeHead(204, {
    'access-control-allow-origin': req.headers.origin,
    'access-control-allow-methods': ALLOWED_METHODS,
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': MAX_AGE,
    vary: 'origin, access-control-request-method, access-control-request-headers',
  });
  res.end();
}

/** Lets the page that sent a request read the response. */
export function allowOrigin(req: HttpRequest, res: HttpResponse): void {
  const { origin } = req.headers;
  if (origin === undefined) return;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
  res.setHeader('vary', 'origin');
}
