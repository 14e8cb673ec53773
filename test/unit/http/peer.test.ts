import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networks } from '../../../server/domain/networks.js';
import type { HttpRequest } from '../../../server/http/message.js';
import { peerAddress } from '../../../server/http/peer.js';
import { http1, http2, session } from './support/clients.js';
import { serving } from './support/serving.js';

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as HttpRequest;
const PROXIES = networks(['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48']);

describe('the address of a peer', () => {
  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['::FFFF:C633:6401', '198.51.100.1'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    [undefined, ''],
  ])('%s is written %s', (remote, expected) => {
    expect(peerAddress(from(remote), PROXIES)).toBe(expected);
  });

  it.each([
    ['not believed from a stranger', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['believed from a trusted proxy', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['believed from a trusted proxy in IPv4-mapped form', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['believed from a trusted proxy over IPv6', '2001:db8:ffff::5', '203.0.113.9', '203.0.113.9'],
    [
      'read from the right, past trusted proxies',
      '10.1.2.3',
      '203.0.113.9, 192.0.2.7, 10.9.9.9',
      '203.0.113.9',
    ],
    ['read no further than the first stranger', '10.1.2.3', '1.1.1.1, 203.0.113.9, 192.0.2.7', '203.0.113.9'],
    ['read to its end when all are trusted', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['read up to what is no address', '10.1.2.3', '203.0.113.9, unknown, 10.0.0.2', '10.0.0.2'],
    ['taken for nothing when it is no address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['taken for nothing when it is octal', '10.1.2.3', '0300.0.2.1', '10.1.2.3'],
    ['taken for nothing when it is empty', '10.1.2.3', '', '10.1.2.3'],
    ['read without a port', '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['read without brackets and port', '10.1.2.3', '[2001:db8::9]:4711', '2001:db8::9'],
    ['read as IPv6', '10.1.2.3', '2001:DB8::9', '2001:db8::9'],
  ])('X-Forwarded-For is %s', (_rule, remote, forwarded, expected) => {
    expect(peerAddress(from(remote, forwarded), PROXIES)).toBe(expected);
  });

  it.each(['HTTP/1.1', 'HTTP/2'])('is found over %s, several headers being one list', async (version) => {
    const { port } = await serving(
      (req, res) => void res.end(peerAddress(req, networks(['127.0.0.1', '10.0.0.0/8']))),
    );
    const headers = { 'x-forwarded-for': ['203.0.113.9', '10.0.0.1'] as unknown as string };
    const response =
      version === 'HTTP/1.1'
        ? await http1(port, '/', { headers })
        : await http2(session(`http://127.0.0.1:${port}`), '/', { headers });
    expect(response.body).toBe('203.0.113.9');
  });

  test.prop([fc.ipV4(), fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), fc.ipV4()])(
    'is never taken from what stands left of the address a trusted proxy saw',
    (seen, forged, proxy) => {
      fc.pre(seen !== proxy);
      const believed = networks([proxy]);
      expect(peerAddress(from(proxy, [...forged, seen].join(',')), believed)).toBe(seen);
    },
  );
});
