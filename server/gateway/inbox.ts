import type { Inbox } from '../delivery/vendors/inbox/inbox.js';
import { Failure } from '../errors.js';
import { fromThisMachine } from '../http/isLoopbackRequest.js';
import type { HttpRequest } from '../http/message.js';
import { pageHeaders } from '../http/pageHeaders.js';
import { sendJson } from '../http/respond.js';
import type { ExactRoute } from '../http/router.js';
import type { Random } from '../platform/random.js';
import { inboxPage } from './inboxPage.js';

/**
 * The development inbox: `GET /inbox` (a page) and `GET /inbox.json`,
 * `{messages: […]}` newest first. It shows codes and addresses in full, so it
 * serves callers on this machine only.
 */
export function inboxRoutes(inbox: Inbox, random: Random): ExactRoute[] {
  return [
    {
      method: 'GET',
      path: '/inbox',
      handle(req, res) {
        refuseStrangers(req);
        const nonce = random.bytes(16).toString('base64url');
        res.writeHead(200, pageHeaders(nonce));
        res.end(inboxPage(nonce));
      },
    },
    {
      method: 'GET',
      path: '/inbox.json',
      async handle(req, res) {
        refuseStrangers(req);
        sendJson(req, res, 200, { messages: await inbox.list() });
      },
    },
  ];
}

function refuseStrangers(req: HttpRequest): void {
  if (!fromThisMachine(req)) throw new Failure('ROUTE_NOT_FOUND');
}
