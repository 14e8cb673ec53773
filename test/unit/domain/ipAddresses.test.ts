import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalIpAddress,
  peerKey,
  readEndUserIp,
  sourceNetwork,
} from '../../../server/domain/ipAddresses.js';

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

describe("a person's IP address", () => {
  it.each([
    ['203.0.113.2', '203.0.113.2'],
    ['203.0.113.2:5512', '203.0.113.2'],
    [' 203.0.113.2 ', '203.0.113.2'],
    ['::ffff:203.0.113.2', '203.0.113.2'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['198.51.100.1, 203.0.113.2', '203.0.113.2'],
    ['203.0.113.2, 10.0.0.7', '203.0.113.2'],
    ['203.0.113.2:5512, [fd00::1]:443, 127.0.0.1', '203.0.113.2'],
    // What is further left than the last public address was written by anybody.
    ['unknown, 203.0.113.2', '203.0.113.2'],
  ])('K1 %j is %s', (text, address) => {
    expect(readEndUserIp(text)).toEqual({ address });
  });

  it.each([
    '127.0.0.1',
    '192.168.1.1',
    '10.1.2.3',
    '172.16.0.1:80',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    'fe80::1',
    '[fd00::1]:443',
    '10.0.0.1, 192.168.1.1',
  ])('K1 %j belongs to no one person', (text) => {
    expect(readEndUserIp(text)).toBe('none');
  });

  it.each([
    '',
    'unknown',
    '203.0.113',
    '0x7f.1',
    '203.0.113.2:x',
    '203.0.113.2,',
    '2001:db8::1::2',
    'a.example',
  ])('K1 %j cannot be read', (text) => {
    expect(readEndUserIp(text)).toBeUndefined();
  });

  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1:2:3::4', '2001:db8:1::/48'],
  ])('%s is likely to stay in %s', (address, network) => {
    expect(sourceNetwork(address)).toBe(network);
  });
});
