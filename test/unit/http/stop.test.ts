import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { httpLimits } from '../../../server/http/limits.js';
import { createListener } from '../../../server/http/listener.js';
import type { HttpHandler } from '../../../server/http/message.js';
import { http1, http2, session } from './support/clients.js';
import { END_HEADERS, END_STREAM, FrameClient, frame, GOAWAY, HEADERS, request } from './support/frames.js';
import { RawClient } from './support/rawClient.js';
import { echo, serving, signal, TLS } from './support/serving.js';

const GRACE = 60_000;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;

/** A handler whose requests under way can be awaited, and let go. */
function holding() {
  const arrived = signal();
  const gate = signal();
  const handler: HttpHandler = async (req, res) => {
    arrived.happen();
    await gate.happened;
    await echo(req, res);
  };
  return { handler, arrived: arrived.happened, letGo: () => gate.happen() };
}

const refused = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.on('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
  });

describe('stop', () => {
  it('accepts no further connection', async () => {
    const { port, listener } = await serving();
    expect(await refused(port)).toBeUndefined();
    await listener.stop(GRACE);
    expect(await refused(port)).toBe('ECONNREFUSED');
  });

  it('closes idle and silent connections at once', async () => {
    const { port, listener } = await serving();
    const idle = new RawClient(port);
    await idle.send(get('/'));
    await idle.until('1.1 GET /');
    const silent = new RawClient(port);
    await new Promise((resolve) => silent.socket.once('connect', resolve));
    await listener.stop(GRACE);
    await Promise.all([idle.closed, silent.closed]);
    expect(listener.connections()).toBe(0);
  });

  it('finishes an HTTP/1.1 request under way and says that the connection closes', async () => {
    const { handler, arrived, letGo } = holding();
    const { port, listener } = await serving(handler);
    const client = new RawClient(port);
    await client.send(get('/running'));
    await arrived;
    const stopped = listener.stop(GRACE);
    letGo();
    const text = await client.closed;
    expect(text).toContain('1.1 GET /running');
    expect(text.toLowerCase()).toContain('connection: close');
    await stopped;
  });

  it('responds to the pipelined requests it has accepted, and closes behind the last', async () => {
    const { handler, arrived, letGo } = holding();
    const { port, listener } = await serving(handler);
    const client = new RawClient(port);
    await client.send(get('/1') + get('/2'));
    await arrived;
    const stopped = listener.stop(GRACE);
    letGo();
    expect((await client.closed).match(/1\.1 GET \/\d/g)).toEqual(['1.1 GET /1', '1.1 GET /2']);
    await stopped;
  });

  it('lets a request under way have the rest of its body', async () => {
    const arrived = signal();
    const { port, listener } = await serving((req, res) => {
      arrived.happen();
      return echo(req, res);
    });
    const client = new RawClient(port);
    await client.send('POST /up HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nha');
    await arrived.happened;
    const stopped = listener.stop(GRACE);
    await client.send('lf');
    expect(await client.closed).toContain('1.1 POST /up half');
    await stopped;
  });

  it('does not wait for a body that breaks off in nonsense meanwhile', async () => {
    const arrived = signal();
    const { port, listener } = await serving((req, res) => {
      arrived.happen();
      return echo(req, res);
    });
    const client = new RawClient(port);
    await client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nha\r\n');
    await arrived.happened;
    const stopped = listener.stop(GRACE);
    await client.send('nonsense\r\n');
    expect(await client.closed).toMatch(/^HTTP\/1\.1 400 /);
    await stopped;
  });

  it('closes behind an HTTP/1.1 response that had begun before', async () => {
    const begun = signal();
    const gate = signal();
    const { port, listener } = await serving(
      async (_req, res) => {
        res.writeHead(200, { 'content-length': '6' });
        res.write('fir');
        begun.happen();
        await gate.happened;
        res.end('st!');
      },
      { lingerMs: GRACE },
    );
    const client = new RawClient(port);
    await client.send(get('/'));
    await begun.happened;
    await client.until('fir');
    const stopped = listener.stop(GRACE);
    gate.happen();
    expect(await client.closed).toMatch(/first!$/);
    await stopped;
  });

  it('does not run a request behind the last one it responds to', async () => {
    const called: string[] = [];
    let read = () => 0;
    const { handler, arrived, letGo } = holding();
    const { port, listener } = await serving((req, res) => {
      read = () => req.socket.bytesRead;
      called.push(req.url ?? '');
      return handler(req, res);
    });
    const client = new RawClient(port);
    await client.send(get('/1'));
    await arrived;
    const stopped = listener.stop(GRACE);
    await client.send(get('/2'));
    await expect.poll(() => read()).toBe(get('/1').length + get('/2').length);
    letGo();
    expect((await client.closed).match(/1\.1 GET \/\d/g)).toEqual(['1.1 GET /1']);
    expect(called).toEqual(['/1']);
    await stopped;
  });

  it('sends a large response to its end that is written but not yet read', async () => {
    const size = 32_000_000;
    const written = signal();
    const { port, listener } = await serving((_req, res) => {
      res.writeHead(200, { 'content-length': String(size) });
      res.end(Buffer.alloc(size, 'x'));
      written.happen();
    });
    const client = new RawClient(port);
    client.socket.pause();
    await client.send(get('/'));
    await written.happened;
    const stopped = listener.stop(GRACE);
    let received = 0;
    client.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.socket.resume();
    await client.closed;
    await stopped;
    expect(received).toBeGreaterThan(size);
  });

  it('sends GOAWAY, finishes the streams under way and refuses new ones', async () => {
    const { handler, arrived, letGo } = holding();
    const { port, listener } = await serving(handler);
    const client = await FrameClient.greet(port);
    const open = (stream: number) =>
      frame(HEADERS, END_HEADERS | END_STREAM, stream, request('GET', `/${stream}`));
    await client.send(open(1));
    await arrived;
    const stopped = listener.stop(GRACE);
    const goaway = await client.untilFrame(({ type }) => type === GOAWAY);
    expect([goaway.payload.readUInt32BE(0), goaway.payload.readUInt32BE(4)]).toEqual([1, 0]);
    await client.send(open(3));
    letGo();
    await client.closed;
    await stopped;
    expect(client.frames.some(({ type, stream }) => type === HEADERS && stream === 1)).toBe(true);
    expect(client.frames.some(({ type, stream }) => type === HEADERS && stream === 3)).toBe(false);
  });

  it('is understood by an ordinary HTTP/2 client', async () => {
    const { handler, arrived, letGo } = holding();
    const { port, listener } = await serving(handler, {}, { tls: TLS });
    const client = session(`https://127.0.0.1:${port}`);
    const response = http2(client, '/running');
    await arrived;
    const stopped = listener.stop(GRACE);
    letGo();
    expect((await response).body).toBe('2.0 GET /running ');
    await stopped;
    await expect.poll(() => client.destroyed).toBe(true);
  });

  it('does not wait for an HTTP/2 peer that never hangs up', async () => {
    const { port, listener } = await serving(echo, { lingerMs: 40 });
    const client = await FrameClient.greet(port);
    client.socket.allowHalfOpen = true;
    await listener.stop(GRACE);
    expect(listener.connections()).toBe(0);
  });

  it('cuts off after the grace period what does not end', async () => {
    const { handler, arrived } = holding();
    const { port, listener } = await serving(handler);
    const first = new RawClient(port);
    await first.send(get('/never'));
    const second = await FrameClient.greet(port);
    await second.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request('GET', '/never')));
    await second.settle();
    await arrived;
    await listener.stop(40);
    expect(await first.closed).toBe('');
    await second.closed;
    expect(listener.connections()).toBe(0);
  });

  it('may be called twice, and the second call may be less patient', async () => {
    const { handler, arrived } = holding();
    const { port, listener } = await serving(handler);
    const client = new RawClient(port);
    await client.send(get('/never'));
    await arrived;
    const patient = listener.stop(GRACE);
    await listener.stop(0);
    await patient;
    await client.closed;
    await listener.stop(GRACE);
  });

  it('may be called before listen was', async () => {
    await createListener({ handler: echo, limits: httpLimits() }).stop(GRACE);
  });

  it('does not keep the next listener from the same port', async () => {
    const { port, listener } = await serving();
    await http1(port, '/');
    await listener.stop(GRACE);
    const next = createListener({ handler: echo, limits: httpLimits() });
    expect((await next.listen('127.0.0.1', port)).port).toBe(port);
    expect((await http1(port, '/again')).body).toBe('1.1 GET /again ');
    await next.stop(GRACE);
  });
});
