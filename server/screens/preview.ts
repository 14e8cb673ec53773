import { PREVIEW_PATH, type Previews } from '../delivery/previews.js';
import { Failure } from '../errors.js';
import { pathOf } from '../http/message.js';
import type { Route } from '../http/router.js';

/**
 * A message may hold anything. It runs nothing, loads nothing but what is in it,
 * has an origin of its own and is shown in frames of our own pages only.
 */
const POLICY = [
  'sandbox',
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

const REFERENCE = /^[\w-]{24}$/;

/** `GET /preview/<reference>`: the HTML of a message, once. */
export const previewRoute = (previews: Previews): Route => ({
  prefix: PREVIEW_PATH,
  methods: ['GET'],
  async handle(req, res) {
    const reference = pathOf(req).slice(PREVIEW_PATH.length);
    const html = REFERENCE.test(reference) ? await previews.take(reference) : undefined;
    if (html === undefined) throw new Failure('ROUTE_NOT_FOUND');
    res.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    res.end(html);
  },
});
