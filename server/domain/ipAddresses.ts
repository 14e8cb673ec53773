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
