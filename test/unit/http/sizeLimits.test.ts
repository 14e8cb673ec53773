import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { networks } from '../../../server/domain/networks.js';
import { http1, http2, session } from './support/clients.js';
import {
  END_HEADERS,
  END_STREAM,
  type Frame,
  FrameClient,
  frame,
  GOAWAY,
  HEADERS,
  RST_STREAM,
  request,
  SETTINGS,
  uint32,
} from './support/frames.js';
import { RawClient } from './support/rawClient.js';
import { echo, serving, signal } from './support/serving.js';

const NO_ERROR = 0;
const REFUSED_STREAM = 7;
const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;

const get = (path: string, ...lines: string[]) =>
  [`GET ${path} HTTP/1.1`, 'host: a', ...lines, '', ''].join('\r\n');
const opening = (stream: number, ...more: [string, string][]) =>
  frame(HEADERS, END_HEADERS | END_STREAM, stream, request('GET', `/${stream}`, ...more));
const isReset = (stream: number) => (f: Frame) => f.type === RST_STREAM && f.stream === stream;
const isResponse = (stream: number) => (f: Frame) => f.type === HEADERS && f.stream === stream;

/** A handler that does not respond until it is released, and notes what it was called with. */
function holding() {
  const gate = signal();
  const called: string[] = [];
  const handler: typeof echo = async (req, res) => {
    called.push(req.url ?? '');
    await gate.happened;
    await echo(req, res);
  };
  return { handler, called, letGo: () => gate.happen() };
}

describe('HTTP/1.1 headers', () => {
  it('may be as large as the limit and not one byte larger', async () => {
    const { port } = await serving(echo, { headerBytes: 1000 });
    // Node counts the address and the names and values of the fields, without colons and line ends.
    const filled = (bytes: number) => get('/', 'connection: close', `x: ${'y'.repeat(bytes)}`);
    const counted = '/'.length + 'hosta'.length + 'connectionclose'.length + 'x'.length;
    const fits = new RawClient(port);
    await fits.send(filled(999 - counted));
    expect(await fits.closed).toContain('200 OK');
    const over = new RawClient(port);
    await over.send(filled(1000 - counted));
    expect(await over.closed).toMatch(/^HTTP\/1\.1 431 .*connection: close.*"HEADER_TOO_LARGE"/s);
  });

  it('may have as many fields as the limit and not one more', async () => {
    const { port } = await serving(echo, { headerCount: 10 });
    const fields = (count: number) =>
      get('/', 'connection: close', ...Array.from({ length: count - 2 }, (_, n) => `x-${n}: y`));
    const fits = new RawClient(port);
    await fits.send(fields(10));
    expect(await fits.closed).toContain('200 OK');
    const over = new RawClient(port);
    await over.send(fields(11));
    expect(await over.closed).toMatch(/^HTTP\/1\.1 431 .*connection: close.*"HEADER_TOO_LARGE"/s);
  });
});

describe('HTTP/2 headers', () => {
  it('may be as large as the limit and not one byte larger', async () => {
    const { port } = await serving(echo, { headerBytes: 1000 });
    const client = await FrameClient.greet(port);
    // RFC 9113 section 6.5.2: names, values and 32 for each field.
    const counted = [':methodGET', ':schemehttp', ':path/1', ':authoritylocalhost', 'x'].reduce(
      (sum, text) => sum + text.length + 32,
      0,
    );
    await client.send(opening(1, ['x', 'y'.repeat(1000 - counted)]));
    await client.untilFrame(isResponse(1));
    await client.send(opening(3, ['x', 'y'.repeat(1001 - counted)]));
    expect((await client.untilFrame(isReset(3))).payload).toEqual(uint32(ENHANCE_YOUR_CALM));
    client.socket.destroy();
  });

  it('may have as many fields as the limit and not one more', async () => {
    const { port } = await serving(echo, { headerCount: 10 });
    const client = await FrameClient.greet(port);
    const fields = (count: number) =>
      Array.from({ length: count - 4 }, (_, n): [string, string] => [`x-${n}`, 'y']);
    await client.send(opening(1, ...fields(10)));
    await client.untilFrame(isResponse(1));
    await client.send(opening(3, ...fields(11)));
    expect((await client.untilFrame(isReset(3))).payload).toEqual(uint32(ENHANCE_YOUR_CALM));
    client.socket.destroy();
  });
});

describe('requests at once on one connection', () => {
  it('are as many HTTP/2 streams as the limit; one more is refused unseen, the others go on', async () => {
    const { handler, called, letGo } = holding();
    const { port } = await serving(handler, { requestsAtOnce: 3 });
    const client = await FrameClient.greet(port, undefined, false);
    await client.send(Buffer.concat([opening(1), opening(3), opening(5), opening(7)]));
    expect((await client.untilFrame(isReset(7))).payload).toEqual(uint32(REFUSED_STREAM));
    letGo();
    for (const stream of [1, 3, 5]) await client.untilFrame(isResponse(stream));
    expect(called).toEqual(['/1', '/3', '/5']);
    client.socket.destroy();
  });

  it('end an HTTP/2 connection that has acknowledged the limit and breaks it', async () => {
    const { handler, called } = holding();
    const { port } = await serving(handler, { requestsAtOnce: 3 });
    const client = await FrameClient.greet(port);
    await client.send(Buffer.concat([opening(1), opening(3), opening(5)]));
    await client.settle();
    await client.send(opening(7));
    await client.closed;
    expect(client.frames.some(({ type }) => type === GOAWAY)).toBe(true);
    expect(called).toEqual(['/1', '/3', '/5']);
  });

  it('are as many pipelined HTTP/1.1 requests as the limit; one more does not run', async () => {
    const { handler, called, letGo } = holding();
    const { port } = await serving(handler, { requestsAtOnce: 3 });
    const client = new RawClient(port);
    await client.send(get('/1') + get('/2') + get('/3') + get('/4'));
    await expect.poll(() => called).toEqual(['/1', '/2', '/3']);
    letGo();
    expect((await client.closed).match(/1\.1 GET \/\d/g)).toEqual(['1.1 GET /1', '1.1 GET /2', '1.1 GET /3']);
    expect(called).toEqual(['/1', '/2', '/3']);
  });

  it('may be the limit again and again', async () => {
    const { port } = await serving(echo, { requestsAtOnce: 3 });
    const client = new RawClient(port);
    for (let round = 0; round < 5; round++) {
      await client.send(get('/a') + get('/b') + get(`/c${round}`));
      await client.until(`1.1 GET /c${round}`);
    }
    client.socket.destroy();
  });
});

describe('open connections', () => {
  /** Clients with a request under way each, which nothing may push out. */
  async function busy(port: number, count: number, called: readonly string[]): Promise<RawClient[]> {
    const clients: RawClient[] = [];
    for (let n = 0; n < count; n++) {
      const client = new RawClient(port);
      onTestFinished(() => void client.socket.destroy());
      await client.send(get(`/busy${n}`, 'connection: close'));
      await expect.poll(() => called).toContain(`/busy${n}`);
      clients.push(client);
    }
    return clients;
  }

  it('are as many as the limit while all are busy; one more is closed, and has a place once one is free', async () => {
    const { handler, called, letGo } = holding();
    const { port, listener } = await serving(handler, { connections: 3 });
    const clients = await busy(port, 3, called);
    await expect(http1(port, '/more')).rejects.toThrow();
    expect(listener.connections()).toBe(3);
    letGo();
    for (const [n, client] of clients.entries()) expect(await client.closed).toContain(`1.1 GET /busy${n}`);
    await expect.poll(() => listener.connections()).toBe(0);
    expect((await http1(port, '/more')).body).toBe('1.1 GET /more ');
  });

  it('make room beyond the limit: the longest silent one goes first, then the longest idle, never a busy one', async () => {
    const { handler, called, letGo } = holding();
    const { port } = await serving(
      (req, res) => (req.url?.startsWith('/busy') ? handler(req, res) : echo(req, res)),
      {
        connections: 4,
      },
    );
    const [working] = await busy(port, 1, called);
    const idle = [new RawClient(port), new RawClient(port)] as const;
    for (const client of idle) {
      await client.send(get('/idle'));
      await client.until('1.1 GET /idle');
    }
    const silent = new RawClient(port);
    await new Promise((resolve) => silent.socket.once('connect', resolve));
    const first = new RawClient(port);
    await first.send(get('/first'));
    await first.until('1.1 GET /first');
    await silent.closed;
    expect(idle[0].socket.destroyed).toBe(false);
    const second = new RawClient(port);
    await second.send(get('/second'));
    await second.until('1.1 GET /second');
    await idle[0].closed;
    expect(idle[1].socket.destroyed).toBe(false);
    letGo();
    expect(await working?.closed).toContain('1.1 GET /busy0');
    for (const { socket } of [idle[1], first, second]) socket.destroy();
  });

  it('of one peer are as many as the limit; one more is closed, and has a place once one is free', async () => {
    const { handler, called, letGo } = holding();
    const { port, listener } = await serving(handler, { connectionsPerPeer: 2 });
    const clients = await busy(port, 2, called);
    await expect(http1(port, '/more')).rejects.toThrow();
    letGo();
    for (const client of clients) await client.closed;
    await expect.poll(() => listener.connections()).toBe(0);
    expect((await http1(port, '/more')).body).toBe('1.1 GET /more ');
  });

  it('of another peer, or of a trusted proxy, are not counted with them', async () => {
    const { handler, called } = holding();
    const limits = { connectionsPerPeer: 1 };
    const { port } = await serving(handler, limits);
    await busy(port, 1, called);
    const elsewhere = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    onTestFinished(() => void elsewhere.destroy());
    elsewhere.write(get('/elsewhere'));
    await expect.poll(() => called).toContain('/elsewhere');

    const proxied = await serving(handler, limits, { trustedProxies: networks(['127.0.0.0/8']) });
    await busy(proxied.port, 3, called);
  });
});

describe('an HTTP/2 connection ends', () => {
  const reset = (stream: number) =>
    Buffer.concat([opening(stream), frame(RST_STREAM, 0, stream, uint32(CANCEL))]);
  const streams = (count: number) => Array.from({ length: count }, (_, n) => 2 * n + 1);

  it('when it takes back more streams than it may; that many it may', async () => {
    const { handler } = holding();
    const { port } = await serving(handler, { resets: 20 });
    const client = await FrameClient.greet(port);
    for (const stream of streams(20)) await client.send(reset(stream));
    await client.settle();
    expect(client.frames.some(({ type }) => type === GOAWAY)).toBe(false);
    await client.send(reset(41));
    const goaway = await client.untilFrame(({ type }) => type === GOAWAY);
    expect(goaway.payload.readUInt32BE(4)).toBe(ENHANCE_YOUR_CALM);
    await client.closed;
  });

  it('also when it opens and takes back in one packet', async () => {
    const { handler, called } = holding();
    const { port } = await serving(handler, { resets: 20 });
    const client = await FrameClient.greet(port);
    await client.send(Buffer.concat(streams(200).map(reset)));
    await client.closed;
    expect(called.length).toBeLessThan(200);
  });

  it.each([
    ['with a code', CANCEL],
    ['without an error', 0],
  ])('also when it takes back streams that the handler has responded to already, %s', async (_how, code) => {
    const { port } = await serving(echo, { resets: 20 });
    const client = await FrameClient.greet(port);
    const finished = (stream: number) =>
      Buffer.concat([opening(stream), frame(RST_STREAM, 0, stream, uint32(code))]);
    await client.send(Buffer.concat(streams(60).map(finished)));
    const goaway = await client.untilFrame(({ type }) => type === GOAWAY);
    expect(goaway.payload.readUInt32BE(4)).toBe(ENHANCE_YOUR_CALM);
    await client.closed;
  });

  it('not for any number of requests that have their response', async () => {
    const { port } = await serving(echo, { resets: 5 });
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    for (let n = 0; n < 20; n++) {
      const stream = session.request({ ':path': `/${n}` });
      stream.resume();
      await once(stream, 'close');
      expect(stream.rstCode).toBe(0);
    }
    expect(session.closed || session.destroyed).toBe(false);
    session.destroy();
  });

  it('not when streams are taken back over a long time', async () => {
    const { handler } = holding();
    const { port } = await serving(handler, { resets: 5, resetWindowMs: 0 });
    const client = await FrameClient.greet(port);
    for (const stream of streams(30)) {
      await client.send(reset(stream));
      await client.settle();
    }
    expect(client.frames.some(({ type }) => type === GOAWAY)).toBe(false);
    client.socket.destroy();
  });

  it('when it keeps sending frames against the protocol', async () => {
    const { port } = await serving(echo, { invalidFrames: 5 });
    const client = await FrameClient.greet(port);
    // A header block that causes a stream error: a name in upper case (RFC 9113 section 8.2.1).
    for (const stream of streams(5)) await client.send(opening(stream, ['X', 'y']));
    await client.settle();
    for (const stream of streams(20).slice(5)) await client.send(opening(stream, ['X', 'y']));
    await client.closed;
  });

  it('when its first bytes are those of HTTP/2 and the rest is not', async () => {
    const { port } = await serving();
    const client = new RawClient(port);
    await client.send('PRI * HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.closed;
    expect((await http2(session(`http://127.0.0.1:${port}`), '/after')).status).toBe(200);
  });
});

it('announces its limits to HTTP/2 peers', async () => {
  const { port } = await serving(echo, { requestsAtOnce: 7, headerBytes: 5000 });
  const client = await FrameClient.greet(port);
  const { payload } = await client.untilFrame(({ type, flags }) => type === SETTINGS && flags === NO_ERROR);
  const settings = new Map<number, number>();
  for (let at = 0; at < payload.length; at += 6)
    settings.set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
  expect(settings.get(3)).toBe(7);
  expect(settings.get(6)).toBe(5000);
  client.socket.destroy();
});
