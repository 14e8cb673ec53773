import type { HttpRequest } from './message.js';

const LOOPBACK = /^(127\.|::1$)/;
const OWN_NAMES = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * Whether a request comes from this machine, and calls it by its own name: a
 * site that points its name here (DNS rebinding) or a proxy in front is a stranger.
 */
export function fromThisMachine(req: HttpRequest): boolean {
  const peer = (req.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const name = ('authority' in req ? req.authority : req.headers.host) ?? '';
  const forwarded = req.headers['x-forwarded-for'] !== undefined || req.headers.forwarded !== undefined;
  return !forwarded && LOOPBACK.test(peer) && OWN_NAMES.test(name);
}
