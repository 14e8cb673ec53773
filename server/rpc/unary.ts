import {
  create,
  type DescMethod,
  type DescService,
  fromBinary,
  fromJsonString,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { type Compression, compressionNegotiate } from '@connectrpc/connect/protocol';
import {
  codeToHttpStatus,
  errorToJson,
  parseContentType,
  parseTimeout,
} from '@connectrpc/connect/protocol-connect';
import { compressionGzip } from '@connectrpc/connect-node';
import { Failure } from '../errors.js';
import { decodeUtf8, readBytes } from '../http/body.js';
import { type HttpHandler, type HttpRequest, type HttpResponse, pathOf } from '../http/message.js';
import type { RejectedRequests } from '../http/rejectedRequests.js';
import { isAbandoned } from '../pipeline/callLifecycle.js';
import { readEnvelope } from '../pipeline/envelope.js';
import { headersOf } from '../pipeline/headers.js';
import type { Pipeline } from '../pipeline/index.js';
import { CREDENTIAL_HEADERS } from './bind.js';
import { callSignal } from './callSignal.js';
import { toConnectError } from './connectError.js';
import { findUnknownName, hasEnums } from './enumNames.js';
import { TIMEOUT_MAX } from './handler.js';
import { findJsonFault } from './jsonFault.js';
import { messageJson } from './messageJson.js';
import { readMaxOf } from './sizes.js';
import { findStructFault } from './structFault.js';
import { findUnknownField, mayNameUnknownFields } from './unknownFields.js';

/** Compressing a smaller response costs more than it saves, bytes. */
const COMPRESS_FROM = 4_096;

interface Options {
  readonly services: readonly DescService[];
  readonly pipeline: Pipeline;
  readonly peerOf: (req: HttpRequest) => string;
  readonly originOf: (req: HttpRequest) => string | undefined;
  readonly rejectedRequests: RejectedRequests;
  /** Handles every other request. */
  readonly fallback: HttpHandler;
}

/** A method of the contract, and whether its requests name enum values. */
interface Target {
  readonly method: DescMethod;
  readonly namesValues: boolean;
}

/** How a request that is handled here is encoded. */
interface Format {
  readonly binary: boolean;
  /** Fields that the contract does not have are ignored. */
  readonly lenient: boolean;
  readonly timeoutMs: number | undefined;
}

/**
 * Handles the plain form of Connect's unary calls, a POST with one message that
 * is not compressed, as Connect does (https://connectrpc.com/docs/protocol,
 * "Unary-Request"), at about half the cost of Connect's own handler, which is
 * built on web streams, headers and signals that most calls do not need. Every
 * other request of the protocol is left to that handler.
 */
export function createUnaryHandler({
  services,
  pipeline,
  peerOf,
  originOf,
  rejectedRequests,
  fallback,
}: Options): HttpHandler {
  const targets = new Map<string, Target>();
  for (const { typeName, methods } of services) {
    for (const method of methods) {
      if (method.methodKind !== 'unary') continue;
      targets.set(`/${typeName}/${method.name}`, { method, namesValues: hasEnums(method.input) });
    }
  }

  return (req, res) => {
    const target = req.method === 'POST' ? targets.get(pathOf(req)) : undefined;
    const format = target && formatOf(req);
    return format ? handle(target, format, req, res) : fallback(req, res);
  };

  async function handle(target: Target, format: Format, req: HttpRequest, res: HttpResponse): Promise<void> {
    let request: Message;
    try {
      request = decode(target, format, await readBytes(req, readMaxOf(target.method)));
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      // On HTTP/2 an unread rest would keep the stream open.
      req.resume();
      const requestId = rejectedRequests.idOf(req);
      rejectedRequests.refused(thrown, req, requestId);
      sendError(res, toConnectError(thrown), thrown.row.status, { 'x-request-id': requestId });
      return;
    }
    const { signal, release } = callSignal(res, format.timeoutMs);
    const envelope = readEnvelope((name) => req.headers[name] as string | undefined, {
      transport: 'connect',
      credentialIn: CREDENTIAL_HEADERS,
      peer: peerOf(req),
      origin: originOf(req),
      requestId: undefined,
      signal,
    });
    const headers: Record<string, string> = {};
    try {
      const response = await pipeline.call(target.method, request, envelope, (call) => {
        Object.assign(headers, headersOf(call));
      });
      release();
      await sendMessage(req, res, encode(target.method, format, response), format, headers);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      const error = isAbandoned(signal, thrown) ? (signal.reason as ConnectError) : toConnectError(thrown);
      sendError(res, error, codeToHttpStatus(error.code), headers);
    } finally {
      release();
    }
  }
}

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

/**
 * JSON stays a string: node sends a string together with the header, which is
 * cheaper than sending bytes after it.
 */
function encode(
  { output }: DescMethod,
  { binary }: Format,
  response: MessageInitShape<DescMethod['output']>,
): string | Uint8Array {
  return binary ? toBinary(output, create(output, response)) : JSON.stringify(messageJson(output, response));
}

async function sendMessage(
  req: HttpRequest,
  res: HttpResponse,
  message: string | Uint8Array,
  { binary }: Format,
  headers: Record<string, string>,
): Promise<void> {
  const typed = { 'content-type': binary ? 'application/proto' : 'application/json', ...headers };
  const gzip = message.length < COMPRESS_FROM ? undefined : acceptedCompression(req);
  if (!gzip) {
    send(res, 200, message, typed);
    return;
  }
  const bytes = typeof message === 'string' ? Buffer.from(message) : message;
  send(res, 200, await gzip.compress(bytes), { ...typed, 'content-encoding': gzip.name });
}

function acceptedCompression({ headers }: HttpRequest): Compression | null {
  const accepted = headers['accept-encoding']?.toString() ?? null;
  return compressionNegotiate([compressionGzip], null, accepted, 'accept-encoding').response;
}

function sendError(
  res: HttpResponse,
  error: ConnectError,
  status: number,
  headers: Record<string, string>,
): void {
  error.metadata.forEach((value, name) => {
    headers[name] = value;
  });
  const body = JSON.stringify(errorToJson(error, undefined));
  send(res, status, body, { 'content-type': 'application/json', ...headers });
}

function send(
  res: HttpResponse,
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string>,
): void {
  // The caller has hung up.
  if (res.headersSent || res.writableEnded || res.destroyed) return;
  res.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
  res.end(body);
}
