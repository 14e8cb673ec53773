import { Failure } from '../errors.js';
import { pathOf } from '../http/message.js';
import type { Route } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { sendFile } from './send.js';

const PREFIX = '/screens/';
/** Names contain a hash of the content, so what a browser has once it has for ever. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** `GET /screens/<name>-<hash>.<type>`: scripts, style sheets and fonts. */
export const assetRoutes = (files: ScreenFiles): Route[] => [
  {
    prefix: PREFIX,
    methods: ['GET'],
    handle(req, res) {
      const name = pathOf(req).slice(PREFIX.length);
      const file = name.includes('-') ? files.find(name) : undefined;
      if (!file) throw new Failure('ROUTE_NOT_FOUND');
      return sendFile(req, res, file, {
        'cache-control': FOR_EVER,
        'cross-origin-resource-policy': 'same-origin',
      });
    },
  },
];
