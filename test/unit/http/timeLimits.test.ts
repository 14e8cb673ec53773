import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { http1, http2, session } from './support/clients.js';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  FrameClient,
  frame,
  GOAWAY,
  HEADERS,
  PREFACE,
  RST_STREAM,
  request,
  setting,
} from './support/frames.js';
import { RawClient } from './support/rawClient.js';
import { echo, serving, signal, TLS } from './support/serving.js';

/** Long enough that a limit not under test is never met. */
const LONG = 60_000;
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

/** Sends something again and again until the connection closes. */
async function trickle(client: RawClient, data: string | Uint8Array): Promise<string> {
  const timer = setInterval(() => client.socket.writable && client.socket.write(data), 10);
  const text = await client.closed;
  clearInterval(timer);
  return text;
}

describe('a connection is closed', () => {
  it('when it says nothing', async () => {
    const { port, listener } = await serving(echo, { firstBytesMs: 40 });
    expect(await new RawClient(port).closed).toBe('');
    await expect.poll(() => listener.connections()).toBe(0);
  });

  it('when it stops within the first bytes of HTTP/2', async () => {
    const { port } = await serving(echo, { firstBytesMs: 40 });
    const client = new RawClient(port);
    await client.send('PR');
    expect(await client.closed).toBe('');
  });

  it('when the peer hangs up within the first bytes', async () => {
    const { port, listener } = await serving(echo, { firstBytesMs: LONG });
    const client = new RawClient(port);
    await client.send('P');
    client.socket.end();
    await client.closed;
    await expect.poll(() => listener.connections()).toBe(0);
  });

  it('when the TLS handshake does not complete', async () => {
    const { port, listener } = await serving(echo, { firstBytesMs: 40 }, { tls: TLS });
    const client = new RawClient(port);
    await client.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    await client.closed;
    await expect.poll(() => listener.connections()).toBe(0);
  });

  it('when a TLS peer negotiates HTTP/2 and then says nothing', async () => {
    const { port } = await serving(echo, { headersMs: 40, requestMs: 40 }, { tls: TLS });
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('close', resolve).resume());
    expect(socket.alpnProtocol).toBe('h2');
  });

  it('when HTTP/2 begins and no SETTINGS follow', async () => {
    const { port } = await serving(echo, { headersMs: 40, requestMs: LONG });
    const client = new RawClient(port);
    await client.send(PREFACE);
    await client.closed;
  });

  it('when an HTTP/2 peer does not acknowledge the settings, even with a stream under way', async () => {
    const { port } = await serving(() => {}, { headersMs: 60, requestMs: LONG });
    const client = await FrameClient.greet(port, undefined, false);
    await client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request('GET', '/')));
    await client.closed;
  });

  it('when an HTTP/1.1 header comes drop by drop, with 408', async () => {
    const { port } = await serving(echo, { headersMs: 60, requestMs: LONG });
    const client = new RawClient(port);
    await client.send('GET / HTTP/1.1\r\n');
    const text = await trickle(client, 'x: y\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 408 .*"REQUEST_TIMEOUT"/s);
  });

  it('when blank lines come in place of a request', async () => {
    const { port } = await serving(echo, { headersMs: 60, keepAliveMs: 60 });
    await trickle(new RawClient(port), '\r\n');
  });

  it('when blank lines come between requests', async () => {
    const { port } = await serving(echo, { headersMs: 60, keepAliveMs: 60 });
    const client = new RawClient(port);
    await client.send(GET);
    await client.until('1.1 GET /');
    await trickle(client, '\r\n');
  });

  it('when an HTTP/1.1 body stops half way, with 408, and the handler is notified', async () => {
    const aborted = signal();
    const { port } = await serving(
      (req) => {
        req.once('aborted', () => aborted.happen());
        req.resume();
      },
      { headersMs: 50, requestMs: 60, lingerMs: 20 },
    );
    const client = new RawClient(port);
    await client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
    expect(await client.closed).toMatch(/^HTTP\/1\.1 408 .*"REQUEST_TIMEOUT"/s);
    await aborted.happened;
  });

  it('when an HTTP/1.1 body comes drop by drop', async () => {
    const { port } = await serving(echo, { headersMs: 50, requestMs: 80, lingerMs: 20 });
    const client = new RawClient(port);
    await client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n');
    expect(await trickle(client, 'x')).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('when HTTP/1.1 is idle between requests', async () => {
    const { port } = await serving(echo, { keepAliveMs: 40 });
    const client = new RawClient(port);
    await client.send(GET);
    expect(await client.closed).toContain('1.1 GET /');
  });

  it('with GOAWAY when HTTP/2 has no stream, even if it pings', async () => {
    const { port } = await serving(echo, { sessionIdleMs: 60, lingerMs: 20 });
    const client = await FrameClient.greet(port);
    await trickle(client, frame(6, 0, 0, Buffer.alloc(8)));
    expect(client.frames.find(({ type }) => type === GOAWAY)?.payload.readUInt32BE(4)).toBe(0);
  });

  it('when a peer has its last response and does not hang up', async () => {
    const { port } = await serving(echo, { lingerMs: 40 });
    const client = new RawClient(port);
    client.socket.allowHalfOpen = true;
    await client.send('nonsense\r\n\r\n');
    expect(await trickle(client, 'x')).toContain('400 Bad Request');
  });

  it('when an HTTP/1.1 peer reads nothing of its response', async () => {
    const cut = signal();
    const { port } = await serving(
      (_req, res) => {
        res.once('close', () => cut.happen());
        res.end(Buffer.alloc(64_000_000));
      },
      { stallMs: 60 },
    );
    const client = new RawClient(port);
    client.socket.pause();
    await client.send(GET);
    await cut.happened;
    client.socket.destroy();
  });
});

describe('an HTTP/2 stream is reset', () => {
  const open = (path: string) => frame(HEADERS, END_HEADERS, 1, request('POST', path));

  it('when half its body does not come', async () => {
    const { port } = await serving(echo, { headersMs: 1_000, requestMs: 1_050 });
    const client = await FrameClient.greet(port);
    await client.send(Buffer.concat([open('/'), frame(DATA, 0, 1, Buffer.from('half'))]));
    const reset = await client.untilFrame(({ type }) => type === RST_STREAM);
    expect(reset).toMatchObject({ stream: 1, payload: Buffer.from([0, 0, 0, 8]) });
    // The connection and its other streams live on.
    await client.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, request('GET', '/')));
    await client.untilFrame(({ type, stream }) => type === HEADERS && stream === 3);
    client.socket.destroy();
  });

  it('when its body comes drop by drop', async () => {
    const { port } = await serving(echo, { headersMs: 1_000, requestMs: 1_050 });
    const client = await FrameClient.greet(port);
    await client.send(open('/'));
    const timer = setInterval(() => client.socket.write(frame(DATA, 0, 1, Buffer.from('x'))), 10);
    await client.untilFrame(({ type }) => type === RST_STREAM);
    clearInterval(timer);
    client.socket.destroy();
  });

  it('when the peer lets nothing of the response through', async () => {
    const { port } = await serving(echo, { stallMs: 60 });
    // SETTINGS_INITIAL_WINDOW_SIZE 0
    const client = await FrameClient.greet(port, setting(4, 0));
    await client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request('GET', '/')));
    const reset = await client.untilFrame(({ type }) => type === RST_STREAM);
    expect(client.frames.some(({ type }) => type === DATA)).toBe(false);
    expect(reset.payload.readUInt32BE()).toBe(8);
    client.socket.destroy();
  });
});

describe('no time limit hits', () => {
  it('a handler that takes long, over either version', async () => {
    const { port } = await serving(
      async (req, res) => {
        await new Promise((resolve) => setTimeout(resolve, 150));
        await echo(req, res);
      },
      {
        headersMs: 30,
        requestMs: 30,
        keepAliveMs: 30,
        sessionIdleMs: 30,
        stallMs: 30,
        lingerMs: 1,
        firstBytesMs: 30,
      },
    );
    expect((await http1(port, '/', { method: 'POST', body: 'x' })).body).toBe('1.1 POST / x');
    const client = session(`http://127.0.0.1:${port}`);
    expect((await http2(client, '/', { method: 'POST', body: 'x' })).body).toBe('2.0 POST / x');
  });

  it('a long response that is read slowly but steadily, always with the same amount waiting', async () => {
    const piece = Buffer.alloc(65_536, 'x');
    const { port } = await serving(
      async (_req, res) => {
        for (let sent = 0; sent < 60; sent++) {
          if (!res.write(piece)) await new Promise((resolve) => res.once('drain', resolve));
        }
        res.end();
      },
      { stallMs: 300 },
    );
    const client = session(`http://127.0.0.1:${port}`);
    const stream = client.request({ ':path': '/' });
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(size).toBe(60 * piece.length);
  });
});

it('500 idle and half-open connections do not keep others out', async () => {
  const { port, listener } = await serving();
  const clients = Array.from({ length: 500 }, () => new RawClient(port));
  onTestFinished(() => {
    for (const { socket } of clients) socket.destroy();
  });
  const beginnings = [
    '',
    'P',
    'GET / HT',
    'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf',
    PREFACE,
  ];
  await Promise.all(clients.map((client, n) => client.send(beginnings[n % beginnings.length] ?? '')));
  expect((await http1(port, '/free')).body).toBe('1.1 GET /free ');
  expect((await http2(session(`http://127.0.0.1:${port}`), '/free')).body).toBe('2.0 GET /free ');
  expect(listener.connections()).toBeGreaterThanOrEqual(500);
});
