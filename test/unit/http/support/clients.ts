import { request as requestPlain } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { type RequestOptions, request as requestTls } from 'node:https';
import { onTestFinished } from 'vitest';

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request over HTTP/1.1 on a connection of its own. Rejects if the response is cut off. */
export const http1 = (port: number, path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) =>
  asked(requestPlain, { port, path, method, headers }, body);

/** The same over TLS. */
export const https1 = (port: number, path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) =>
  asked(requestTls, { port, path, method, headers, rejectUnauthorized: false }, body);

function asked(
  request: typeof requestPlain | typeof requestTls,
  options: RequestOptions,
  body: string,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', agent: false, ...options }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('error', reject);
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** An HTTP/2 client session until the test ends. */
export function session(url: string): ClientHttp2Session {
  const client = connect(url, { rejectUnauthorized: false });
  client.on('error', () => {});
  onTestFinished(() => client.destroy());
  return client;
}

/** A request over HTTP/2. Rejects if the stream is reset with an error. */
export const http2 = (
  client: ClientHttp2Session,
  path: string,
  { method = 'GET', headers = {}, body = '' }: Asked = {},
): Promise<HttpResponse> =>
  new Promise((resolve, reject) => {
    const stream = client.request(
      { ':path': path, ':method': method, ...headers },
      { endStream: body === '' },
    );
    let text = '';
    let head: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    stream.setEncoding('utf8');
    stream.on('response', (received) => {
      head = received;
    });
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.on('error', reject);
    stream.on('close', () => resolve({ status: head[':status'] ?? 0, headers: head, body: text }));
    if (body !== '') stream.end(body);
  });
