import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import { parseContentType, parseTimeout, setTrailerStatus } from '@connectrpc/connect/protocol-grpc';
import { Failure } from '../errors.js';
import { type HttpRequest, type HttpResponse, isHttp2 } from '../http/message.js';
import { unescapeMessage } from './grpcMessage.js';
import { TIMEOUT_MAX } from './handler.js';
import { ENVELOPE_HEAD } from './sizes.js';
import { compressionOf, isSendable, type UnaryProtocol } from './unaryProtocol.js';

const COMPRESSED = 1;

interface Format {
  readonly timeoutMs: number | undefined;
}

/**
 * gRPC's unary calls with one message in protobuf that is not compressed
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 */
export const grpcUnary: UnaryProtocol<Format> = {
  transport: 'grpc',
  overhead: ENVELOPE_HEAD,
  formatOf,
  decode({ method: { input } }, _format, body) {
    const isWhole =
      body.length >= ENVELOPE_HEAD && body[0] === 0 && body.readUInt32BE(1) === body.length - ENVELOPE_HEAD;
    if (!isWhole) return undefined;
    try {
      return fromBinary(input, body.subarray(ENVELOPE_HEAD));
    } catch {
      throw new Failure('INVALID_REQUEST', { message: 'The request cannot be decoded.' });
    }
  },
  async send({ req, res, headers }, { method: { output } }, response) {
    const message = toBinary(output, create(output, response));
    const gzip = compressionOf(req, 'grpc-accept-encoding', message.length);
    const body = gzip ? encodeEnvelope(COMPRESSED, await gzip.compress(message)) : encodeEnvelope(0, message);
    if (!isSendable(res)) return;
    begin(res, gzip ? { ...headers, 'grpc-encoding': gzip.name } : headers);
    res.write(body);
    end(res, OK);
  },
  sendError({ res, headers }, error) {
    if (!isSendable(res)) return;
    begin(res, headers);
    const trailer = setTrailerStatus(new Headers(), error);
    unescapeMessage(trailer);
    end(res, Object.fromEntries(trailer));
  },
};

const OK = { 'grpc-status': '0' };

function formatOf(req: HttpRequest): Format | undefined {
  const { headers } = req;
  const type = headers['content-type'];
  if (!type?.startsWith('application/grpc') || !isHttp2(req)) return undefined;
  if (!parseContentType(type)?.binary) return undefined;
  const encoding = headers['grpc-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  const timeout = parseTimeout((headers['grpc-timeout'] as string | undefined) ?? null, TIMEOUT_MAX);
  return timeout.error ? undefined : { timeoutMs: timeout.timeoutMs };
}

function begin(res: HttpResponse, headers: Readonly<Record<string, string>>): void {
  res.writeHead(200, { 'content-type': 'application/grpc+proto', ...headers });
}

function end(res: HttpResponse, trailer: Readonly<Record<string, string>>): void {
  res.addTrailers(trailer);
  res.end();
}
