import type { Inbox } from '../delivery/vendors/inbox/inbox.js';
import type { InboxMessage } from '../delivery/vendors/inbox/messages.js';
import { sendJson } from '../http/respond.js';
import type { ExactRoute } from '../http/router.js';
import { checkInboxRequest, type InboxAccess } from './inboxAccess.js';

/** Most messages of a response. */
const SHOWN = 100;

/** The inbox, and who may read it. */
export interface InboxParts {
  readonly inbox: Inbox;
  readonly access: InboxAccess;
}

/**
 * `GET /inbox.json`: the messages of the development inbox, `{messages: […]}`
 * newest first, for callers with the inbox token. InboxService does more.
 */
export const inboxRoute = ({ inbox, access }: InboxParts): ExactRoute => ({
  method: 'GET',
  path: '/inbox.json',
  async handle(req, res) {
    checkInboxRequest(access, req, res);
    const messages = await inbox.messages.find({}, SHOWN);
    sendJson(req, res, 200, { messages: messages.map(shown) });
  },
});

const shown = ({ workspace: _workspace, code: _code, ...message }: InboxMessage) => message;
