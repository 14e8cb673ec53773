import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Whether an IP address is one of the public internet: not private, loopback,
 * link-local (where clouds keep their metadata), shared, reserved or multicast
 * (IANA special-purpose registries, RFC 6890). An IPv4 address may be written in
 * any of its IPv6 forms.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.range() === 'rfc6052') return isPublicAddress(embedded(parsed));
  return parsed.range() === 'unicast';
}

/** The IPv4 address inside a NAT64 address (RFC 6052 section 2.1): its last 32 bits. */
function embedded(address: ipaddr.IPv6): string {
  return new ipaddr.IPv4(address.toByteArray().slice(-4)).toString();
}
