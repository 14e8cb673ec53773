import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { canonicalAddress } from '../domain/addresses.js';
import type { HttpRequest } from './message.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A set of networks, such as the proxies that are believed. */
export interface Networks {
  has(address: string): boolean;
}

/** Reads addresses and CIDR ranges. Throws an Error naming the first that is neither. */
export function networks(list: readonly string[]): Networks {
  const ranges = list.map(readRange);
  return {
    has(address) {
      if (ranges.length === 0 || isIP(address) === 0) return false;
      const parsed = ipaddr.process(address);
      return ranges.some(
        ([network, bits]) => network.kind() === parsed.kind() && parsed.match([network, bits] as never),
      );
    },
  };
}

function readRange(text: string): Range {
  if (ipaddr.isValidCIDR(text)) {
    const [network, bits] = ipaddr.parseCIDR(text);
    // A range written in IPv4-mapped form means the IPv4 range: peers are compared in that form.
    if (network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96) {
      return [network.toIPv4Address(), bits - 96];
    }
    return [network, bits];
  }
  if (isIP(text) === 0) throw new Error(`${text} is neither an address nor a CIDR range`);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/**
 * The address a request comes from: the socket's peer, or, where that is a
 * trusted proxy, the last address in X-Forwarded-For that no trusted proxy
 * has. Whatever stands further left was written by somebody untrusted.
 * Canonical text (RFC 5952, IPv4-mapped as IPv4); empty once the connection is gone.
 */
export function peerAddress(req: HttpRequest, trustedProxies: Networks): string {
  let peer = canonicalAddress(req.socket.remoteAddress ?? '') ?? '';
  const forwarded = req.headers['x-forwarded-for'];
  if (forwarded === undefined || !trustedProxies.has(peer)) return peer;
  const hops = String(forwarded).split(',');
  for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
    const address = canonicalAddress(withoutPort(hop.trim()));
    if (address === undefined) return peer;
    peer = address;
    if (!trustedProxies.has(peer)) return peer;
  }
  return peer;
}

/** Some proxies add the port: 192.0.2.1:4711 or [2001:db8::1]:4711. */
function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  const colon = hop.indexOf(':');
  return colon > 0 && colon === hop.lastIndexOf(':') ? hop.slice(0, colon) : hop;
}
