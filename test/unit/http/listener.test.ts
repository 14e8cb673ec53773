import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Failure } from '../../../server/errors.js';
import { httpLimits } from '../../../server/http/limits.js';
import { createListener } from '../../../server/http/listener.js';
import { http1, http2, https1, session } from './support/clients.js';
import { FrameClient, frame, PREFACE, SETTINGS } from './support/frames.js';
import { RawClient } from './support/rawClient.js';
import { echo, serving, TLS } from './support/serving.js';

describe('one port', () => {
  it('serves HTTP/1.1 and HTTP/2 in clear text', async () => {
    const { port } = await serving();
    expect((await http1(port, '/a', { method: 'POST', body: 'x' })).body).toBe('1.1 POST /a x');
    expect((await http2(session(`http://127.0.0.1:${port}`), '/b', { method: 'POST', body: 'y' })).body).toBe(
      '2.0 POST /b y',
    );
  });

  it('serves HTTP/1.1 and HTTP/2 over TLS', async () => {
    const { port, listener } = await serving(echo, {}, { tls: TLS });
    expect((await https1(port, '/a', { method: 'POST', body: 'x' })).body).toBe('1.1 POST /a x');
    expect(
      (await http2(session(`https://127.0.0.1:${port}`), '/b', { method: 'POST', body: 'y' })).body,
    ).toBe('2.0 POST /b y');
    const plain = new RawClient(port);
    await plain.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await plain.closed;
    expect(plain.text).not.toContain('HTTP/1.1');
    await listener.stop(1000);
    expect(listener.connections()).toBe(0);
  });

  it('speaks HTTP/1.1 to a TLS client that negotiates nothing', async () => {
    const { port } = await serving(echo, {}, { tls: TLS });
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.write('GET /a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toContain('1.1 GET /a');
  });

  it.each(['GET', 'POST', 'PUT', 'PROPFIND', 'PATCH'])('understands %s sent byte by byte', async (method) => {
    const { port } = await serving();
    const client = new RawClient(port);
    for (const byte of `${method} /slow HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi`) {
      await client.send(byte);
    }
    expect(await client.closed).toContain(`1.1 ${method} /slow hi`);
  });

  it('understands HTTP/2 sent byte by byte', async () => {
    const { port } = await serving();
    const client = new FrameClient(port);
    for (const byte of PREFACE) await client.send(byte);
    for (const byte of frame(SETTINGS, 0, 0)) await client.send(Buffer.from([byte]));
    await client.settle();
    expect(client.frames.some(({ type }) => type === SETTINGS)).toBe(true);
    client.socket.destroy();
  });

  it('says so when the address is taken, and can still be stopped', async () => {
    const { port } = await serving();
    const second = createListener({ handler: echo, limits: httpLimits() });
    await expect(second.listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await second.stop(1000);
  });
});

describe('what a handler throws', () => {
  const faults: string[] = [];
  const broken = () =>
    serving(
      (req, res) => {
        if (req.url === '/sync') throw new Error('secret cause');
        if (req.url === '/limited') throw new Failure('RATE_LIMITED', { retryAfterMs: 1200 });
        if (req.url === '/half') {
          res.writeHead(200, { 'content-length': '100' });
          res.write('half');
        }
        return Promise.reject(new Error('secret cause'));
      },
      {},
      {
        rejectedRequests: {
          idOf: () => 'r-1',
          refused: (failure, req) => faults.push(`${failure.reason} ${req.url}`),
          unreadable: () => 'r-2',
        },
      },
    );

  it.each(['/sync', '/async'])('becomes a 500 without its cause, and is logged (%s)', async (path) => {
    const { port } = await broken();
    for (const response of [
      await http1(port, path),
      await http2(session(`http://127.0.0.1:${port}`), path),
    ]) {
      expect(response.status).toBe(500);
      expect(JSON.parse(response.body)).toEqual({ code: 'INTERNAL', message: 'Something went wrong here.' });
    }
    expect(faults.filter((fault) => fault === `INTERNAL ${path}`)).toHaveLength(2);
  });

  it('gets its response from the error table, with Retry-After, its request id there and in the log', async () => {
    const { port } = await broken();
    const response = await http1(port, '/limited');
    expect(response.status).toBe(429);
    expect(response.headers).toMatchObject({
      'retry-after': '2',
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    expect(response.headers['x-request-id']).toBe('r-1');
    expect(faults).toContain('RATE_LIMITED /limited');
  });

  it('cuts off a response that has begun, so that half of it never passes for the whole', async () => {
    const { port } = await broken();
    await expect(http1(port, '/half')).rejects.toThrow();
    await expect(http2(session(`http://127.0.0.1:${port}`), '/half')).rejects.toThrow(
      'NGHTTP2_INTERNAL_ERROR',
    );
  });
});

describe('HTTP/1.1 off the beaten track', () => {
  const talk = async (text: string, handler = echo): Promise<string> => {
    const { port } = await serving(handler);
    const client = new RawClient(port);
    await client.send(text);
    return client.closed;
  };
  const get = (path: string, ...lines: string[]) =>
    [`GET ${path} HTTP/1.1`, 'host: a', ...lines, '', ''].join('\r\n');

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01'],
    ['a broken version', 'GET / HTTP/9.9\r\nhost: a\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\nhost: a\r\n: b\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost : a\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nhost: a\r\nx: b\r\n c\r\n\r\n'],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n'],
    [
      'both length and chunks',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
    ['a signed length', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +3\r\n\r\nabc'],
    [
      'chunks that are not the last coding',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, x\r\n\r\n0\r\n\r\n',
    ],
    ['a chunk of no size', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'],
    ['two Hosts that are the same', 'GET / HTTP/1.1\r\nhost: a\r\nx: y\r\nHOST: a\r\n\r\n'],
    ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['an address that is none', 'GET nonsense HTTP/1.1\r\nhost: a\r\n\r\n'],
  ])('responds to %s with 400, a JSON body and the end of the connection', async (_name, text) => {
    const response = await talk(text);
    const [head = '', body = ''] = response.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(head.toLowerCase()).toContain('connection: close');
    expect(JSON.parse(body)).toEqual({ code: 'INVALID_REQUEST', message: expect.any(String) });
  });

  it('delivers the 400 to a peer that reads only after it has sent everything', async () => {
    const { port } = await serving();
    const client = new RawClient(port);
    client.socket.pause();
    await client.send('nonsense\r\n\r\n');
    for (let sent = 0; sent < 30; sent++) {
      await client.send(Buffer.alloc(100_000, 'x'));
      // Client and server share this event loop: let the server read in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.resume();
    expect(await client.closed).toMatch(/^HTTP\/1\.1 400 Bad Request.*"INVALID_REQUEST"/s);
    expect(client.error).toBeUndefined();
  });

  it('responds to good requests in front of a broken one, in their order, and then closes', async () => {
    const slowFirst = async (...[req, res]: Parameters<typeof echo>) => {
      if (req.url === '/1') await new Promise((resolve) => setImmediate(resolve));
      await echo(req, res);
    };
    const response = await talk(`${get('/1')}${get('/2')}nonsense\r\n\r\n`, slowFirst);
    expect(response.match(/1\.1 GET \/\d/g)).toEqual(['1.1 GET /1', '1.1 GET /2']);
    expect(response).not.toContain('400 Bad Request');
  });

  it('responds to pipelined requests in their order', async () => {
    const response = await talk(get('/1') + get('/2') + get('/3', 'connection: close'));
    expect(response.match(/1\.1 GET \/\d/g)).toEqual(['1.1 GET /1', '1.1 GET /2', '1.1 GET /3']);
  });

  it.each(['h2c', 'websocket'])('ignores an upgrade to %s and responds in HTTP/1.1', async (protocol) => {
    const response = await talk(
      get('/up', 'connection: upgrade, http2-settings', `upgrade: ${protocol}`, 'http2-settings: AAMAAABk') +
        get('/behind'),
    );
    expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n.*1\.1 GET \/up \r\n0\r\n\r\n$/s);
    // The parser loses its place behind such a request, so nothing may follow it.
    expect(response.toLowerCase()).toContain('connection: close');
  });

  it('refuses CONNECT', async () => {
    const { port } = await serving();
    const client = new RawClient(port);
    await client.send('CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\nmore');
    client.socket.once('end', () => client.socket.end());
    expect(await client.closed).toMatch(/^HTTP\/1\.1 405 .*"METHOD_NOT_ALLOWED"/s);
    expect((await http1(port, '/after')).status).toBe(200);
  });

  it('lets a peer go on that waits for 100 Continue', async () => {
    const { port } = await serving();
    const client = new RawClient(port);
    await client.send(
      'POST /c HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n',
    );
    await client.until('HTTP/1.1 100 Continue');
    await client.send('hi');
    expect(await client.closed).toContain('1.1 POST /c hi');
  });

  it('takes the absolute form of an address', async () => {
    expect(
      await talk('GET http://a.example/p?q=1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'),
    ).toContain('1.1 GET /p?q=1');
  });

  it('serves HTTP/1.0 and closes', async () => {
    expect(await talk('GET /old HTTP/1.0\r\n\r\n')).toContain('1.0 GET /old');
  });
});
