import type { HttpRequest } from './message.js';

const LOOPBACK = /^(127\.|::1$)/;
const OWN_NAMES = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
/** Header fields that proxies and content delivery networks add. */
const ADDED_BY_PROXIES =
  /^(x-forwarded-|x-real-ip$|x-client-ip$|x-original-|x-cluster-|forwarded$|via$|cf-|true-client-ip$|fastly-|fly-|x-envoy-|x-amzn-|x-azure-|cdn-loop$|x-scheme$|x-cache)/;

/** Whether a request names this machine by a name of its own. */
export const hasOwnName = (req: HttpRequest): boolean =>
  OWN_NAMES.test(('authority' in req ? req.authority : req.headers.host) ?? '');

/**
 * Whether a proxy has passed a request on: by a field that one adds, or because
 * it speaks HTTP/1.0, as proxies do to servers and no client of today does.
 */
export const isProxied = (req: HttpRequest): boolean =>
  req.httpVersion === '1.0' || Object.keys(req.headers).some((name) => ADDED_BY_PROXIES.test(name));

/**
 * Whether a request comes from this machine, and calls it by its own name: a
 * site that points its name here (DNS rebinding) or a proxy in front is a stranger.
 */
export function fromThisMachine(req: HttpRequest): boolean {
  const peer = (req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return LOOPBACK.test(peer) && hasOwnName(req) && !isProxied(req);
}
