import { canonicalIpAddress, withoutPort } from '../domain/ipAddresses.js';
import type { Networks } from '../domain/networks.js';
import type { HttpRequest } from './message.js';

/**
 * The address a request comes from: the socket's peer, or, where that is a
 * trusted proxy, the last address in X-Forwarded-For that no trusted proxy
 * has. What is further left was written by an untrusted peer.
 * Canonical text (RFC 5952, IPv4-mapped as IPv4); empty once the connection is gone.
 */
export function peerAddress(req: HttpRequest, trustedProxies: Networks): string {
  let peer = canonicalIpAddress(req.socket.remoteAddress ?? '') ?? '';
  const forwarded = req.headers['x-forwarded-for'];
  if (forwarded === undefined || !trustedProxies.has(peer)) return peer;
  const hops = String(forwarded).split(',');
  for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
    const address = canonicalIpAddress(withoutPort(hop.trim()));
    if (address === undefined) return peer;
    peer = address;
    if (!trustedProxies.has(peer)) return peer;
  }
  return peer;
}
