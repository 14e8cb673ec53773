import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { askVendor, outcomeOf } from '../../../server/delivery/vendorRequest.js';
import { ManualClock } from '../../support/manualClock.js';

const clock = new ManualClock();
let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function ask(answer: RequestListener, judge: Parameters<typeof askVendor>[3] = () => undefined) {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return askVendor({ url, headers: {}, body: '{}' }, new AbortController().signal, clock, judge);
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
  ])('Retry-After: %s comes to %s ms', async (header, retryAfterMs) => {
    const outcome = await ask((_request, response) => {
      response.writeHead(429, { 'retry-after': header }).end();
    });
    expect(outcome).toEqual({
      kind: 'retry',
      error: 'RATE_LIMITED',
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  });

  it('is kept where the vendor’s own code says that trying again may work', async () => {
    const outcome = await ask(
      (_request, response) => {
        response.writeHead(400, { 'retry-after': '7' }).end('{"code": 1}');
      },
      (answer) => outcomeOf({ retry: 'BUSY', aboutMessage: true }, answer),
    );
    expect(outcome).toEqual({ kind: 'retry', error: 'BUSY', retryAfterMs: 7_000, aboutMessage: true });
  });
});

describe('an answer', () => {
  const judge: Parameters<typeof askVendor>[3] = ({ status, json }) =>
    status === 200 && json?.id === 'v' ? { kind: 'accepted', vendorId: 'v' } : undefined;
  const padded = (bytes: number) => '{"id": "v"}'.padEnd(bytes);

  it.each([
    [65_536, { kind: 'accepted', vendorId: 'v' }],
    [65_537, { kind: 'retry', error: 'BAD_ANSWER' }],
  ])('of %d bytes: %j', async (bytes, outcome) => {
    expect(await ask((_request, response) => response.end(padded(bytes)), judge)).toEqual(outcome);
  });

  it('is measured as it is unpacked', async () => {
    const packed = gzipSync(padded(50_000_000));
    const outcome = await ask((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    }, judge);
    expect(outcome).toEqual({ kind: 'retry', error: 'BAD_ANSWER' });
  });

  it.each(['', 'null', '[]', '"v"', '{"id": "v"', '{}{}'])('of %j is not an object', async (body) => {
    const seen: unknown[] = [];
    await ask(
      (_request, response) => response.end(body),
      ({ json }) => {
        seen.push(json);
        return undefined;
      },
    );
    expect(seen).toEqual([undefined]);
  });
});
