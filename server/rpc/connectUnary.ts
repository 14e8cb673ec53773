import { create, fromBinary, fromJsonString, type Message, toBinary } from '@bufbuild/protobuf';
import {
  codeToHttpStatus,
  errorToJson,
  parseContentType,
  parseTimeout,
} from '@connectrpc/connect/protocol-connect';
import { Failure } from '../errors.js';
import { decodeUtf8 } from '../http/body.js';
import type { HttpRequest, HttpResponse } from '../http/message.js';
import { findUnknownName } from './enumNames.js';
import { TIMEOUT_MAX } from './handler.js';
import { findJsonFault } from './jsonFault.js';
import { messageJson } from './messageJson.js';
import { findStructFault } from './structFault.js';
import { compressionOf, isSendable, type Target, type UnaryProtocol } from './unaryProtocol.js';
import { findUnknownField, mayNameUnknownFields } from './unknownFields.js';

/** How a request is encoded. */
interface Format {
  readonly binary: boolean;
  /** Fields that the contract does not have are ignored. */
  readonly lenient: boolean;
  readonly timeoutMs: number | undefined;
}

/** Connect's unary calls: a POST with one message that is not compressed (https://connectrpc.com/docs/protocol, "Unary-Request"). */
export const connectUnary: UnaryProtocol<Format> = {
  transport: 'connect',
  overhead: 0,
  formatOf,
  decode,
  async send({ req, res, headers }, { method: { output }, format: { binary } }, response) {
    const message = binary
      ? toBinary(output, create(output, response))
      : // JSON stays a string: node sends a string together with the header, which is cheaper than sending bytes after it.
        JSON.stringify(messageJson(output, response));
    const typed = { 'content-type': binary ? 'application/proto' : 'application/json', ...headers };
    const gzip = compressionOf(req, 'accept-encoding', message.length);
    if (!gzip) return write(res, 200, message, typed);
    const bytes = typeof message === 'string' ? Buffer.from(message) : message;
    write(res, 200, await gzip.compress(bytes), { ...typed, 'content-encoding': gzip.name });
  },
  sendError({ res, headers }, error, refused) {
    error.metadata.forEach((value, name) => {
      headers[name] = value;
    });
    const body = JSON.stringify(errorToJson(error, undefined));
    const status = refused?.row.status ?? codeToHttpStatus(error.code);
    write(res, status, body, { 'content-type': 'application/json', ...headers });
  },
};

/** Undefined for a request that Connect's own handler must handle, such as one that it will refuse. */
function formatOf(req: HttpRequest): Format | undefined {
  const { headers } = req;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return undefined;
  // A body without a Content-Type is taken for JSON.
  const type = parseContentType(headers['content-type'] || 'application/json');
  if (!type || type.stream) return undefined;
  const timeout = parseTimeout((headers['connect-timeout-ms'] as string | undefined) ?? null, TIMEOUT_MAX);
  if (timeout.error) return undefined;
  return { binary: type.binary, lenient: mayNameUnknownFields(req), timeoutMs: timeout.timeoutMs };
}

function decode(
  { method: { input }, namesValues }: Target,
  { binary, lenient }: Format,
  body: Buffer,
): Message {
  if (binary) {
    try {
      return fromBinary(input, body);
    } catch {
      throw new Failure('INVALID_REQUEST', { message: 'The request cannot be decoded.' });
    }
  }
  const text = decodeUtf8(body).replace(/^\ufeff/, '');
  const unknown = (namesValues ? findUnknownName(input, text) : undefined) ?? findStructFault(input, text);
  if (unknown) throw new Failure('INVALID_REQUEST', { violations: [unknown] });
  try {
    return fromJsonString(input, text, { ignoreUnknownFields: lenient });
  } catch {
    const fault = (lenient ? undefined : findUnknownField(input, text)) ?? findJsonFault(input, text);
    throw new Failure(
      'INVALID_REQUEST',
      fault ? { violations: [fault] } : { message: 'The request cannot be decoded.' },
    );
  }
}

function write(
  res: HttpResponse,
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string>,
): void {
  if (!isSendable(res)) return;
  res.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  res.end(body);
}
