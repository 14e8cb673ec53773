import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The key under which a peer is counted: an IPv4 address, or the /64 that one IPv6 customer is given. */
export function peerKey(address: string): string {
  const canonical = canonicalIpAddress(address);
  if (canonical === undefined || isIPv4(canonical)) return canonical ?? address;
  const { parts } = ipaddr.IPv6.parse(canonical);
  return `${new ipaddr.IPv6([...parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`;
}

/** One spelling per address; undefined for what is no address. */
export function canonicalIpAddress(text: string): string | undefined {
  // Nearly every address comes in one of these two forms, and parsing costs more than the rest of the look-up.
  const plain = text.startsWith('::ffff:') ? text.slice(7) : text;
  if (isIPv4(plain)) return plain;
  // ipaddr.js alone would also take octal, hexadecimal and shortened IPv4, which no caller means here.
  if (isIP(text) === 0) return undefined;
  const address = ipaddr.process(text);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  return new ipaddr.IPv6(address.parts).toRFC5952String();
}

/** Whether a text is an IP address or a CIDR range. */
export const isNetwork = (text: string): boolean => isIP(text) !== 0 || ipaddr.isValidCIDR(text);

/** What a text says of a person's IP address. `none`: it belongs to no one person, or there is none. */
export type EndUserIp = { readonly address: string } | 'none';

/** Ranges that belong to no one person: this host, private networks (RFC 1918, ULA), one link, carrier NAT. */
const IMPERSONAL: ReadonlySet<string> = new Set([
  'unspecified',
  'loopback',
  'private',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
]);

/** More hops than any chain of proxies has. */
const MOST_HOPS = 64;

/**
 * The IP address of a person in the forms in which proxies write it: alone, with
 * a port, in brackets, or as a list. Of a list the last public address counts,
 * because every caller can write what is further left. Undefined for what cannot be
 * read. All transports read it here.
 */
export function readEndUserIp(text: string): EndUserIp | undefined {
  const hops = text.split(',');
  if (hops.length > MOST_HOPS) return undefined;
  for (let hop = hops.pop(); hop !== undefined; hop = hops.pop()) {
    const address = canonicalIpAddress(withoutPort(hop.trim()));
    if (address === undefined) return undefined;
    if (!IMPERSONAL.has(ipaddr.parse(address).range())) return { address };
  }
  return 'none';
}

/** Some proxies add the port: 192.0.2.1:4711 or [2001:db8::1]:4711; some write brackets alone. */
export function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  const colon = hop.indexOf(':');
  return colon > 0 && colon === hop.lastIndexOf(':') && /^\d+$/.test(hop.slice(colon + 1))
    ? hop.slice(0, colon)
    : hop;
}

/** The network a person's address is likely to stay in: /24 of IPv4, /48 of IPv6. */
export function sourceNetwork(address: string): string {
  const parsed = ipaddr.parse(address);
  const bits = parsed.kind() === 'ipv4' ? 24 : 48;
  const network =
    parsed instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return `${network.toString()}/${bits}`;
}
