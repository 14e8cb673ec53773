import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

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
