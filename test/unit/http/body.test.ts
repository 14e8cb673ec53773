import { describe, expect, it, onTestFinished } from 'vitest';
import { readBytes, readForm, readJson } from '../../../server/http/body.js';
import type { HttpHandler } from '../../../server/http/message.js';
import { sendJson } from '../../../server/http/respond.js';
import { type HttpResponse, http1, http2, session } from './support/clients.js';
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  FrameClient,
  frame,
  HEADERS,
  RST_STREAM,
  request,
  uint32,
} from './support/frames.js';
import { RawClient } from './support/rawClient.js';
import { serving, signal } from './support/serving.js';

const LIMIT = 100;
const json: HttpHandler = async (req, res) => sendJson(req, res, 200, await readJson(req, LIMIT));
const JSON_TYPE = { 'content-type': 'application/json' };

type Ask = (body: string, headers?: Record<string, string>) => Promise<HttpResponse>;

describe.each(['HTTP/1.1', 'HTTP/2'])('a JSON body over %s', (version) => {
  async function restApi(handler: HttpHandler = json): Promise<Ask> {
    const { port } = await serving(handler);
    if (version === 'HTTP/1.1') {
      return (body, headers = JSON_TYPE) => http1(port, '/', { method: 'POST', body, headers });
    }
    const client = session(`http://127.0.0.1:${port}`);
    return (body, headers = JSON_TYPE) => http2(client, '/', { method: 'POST', body, headers });
  }
  const refusal = ({ status, body }: HttpResponse) => [status, JSON.parse(body).code];

  it('is read', async () => {
    const ask = await restApi();
    const response = await ask('{"to":"Ångström ☎","n":[1,{}]}');
    expect(response.status).toBe(200);
    expect(JSON.parse(response.body)).toEqual({ to: 'Ångström ☎', n: [1, {}] });
    expect(response.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it('may be as large as the limit and not one byte larger', async () => {
    const ask = await restApi();
    const filled = (bytes: number) => `{"x":"${'y'.repeat(bytes - 8)}"}`;
    expect((await ask(filled(LIMIT))).status).toBe(200);
    const over = await ask(filled(LIMIT + 1));
    expect(refusal(over)).toEqual([413, 'BODY_TOO_LARGE']);
    if (version === 'HTTP/1.1') expect(over.headers.connection).toBe('close');
  });

  it('counts in bytes, not in characters', async () => {
    const ask = await restApi();
    expect(refusal(await ask(`{"x":"${'ü'.repeat(60)}"}`))).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=us-ascii',
  ])('is taken as %s', async (type) => {
    const ask = await restApi();
    expect((await ask('{}', { 'content-type': type })).status).toBe(200);
  });

  it('is taken as JSON with no type', async () => {
    const ask = await restApi();
    expect((await ask('{}', {})).status).toBe(200);
  });

  it.each([
    ['another type', { 'content-type': 'text/plain' }],
    ['a type that only begins so', { 'content-type': 'application/jsonp' }],
    ['another character set', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('is refused with %s', async (_name, headers) => {
    const ask = await restApi();
    expect(refusal(await ask('{}', headers))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it.each(['', '{', '{"code":"123456"', '[1]', '"text"', '1', 'null', '{}{}'])(
    'is refused when it is %j',
    async (text) => {
      const ask = await restApi();
      const response = await ask(text);
      expect(refusal(response)).toEqual([400, 'INVALID_REQUEST']);
      expect(response.body).not.toContain('123456');
    },
  );
});

describe('reading a body', () => {
  it('refuses bytes that are not UTF-8', async () => {
    const { port } = await serving(json);
    const client = new RawClient(port);
    await client.send(
      'POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n',
    );
    await client.send(Buffer.from([...Buffer.from('{"x":"'), 0xff, ...Buffer.from('"}')]));
    expect(await client.closed).toMatch(/400 Bad Request.*not UTF-8/s);
  });

  it('never lets the words of a broken body into the error', async () => {
    const caught = signal<Error>();
    const { port } = await serving(async (req, res) => {
      await readJson(req).catch(caught.happen);
      sendJson(req, res, 200, {});
    });
    await http1(port, '/', { method: 'POST', headers: JSON_TYPE, body: '{"code": 123456x}' });
    const error = await caught.happened;
    expect(JSON.stringify([error.message, String(error.cause)])).not.toContain('123456');
  });

  it('joins chunks that are cut anywhere', async () => {
    const { port } = await serving(json);
    const client = new RawClient(port);
    await client.send(
      'POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    for (const byte of Buffer.from('{"x":"☎"}')) {
      await client.send(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
    }
    await client.send('0\r\n\r\n');
    expect(Buffer.from(await client.closed, 'latin1').toString()).toContain('{"x":"☎"}');
  });

  it('hands one chunk on as it came', async () => {
    const read = signal<[Buffer, unknown]>();
    const { port } = await serving(async (req, res) => {
      let chunk: unknown;
      req.once('data', (first) => {
        chunk = first;
      });
      read.happen([await readBytes(req, LIMIT), chunk]);
      sendJson(req, res, 200, {});
    });
    await http1(port, '/', { method: 'POST', body: 'x' });
    const [body, chunk] = await read.happened;
    expect(body).toBe(chunk);
  });

  it('reads forms', async () => {
    const { port } = await serving(async (req, res) =>
      sendJson(req, res, 200, [...(await readForm(req, LIMIT))]),
    );
    const ask = (headers: Record<string, string>) =>
      http1(port, '/', { method: 'POST', headers, body: 'grant_type=client_credentials&scope=a+b%2Bc' });
    expect(JSON.parse((await ask({ 'content-type': 'application/x-www-form-urlencoded' })).body)).toEqual([
      ['grant_type', 'client_credentials'],
      ['scope', 'a b+c'],
    ]);
    expect((await ask(JSON_TYPE)).status).toBe(415);
  });

  it('stops when an HTTP/1.1 peer goes away', async () => {
    const ended = signal<unknown>();
    const begun = signal();
    const { port } = await serving((req) => {
      begun.happen();
      return readJson(req).then(ended.happen, ended.happen);
    });
    const client = new RawClient(port);
    await client.send(
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"x"',
    );
    await begun.happened;
    client.socket.resetAndDestroy();
    expect(await ended.happened).toMatchObject({ reason: 'INVALID_REQUEST' });
  });

  it('stops when an HTTP/2 stream is reset, however whole its body looks', async () => {
    const ended = signal<unknown>();
    const begun = signal();
    const { port } = await serving((req) => {
      begun.happen();
      return readJson(req).then(ended.happen, ended.happen);
    });
    const client = await FrameClient.greet(port);
    await client.send(
      frame(HEADERS, END_HEADERS, 1, request('POST', '/', ['content-type', 'application/json'])),
    );
    await client.send(frame(DATA, 0, 1, Buffer.from('{}')));
    await begun.happened;
    await client.send(frame(RST_STREAM, 0, 1, uint32(8)));
    expect(await ended.happened).toMatchObject({ reason: 'INVALID_REQUEST' });
    client.socket.destroy();
  });

  it('does not wait for a body that was cut off before reading began', async () => {
    const ended = signal<unknown>();
    const { port } = await serving(async (req) => {
      await new Promise((resolve) => req.once('close', resolve));
      await readJson(req).then(ended.happen, ended.happen);
    });
    const client = await FrameClient.greet(port);
    await client.send(
      frame(HEADERS, END_HEADERS, 1, request('POST', '/', ['content-type', 'application/json'])),
    );
    await client.settle();
    await client.send(frame(RST_STREAM, 0, 1, uint32(8)));
    expect(await ended.happened).toMatchObject({ reason: 'INVALID_REQUEST' });
    client.socket.destroy();
  });

  it('takes HTTP/2 headers in several frames', async () => {
    const { port } = await serving(json);
    const client = await FrameClient.greet(port);
    const block = request('POST', '/', ['content-type', 'application/json']);
    await client.send(frame(HEADERS, 0, 1, block.subarray(0, 20)));
    await client.send(frame(CONTINUATION, END_HEADERS, 1, block.subarray(20)));
    await client.send(frame(DATA, 1, 1, Buffer.from('{}')));
    await client.untilFrame(({ type, payload }) => type === DATA && payload.toString() === '{}');
    client.socket.destroy();
  });
});

describe('a body that is too large', () => {
  const announced = 3_000_000;
  const head = (length: string) =>
    `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;

  it.each([
    ['announced', head(`content-length: ${announced}`), (bytes: Buffer) => bytes],
    [
      'found out while reading',
      head('transfer-encoding: chunked'),
      (bytes: Buffer) =>
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
    ],
  ])(
    'gets a response, when %s, from a peer that reads only after it has sent everything',
    async (_name, begin, wrap) => {
      const { port } = await serving(json);
      const client = new RawClient(port);
      client.socket.pause();
      await client.send(begin);
      for (let sent = 0; sent < announced; sent += 100_000)
        await client.send(wrap(Buffer.alloc(100_000, 'x')));
      if (begin.includes('chunked')) await client.send('0\r\n\r\n');
      client.socket.resume();
      expect(await client.closed).toMatch(/^HTTP\/1\.1 413 .*connection: close.*"BODY_TOO_LARGE"/s);
      expect(client.error).toBeUndefined();
    },
  );

  it('gets its response before it has been sent', async () => {
    const { port } = await serving(json);
    const client = new RawClient(port);
    await client.send(head(`content-length: ${announced}`));
    expect(await client.until('"BODY_TOO_LARGE"')).toMatch(/^HTTP\/1\.1 413 /);
    client.socket.end();
    await client.closed;
  });

  it('does not hold a connection for longer than any other request', async () => {
    const { port } = await serving(json, { headersMs: 50, requestMs: 60 });
    const client = new RawClient(port);
    await client.send(head(`content-length: ${announced}`));
    const timer = setInterval(() => client.socket.writable && client.socket.write('x'), 10);
    onTestFinished(() => clearInterval(timer));
    expect(await client.closed).toContain('"BODY_TOO_LARGE"');
  });

  it('ends its HTTP/2 stream alone, without an error', async () => {
    const { port } = await serving(json);
    const client = await FrameClient.greet(port);
    const headers = request('POST', '/', ['content-type', 'application/json']);
    await client.send(
      Buffer.concat([frame(HEADERS, END_HEADERS, 1, headers), frame(DATA, 0, 1, Buffer.alloc(LIMIT + 1))]),
    );
    const response = await client.untilFrame(({ type }) => type === DATA);
    expect(JSON.parse(response.payload.toString()).code).toBe('BODY_TOO_LARGE');
    expect((await client.untilFrame(({ type }) => type === RST_STREAM)).payload).toEqual(uint32(0));
    await client.send(
      Buffer.concat([frame(HEADERS, END_HEADERS, 3, headers), frame(DATA, 1, 3, Buffer.from('{}'))]),
    );
    await client.untilFrame(({ type, stream }) => type === DATA && stream === 3);
    client.socket.destroy();
  });
});
