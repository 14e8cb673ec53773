import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Code, ConnectError } from '@connectrpc/connect';
import { errorFromJsonBytes } from '@connectrpc/connect/protocol-connect';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { trailerParse } from '@connectrpc/connect/protocol-grpc-web';

/** A request of one message, already encoded as the protocol wants it. */
export interface RawRequest {
  readonly baseUrl: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly message: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What came back, as it stood on the wire. */
export interface RawResponse {
  readonly status: number;
  /** Header and, where there is one, trailer. */
  readonly headers: Headers;
  readonly body: Buffer;
  readonly error: ConnectError | undefined;
}

/** One way of writing a unary call. */
export interface WireProtocol {
  readonly name: string;
  /** Whether messages are JSON; otherwise they are binary. */
  readonly json: boolean;
  /** Whether it is Connect's own protocol, where refusals name the field. */
  readonly connect: boolean;
  call(request: RawRequest): Promise<RawResponse>;
}

const envelope = (message: Uint8Array): Buffer<ArrayBuffer> => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

async function overHttp1(url: string, init: RequestInit): Promise<Omit<RawResponse, 'error'>> {
  const response = await fetch(url, init);
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** One call on a connection of its own. */
export function overHttp2(
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<Omit<RawResponse, 'error'>> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(baseUrl);
    session.on('error', reject);
    const stream = session.request(headers);
    const received = new Headers();
    const chunks: Buffer[] = [];
    let status = 0;
    const note = (fields: IncomingHttpHeaders) => {
      status ||= Number(fields[':status']);
      for (const [name, value] of Object.entries(fields))
        if (!name.startsWith(':')) received.set(name, String(value));
    };
    stream
      .on('response', note)
      .on('trailers', note)
      .on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject).on('close', () => {
      session.close();
      resolve({ status, headers: received, body: Buffer.concat(chunks) });
    });
    stream.end(body);
  });
}

function connectPost(name: string, contentType: string, gzip = false): WireProtocol {
  return {
    name,
    json: contentType.endsWith('json'),
    connect: true,
    async call({ baseUrl, path, message, headers }) {
      const encoding = gzip ? { 'content-encoding': 'gzip' } : {};
      const response = await overHttp1(baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': contentType, ...encoding, ...headers },
        body: gzip ? gzipSync(message) : Buffer.from(message),
      });
      return { ...response, error: connectError(response) };
    },
  };
}

function connectGet(name: string, encoding: 'json' | 'proto'): WireProtocol {
  return {
    name,
    json: encoding === 'json',
    connect: true,
    async call({ baseUrl, path, message, headers }) {
      const query = new URLSearchParams({ connect: 'v1', encoding, base64: '1' });
      query.set('message', Buffer.from(message).toString('base64url'));
      const response = await overHttp1(`${baseUrl}${path}?${query}`, { headers: { ...headers } });
      return { ...response, error: connectError(response) };
    },
  };
}

const connectError = ({ status, headers, body }: Omit<RawResponse, 'error'>): ConnectError | undefined =>
  status === 200
    ? undefined
    : errorFromJsonBytes(body, headers, new ConnectError(`HTTP ${status}`, Code.Unknown));

function grpcWeb(name: string, contentType: string): WireProtocol {
  return {
    name,
    json: contentType.endsWith('json'),
    connect: false,
    async call({ baseUrl, path, message, headers }) {
      const response = await overHttp1(baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': contentType, ...headers },
        body: envelope(message),
      });
      return { ...response, error: findTrailerError(trailerParse(lastFrame(response.body))) };
    },
  };
}

/** The content of the last frame of a body: the trailers of gRPC-Web. */
function lastFrame(body: Buffer): Buffer {
  const length = body.length < 5 ? 0 : body.readUInt32BE(1);
  const rest = body.subarray(5 + length);
  return rest.length > 0 ? lastFrame(rest) : body.subarray(5);
}

function grpc(name: string, contentType: string): WireProtocol {
  return {
    name,
    json: contentType.endsWith('json'),
    connect: false,
    async call({ baseUrl, path, message, headers }) {
      const head = {
        ':method': 'POST',
        ':path': path,
        'content-type': contentType,
        te: 'trailers',
        ...headers,
      };
      const response = await overHttp2(baseUrl, head, envelope(message));
      return { ...response, error: findTrailerError(response.headers) };
    },
  };
}

/** Every way in which a unary call with a body can be written to this service. */
export const WITH_BODY: readonly WireProtocol[] = [
  connectPost('Connect, JSON', 'application/json'),
  connectPost('Connect, compressed JSON', 'application/json', true),
  connectPost('Connect, binary', 'application/proto'),
  connectPost('Connect, compressed binary', 'application/proto', true),
  grpcWeb('gRPC-Web', 'application/grpc-web+proto'),
  grpcWeb('gRPC-Web, JSON', 'application/grpc-web+json'),
  grpc('gRPC', 'application/grpc'),
  grpc('gRPC, JSON', 'application/grpc+json'),
];

/** And without a body, for methods without side effects. */
export const BY_GET: readonly WireProtocol[] = [
  connectGet('Connect GET, JSON', 'json'),
  connectGet('Connect GET, binary', 'proto'),
];
