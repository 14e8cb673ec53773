import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIpAddress, peerKey } from '../../../server/domain/ipAddresses.js';

describe('the key by which a peer is counted', () => {
  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['::1', '::/64'],
    ['', ''],
  ])('%s is %s', (address, key) => {
    expect(peerKey(address)).toBe(key);
  });

  test.prop([fc.ipV6()])('is the same for an address and its canonical form', (address) => {
    expect(peerKey(canonicalIpAddress(address) ?? '')).toBe(peerKey(address));
  });
});
