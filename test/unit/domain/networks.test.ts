import { describe, expect, it } from 'vitest';
import { networks } from '../../../server/domain/networks.js';

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.0.0.1', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::1', '::1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', 'nonsense', false],
  ])('%s has %s: %s', (network, address, expected) => {
    expect(networks([network]).has(address)).toBe(expected);
  });

  it.each(['10.0.0.0/33', 'example.com', '10.0.0', '2001:db8::/129', ''])('refuse %j', (text) => {
    expect(() => networks(['10.0.0.1', text])).toThrow(`${text} is neither an address nor a CIDR range`);
  });
});
