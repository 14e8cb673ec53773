import type { Inbox } from '../delivery/vendors/inbox/inbox.js';
import { pageHeaders } from '../http/pageHeaders.js';
import { sendJson } from '../http/respond.js';
import type { ExactRoute } from '../http/router.js';
import type { Random } from '../platform/random.js';
import { checkInboxRequest, type InboxAccess } from './inboxAccess.js';
import { inboxPage } from './inboxPage.js';

/** The inbox, and who may read it. */
export interface InboxParts {
  readonly inbox: Inbox;
  readonly access: InboxAccess;
}

/**
 * The development inbox: `GET /inbox`, a page without data that everybody may
 * load, and `GET /inbox.json`, `{messages: […]}` newest first, for callers with
 * the inbox token.
 */
export function inboxRoutes({ inbox, access }: InboxParts, random: Random): ExactRoute[] {
  return [
    {
      method: 'GET',
      path: '/inbox',
      handle(_req, res) {
        const nonce = random.bytes(16).toString('base64url');
        res.writeHead(200, pageHeaders({ nonce }));
        res.end(inboxPage(nonce));
      },
    },
    {
      method: 'GET',
      path: '/inbox.json',
      async handle(req, res) {
        checkInboxRequest(access, req, res);
        sendJson(req, res, 200, { messages: await inbox.list() });
      },
    },
  ];
}
