import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutbound, NoResponse, type Outbound } from '../../../server/outbound/outbound.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const outbound = (publicOnly: boolean, allowed: readonly string[] = []): Outbound => {
  const made = createOutbound({ publicOnly, allowed });
  closing.push(() => made.close());
  return made;
};

async function serving(listener: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

const request = (url: string, more = {}) => ({
  url,
  headers: { 'content-type': 'application/json' },
  body: '{"a":"é"}',
  signal: new AbortController().signal,
  maxBytes: 100,
  ...more,
});
const errorOf = (response: Promise<unknown>) =>
  response.then(
    () => 'responded',
    (thrown) => (thrown instanceof NoResponse ? thrown.error : thrown),
  );

describe('anywhere', () => {
  it('posts the body and gives back status, headers and body', async () => {
    const seen: unknown[] = [];
    const { port } = await serving(async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      seen.push(req.method, req.headers['content-type'], req.headers['content-length'], body);
      res.writeHead(418, { 'x-tea': 'yes' }).end('short');
    });
    const response = await outbound(false).post(request(`http://127.0.0.1:${port}/path`));
    expect(seen).toEqual(['POST', 'application/json', '10', '{"a":"é"}']);
    expect(response).toMatchObject({ status: 418, headers: { 'x-tea': 'yes' }, body: 'short' });
  });

  it('follows no redirect', async () => {
    let calls = 0;
    const { port } = await serving((_req, res) => {
      calls++;
      res.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect((await outbound(false).post(request(`http://127.0.0.1:${port}/`))).status).toBe(307);
    expect(calls).toBe(1);
  });

  it('reads responses up to the limit, and none beyond', async () => {
    const { port } = await serving((req, res) => res.end('x'.repeat(Number(req.url?.slice(1)))));
    const of = (length: number) => outbound(false).post(request(`http://127.0.0.1:${port}/${length}`));
    expect((await of(100)).body).toHaveLength(100);
    expect(await errorOf(of(101))).toBe('TOO_LARGE');
    expect(await errorOf(of(10_000_000))).toBe('TOO_LARGE');
  });

  it.each([100, 101, 10_000_000])(
    'reads no further than the limit where that is enough: %d bytes',
    async (length) => {
      const { port } = await serving((_req, res) => res.writeHead(201).end('x'.repeat(length)));
      const response = await outbound(false).post(request(`http://127.0.0.1:${port}/`, { cut: true }));
      expect(response.status).toBe(201);
    },
  );

  it.each(['before', 'within'])('ends with its signal %s the response', async (when) => {
    const limit = new AbortController();
    const { port } = await serving((_req, res) => {
      if (when === 'within') res.writeHead(200, { 'content-length': '10' }).write('half');
      limit.abort();
    });
    const response = outbound(false).post(request(`http://127.0.0.1:${port}/`, { signal: limit.signal }));
    expect(await errorOf(response)).toBe('TIMEOUT');
  });

  it('says that a host is unreachable', async () => {
    const { server, port } = await serving(() => {});
    await new Promise((resolve) => server.close(resolve));
    expect(await errorOf(outbound(false).post(request(`http://127.0.0.1:${port}/`)))).toBe('UNREACHABLE');
    const hangsUp = await serving((req) => req.socket.destroy());
    expect(await errorOf(outbound(false).post(request(`http://127.0.0.1:${hangsUp.port}/`)))).toBe(
      'UNREACHABLE',
    );
  });

  it('says that a name does not exist', async () => {
    // Too long for a name, so that no resolver needs to be asked.
    expect(await errorOf(outbound(false).post(request(`http://${'x'.repeat(64)}/`)))).toBe('NAME_NOT_FOUND');
  });

  it('says that a certificate is not trusted, and that a host does not speak TLS', async () => {
    const file = (name: string) => readFile(new URL(`../http/support/tls/${name}.pem`, import.meta.url));
    const server = createTlsServer({ cert: await file('certificate'), key: await file('key') });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const plain = await serving((_req, res) => res.end());
    for (const { port } of [server.address() as AddressInfo, plain])
      expect(await errorOf(outbound(false).post(request(`https://127.0.0.1:${port}/`)))).toBe('TLS_FAILED');
  });

  it('calls again on a new connection where the server had let the kept one go', async () => {
    let calls = 0;
    const { port } = await serving((req, res) => {
      calls++;
      // The second request on a connection finds it gone, as one that comes too late does.
      if (calls === 2) req.socket.resetAndDestroy();
      else res.end(String(calls));
    });
    const made = outbound(false);
    const post = async () => (await made.post(request(`http://127.0.0.1:${port}/`))).body;
    expect(await post()).toBe('1');
    expect(await post()).toBe('3');
  });

  it.each([
    ['nonsense', 'must be a URL'],
    ['ftp://example.com/', 'must begin with https:// or http://'],
    ['https://user:secret@example.com/', 'must not hold a user name or password'],
    ['https://example.com/#here', 'must not hold a fragment'],
  ])('refuses %s', async (url, fault) => {
    expect(outbound(false).faultOf(url)).toBe(fault);
    expect(await errorOf(outbound(false).post(request(url)))).toBe('REFUSED_ADDRESS');
  });
});

describe('in production', () => {
  it.each([
    'http://example.com/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:10.0.0.1]/',
  ])('refuses %s', async (url) => {
    expect(outbound(true).faultOf(url)).toBeTruthy();
    expect(await errorOf(outbound(true).post(request(url)))).toBe('REFUSED_ADDRESS');
  });

  it('refuses a name that leads to a private address, when it is called', async () => {
    const made = outbound(true);
    expect(made.faultOf('https://localhost/')).toBeUndefined();
    expect(await errorOf(made.post(request('https://localhost/')))).toBe('REFUSED_ADDRESS');
  });

  it('takes a public name or address', () => {
    expect(outbound(true).faultOf('https://hooks.example.com/otp?x=1')).toBeUndefined();
    expect(outbound(true).faultOf('https://8.8.8.8/')).toBeUndefined();
  });
});

describe('in production, with networks of our own', () => {
  it('calls what is in them, by name or address, over http as well', async () => {
    const { port } = await serving((_req, res) => res.writeHead(204).end());
    const made = outbound(true, ['127.0.0.0/8', '::1']);
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      const response = made.post(request(`http://${host}:${port}/`));
      expect((await response).status, host).toBe(204);
    }
  });

  it.each([
    ['http://8.8.8.8/', 'must begin with https://'],
    ['http://10.0.0.1/', 'must lead to a public address'],
    ['https://127.0.0.1/', 'must lead to a public address'],
    ['https://192.167.255.255/', undefined],
    ['https://192.168.0.0/', undefined],
    ['http://192.168.0.0/', undefined],
    ['http://192.168.255.255/', undefined],
    ['http://192.169.0.0/', 'must begin with https://'],
    ['https://8.8.8.8/', undefined],
    ['https://hooks.example.com/', undefined],
    ['ftp://192.168.0.1/', 'must begin with https:// or http://'],
  ])('%s', (url, fault) => expect(outbound(true, ['192.168.0.0/16']).faultOf(url)).toBe(fault));

  it.each(['http', 'https'])('refuses a name that leads elsewhere, over %s', async (protocol) => {
    const made = outbound(true, ['192.168.0.0/16']);
    expect(await errorOf(made.post(request(`${protocol}://localhost/`)))).toBe('REFUSED_ADDRESS');
  });
});
