import type { Inbox } from '../delivery/providers/inbox.js';
import { Failure } from '../errors.js';
import { sendJson } from '../http/answer.js';
import type { HttpRequest } from '../http/message.js';
import { pageHeaders } from '../http/pageHeaders.js';
import type { ExactRoute } from '../http/router.js';
import type { Random } from '../random.js';
import { inboxPage } from './inboxPage.js';

const LOOPBACK = /^(127\.|::1$)/;
const OWN_NAMES = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * The development inbox: `GET /inbox` (a page) and `GET /inbox.json`,
 * `{messages: […]}` newest first. It shows codes and addresses in full, so it
 * answers callers on this machine only, and only by this machine's own name: a
 * site that points its name here (DNS rebinding) or a proxy in front sees nothing.
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
  const peer = (req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const name = ('authority' in req ? req.authority : req.headers.host) ?? '';
  const forwarded = req.headers['x-forwarded-for'] !== undefined || req.headers.forwarded !== undefined;
  if (forwarded || !LOOPBACK.test(peer) || !OWN_NAMES.test(name)) throw new Failure('ROUTE_NOT_FOUND');
}
