import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { postToVendor, type VendorProtocol } from '../../../../server/delivery/vendors/vendorRequest.js';
import { ManualClock } from '../../../support/manualClock.js';
import { messageTo } from '../support/subject.js';

const clock = new ManualClock();
let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const SILENT: VendorProtocol = { acceptedId: () => undefined, meaningOf: () => undefined };

async function post(respond: RequestListener, protocol = SILENT) {
  server = createServer(respond).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { signal } = new AbortController();
  return postToVendor(
    { url, headers: {}, body: '{}' },
    { protocol, message: messageTo('sms'), signal, clock },
  );
}

describe('the wait that a vendor asks for', () => {
  const DAY_MS = 86_400_000;
  it.each([
    ['7', 7_000],
    ['0', undefined],
    ['86400', DAY_MS],
    ['86401', DAY_MS],
    ['9'.repeat(400), DAY_MS],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [new Date(clock.now() + 30_000).toUTCString(), 30_000],
    [new Date(clock.now() - 30_000).toUTCString(), undefined],
    ['Fri, 31 Dec 9999 23:59:59 GMT', DAY_MS],
  ])('Retry-After: %s is %s ms', async (header, retryAfterMs) => {
    const outcome = await post((_request, response) => {
      response.writeHead(429, { 'retry-after': header }).end();
    });
    expect(outcome).toEqual({
      kind: 'retry',
      error: 'RATE_LIMITED',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  });

  it('is kept where the vendor’s own code asks for a retry', async () => {
    const outcome = await post(
      (_request, response) => {
        response.writeHead(400, { 'retry-after': '7' }).end('{"code": 1}');
      },
      { ...SILENT, meaningOf: () => ({ retry: 'RATE_LIMITED', aboutMessage: true }) },
    );
    expect(outcome).toEqual({
      kind: 'retry',
      error: 'RATE_LIMITED',
      retryAfterMs: 7_000,
      aboutMessage: true,
    });
  });
});

describe('a response', () => {
  const protocol: VendorProtocol = { ...SILENT, acceptedId: ({ json }) => json?.id };
  const padded = (bytes: number) => '{"id": "v"}'.padEnd(bytes);

  it.each([
    [65_536, { kind: 'accepted', vendorId: 'v' }],
    [65_537, { kind: 'retry', error: 'BAD_RESPONSE' }],
  ])('of %d bytes: %j', async (bytes, outcome) => {
    expect(await post((_request, response) => response.end(padded(bytes)), protocol)).toEqual(outcome);
  });

  it('is measured as it is unpacked', async () => {
    const packed = gzipSync(padded(50_000_000));
    const outcome = await post((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    }, protocol);
    expect(outcome).toEqual({ kind: 'retry', error: 'BAD_RESPONSE' });
  });

  it.each(['', 'null', '[]', '"v"', '{"id": "v"', '{}{}'])('of %j is not an object', async (body) => {
    const seen: unknown[] = [];
    await post((_request, response) => response.end(body), {
      ...SILENT,
      acceptedId({ json }) {
        seen.push(json);
        return undefined;
      },
    });
    expect(seen).toEqual([undefined]);
  });
});
