import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutbound } from '../../../server/outbound/outbound.js';
import { createVendorClient, type VendorPost } from '../../../server/outbound/vendorClient.js';
import { TLS } from '../http/support/serving.js';

const CERTIFICATE = TLS.cert.toString();
const DIRECT = { proxyFor: () => '' };

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const vendor = async (respond: RequestListener) =>
  `http://127.0.0.1:${await listening(createServer(respond))}/`;

const postTo = (url: string, changes: Partial<VendorPost> = {}): VendorPost => ({
  url,
  headers: {},
  body: '{"to":"ñ"}',
  signal: new AbortController().signal,
  maxBytes: 64,
  ...changes,
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

describe('a request to a vendor', () => {
  it('is one POST with the length of its body in bytes, to path and query of the URL', async () => {
    const seen: unknown[] = [];
    const url = await vendor(async (request, response) => {
      const { method, url: path, headers } = request;
      seen.push({
        method,
        path,
        length: headers['content-length'],
        key: headers['x-key'],
        body: await bodyOf(request),
      });
      response.writeHead(201, { 'retry-after': '7' }).end('{"id":"ü"}');
    });
    const response = await createVendorClient(DIRECT).post(
      postTo(`${url}a/b?c=d`, { headers: { 'x-key': 'k' } }),
    );
    expect(response).toEqual({ status: 201, retryAfter: '7', body: '{"id":"ü"}' });
    expect(seen).toEqual([{ method: 'POST', path: '/a/b?c=d', length: '11', key: 'k', body: '{"to":"ñ"}' }]);
  });

  it('uses a kept connection, and leaves nothing on a signal that is used again', async () => {
    const ports = new Set<number | undefined>();
    const url = await vendor((request, response) => {
      ports.add(request.socket.remotePort);
      request.resume();
      response.end('{}');
    });
    const client = createVendorClient(DIRECT);
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) await client.post(postTo(url, { signal }));
    expect(ports.size).toBe(1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is not made where the signal was aborted before', async () => {
    let requests = 0;
    const url = await vendor((_request, response) => {
      requests++;
      response.end('{}');
    });
    const client = createVendorClient(DIRECT);
    const reason = new Error('too late');
    await expect(client.post(postTo(url, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    await client.post(postTo(url));
    expect(requests).toBe(1);
  });

  it('ends when the signal is aborted, before the response and within it', async () => {
    const limit = new AbortController();
    const silent = await vendor(() => limit.abort(new Error('too late')));
    await expect(createVendorClient(DIRECT).post(postTo(silent, { signal: limit.signal }))).rejects.toThrow(
      'too late',
    );
    const within = new AbortController();
    const half = await vendor((_request, response) => {
      response.write('{"id":');
      setImmediate(() => within.abort(new Error('too late')));
    });
    await expect(createVendorClient(DIRECT).post(postTo(half, { signal: within.signal }))).rejects.toThrow();
    expect(getEventListeners(within.signal, 'abort')).toEqual([]);
  });

  it('fails where the vendor closes the connection in the middle of its response', async () => {
    const url = await vendor((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"id":', () => response.destroy());
    });
    await expect(createVendorClient(DIRECT).post(postTo(url))).rejects.toThrow();
  });

  it('does not follow a redirect', async () => {
    const paths: (string | undefined)[] = [];
    const url = await vendor((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await createVendorClient(DIRECT).post(postTo(url))).toMatchObject({ status: 307, body: '' });
    expect(paths).toEqual(['/']);
  });

  it.each([
    ['as long as allowed', 'ü'.repeat(32), 'ü'.repeat(32)],
    ['one byte longer, though not in characters', `${'ü'.repeat(32)}a`, undefined],
  ])('has a response of bytes %s', async (_title, sent, body) => {
    const url = await vendor((_request, response) => response.end(sent));
    expect(await createVendorClient(DIRECT).post(postTo(url))).toMatchObject({ status: 200, body });
  });

  it.each([
    ['gzip', gzipSync('{"id":"v"}'), '{"id":"v"}'],
    ['gzip', gzipSync(' '.repeat(10_000)), undefined],
    ['gzip', Buffer.from('not packed'), undefined],
    ['zstd', Buffer.from('x'), undefined],
  ])('reads a response packed with %s within the limit of what is unpacked', async (coding, sent, body) => {
    const url = await vendor((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(sent);
    });
    expect((await createVendorClient(DIRECT).post(postTo(url))).body).toBe(body);
  });
});

describe('a vendor over https', () => {
  const secured = async () => {
    const server = createHttpsServer(TLS, (_request, response) => response.end('{"id":"v"}'));
    return `https://localhost:${await listening(server)}/`;
  };

  it('is reached where its certificate is trusted, and only there', async () => {
    const url = await secured();
    expect(await createVendorClient({ ...DIRECT, ca: CERTIFICATE }).post(postTo(url))).toMatchObject({
      body: '{"id":"v"}',
    });
    await expect(createVendorClient(DIRECT).post(postTo(url))).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('is reached through a proxy, which sees no more than the name', async () => {
    const url = await secured();
    const named: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket, head) => {
      named.push(request.url);
      const upstream = connect(Number(new URL(url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
      onTestFinished(() => void socket.destroy());
    });
    const proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
    const client = createVendorClient({ proxyFor: () => proxyUrl, ca: CERTIFICATE });
    expect(await client.post(postTo(url))).toMatchObject({ status: 200, body: '{"id":"v"}' });
    expect(await client.post(postTo(url))).toMatchObject({ status: 200 });
    expect(named).toEqual([new URL(url).host]);
  });
});

describe('a proxy of the environment', () => {
  it('takes requests to vendors over http, and none to URLs that customers set', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url);
      request.resume();
      response.end('{"id":"by proxy"}');
    });
    const proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
    const own = await vendor((request, response) => {
      request.resume();
      response.end('direct');
    });
    const client = createVendorClient({ proxyFor: () => proxyUrl });
    expect((await client.post(postTo('http://vendor.example/send'))).body).toBe('{"id":"by proxy"}');
    process.env.http_proxy = proxyUrl;
    onTestFinished(() => void delete process.env.http_proxy);
    const outbound = createOutbound({ publicOnly: false });
    onTestFinished(() => outbound.close());
    expect((await outbound.post(postTo(own))).body).toBe('direct');
    expect(asked).toEqual(['http://vendor.example/send']);
  });
});
