import type { Logos } from '../admin/workspaces/logo.js';
import { Failure } from '../errors.js';
import { pathOf } from '../http/message.js';
import type { Route } from '../http/router.js';

export const LOGO_PATH = '/logos/';
const HASH = /^[0-9a-f]{64}$/;

/** `GET /logos/<hash>`: the logo of a workspace, for its verification pages. */
export const logoRoute = (logos: Logos): Route => ({
  prefix: LOGO_PATH,
  methods: ['GET', 'HEAD'],
  async handle(req, res) {
    const hash = pathOf(req).slice(LOGO_PATH.length);
    const logo = HASH.test(hash) ? await logos.find(hash) : undefined;
    if (!logo) throw new Failure('ROUTE_NOT_FOUND');
    res.writeHead(200, {
      'content-type': logo.type,
      'content-length': logo.bytes.length,
      // A picture and nothing else, also where its URL is opened.
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      // The name is the hash of the content.
      'cache-control': 'public, max-age=31536000, immutable',
    });
    res.end(req.method === 'HEAD' ? undefined : logo.bytes);
  },
});
