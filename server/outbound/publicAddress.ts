import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What IANA has allocated as unicast (RFC 4291, registry "IPv6 Global Unicast Address Assignments"). */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
/** `::a.b.c.d` (RFC 4291 section 2.5.5.1, deprecated) and the IPv4-translated form of RFC 2765, `::ffff:0:a.b.c.d`. */
const FORMS_OF_IPV4 = [ipaddr.parseCIDR('::/96'), ipaddr.parseCIDR('::ffff:0:0:0/96')] as [
  ipaddr.IPv6,
  number,
][];

/**
 * Whether an IP address is one of the public internet. IPv4: not private,
 * loopback, link-local (where clouds keep their metadata), shared, reserved or
 * multicast (IANA special-purpose registries, RFC 6890). IPv6: unicast inside
 * 2000::/3 and of no special purpose. An IPv4 address may be written in any of
 * its IPv6 forms: the address inside counts.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.range() === 'unicast';
  const isForm = parsed.range() === 'rfc6052' || FORMS_OF_IPV4.some((form) => parsed.match(form));
  if (isForm) return isPublicAddress(embedded(parsed));
  return parsed.match(GLOBAL_UNICAST, 3) && parsed.range() === 'unicast';
}

/** The IPv4 address inside a NAT64 address (RFC 6052 section 2.1) or one of the older forms: its last 32 bits. */
function embedded(address: ipaddr.IPv6): string {
  return new ipaddr.IPv4(address.toByteArray().slice(-4)).toString();
}
