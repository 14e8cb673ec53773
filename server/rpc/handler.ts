import {
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextValues,
  type Interceptor,
} from '@connectrpc/connect';
import type { UniversalHandler, UniversalServerResponse } from '@connectrpc/connect/protocol';
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { Failure } from '../errors.js';
import { readBytes } from '../http/body.js';
import type { HttpRequest, HttpResponse } from '../http/message.js';
import { pathOf } from '../http/message.js';
import type { RejectedRequests } from '../http/rejectedRequests.js';
import { HOUR_MS } from '../platform/durations.js';
import { type Arrival, arrivalKey } from './bind.js';
import { isJsonPost, jsonTextOf } from './connectJson.js';
import { findUnknownName, hasEnums } from './enumNames.js';
import { unescapeMessage } from './grpcMessage.js';
import { findJsonFault } from './jsonFault.js';
import { refusalResponse, rewriteRefusal } from './rewriteRefusals.js';
import { READ_MAX, readMaxOf } from './sizes.js';
import { findStructFault } from './structFault.js';
import { findUnknownField, mayNameUnknownFields } from './unknownFields.js';

const WRITE_MAX = 4 * 1024 * 1024;
/** Longest deadline a caller can ask for, milliseconds. */
export const TIMEOUT_MAX = HOUR_MS;

interface Options {
  readonly routes: (router: ConnectRouter) => void;
  readonly peerOf: (req: HttpRequest) => string;
  readonly originOf: (req: HttpRequest) => string | undefined;
  readonly rejectedRequests: RejectedRequests;
}

/** Handles a request, of which the body may have been read. */
export type RpcHandler = (req: HttpRequest, res: HttpResponse, body?: Buffer) => Promise<void>;

/** A method's handler, and whether its requests name enum values. */
interface Method {
  readonly handler: UniversalHandler;
  readonly namesValues: boolean;
}

/** Runs once a request is decoded and a handler has it: from then on, errors are the handler's own. */
const markReached: Interceptor = (next) => (req) => {
  const arrival = req.contextValues.get(arrivalKey);
  if (req.stream) return next({ ...req, message: markingReached(req.message, arrival) });
  arrival.reached = true;
  return next(req);
};

/** The messages of a stream; the first one shows that the request could be decoded. */
async function* markingReached<T>(messages: AsyncIterable<T>, arrival: Arrival): AsyncIterable<T> {
  for await (const message of messages) {
    arrival.reached = true;
    yield message;
  }
}

/**
 * Handles Connect, gRPC and gRPC-Web requests. Like Connect's own adapter, with
 * these differences: handlers get the caller's IP address; a request that cannot
 * be decoded is refused with a reason of the contract, in Connect's JSON with the
 * field named, and without quoting its value; the rest of a refused request is
 * read.
 */
export function createRpcHandler({ routes, peerOf, originOf, rejectedRequests }: Options): RpcHandler {
  const router = createConnectRouter({
    acceptCompression: [compressionGzip],
    readMaxBytes: READ_MAX,
    writeMaxBytes: WRITE_MAX,
    maxTimeoutMs: TIMEOUT_MAX,
    interceptors: [markReached],
  });
  routes(router);
  const methods = new Map<string, Method>(
    router.handlers.map((handler) => [
      handler.requestPath,
      { handler, namesValues: hasEnums(handler.method.input) },
    ]),
  );

  return async (req, res, read) => {
    const method = methods.get(pathOf(req));
    if (!method) throw new Failure('ROUTE_NOT_FOUND');
    // The pipeline sets it again; a request that never reaches the pipeline needs it, too.
    const requestId = rejectedRequests.idOf(req);
    res.setHeader('x-request-id', requestId);
    const arrival = { peer: peerOf(req), origin: originOf(req), requestId, reached: false };
    const response = await respond({ ...method, read }, req, res, arrival, (failure) =>
      rejectedRequests.refused(failure, req, requestId),
    );
    await universalResponseToNodeResponse(withUnescapedMessage(response), res).catch((error: unknown) => {
      // The caller hung up or does not read: the error cannot be delivered.
      if (!(error instanceof ConnectError)) throw error;
    });
  };
}

async function respond(
  { handler, namesValues, read }: Method & { readonly read: Buffer | undefined },
  req: HttpRequest,
  res: HttpResponse,
  arrival: Arrival,
  refused: (failure: Failure) => void,
): Promise<UniversalServerResponse> {
  const refuse = (failure: Failure) => {
    refused(failure);
    return refusalResponse(failure);
  };
  const values = createContextValues().set(arrivalKey, arrival);
  const request = universalRequestFromNodeRequest(req, res, undefined, values);
  let body = read;
  let json: string | undefined;
  try {
    const isJson = isJsonPost(req);
    if (isJson) body ??= await readBytes(req, readMaxOf(handler.method));
    json = jsonTextOf(req, isJson ? body : undefined, readMaxOf(handler.method));
  } catch (thrown) {
    if (thrown instanceof Failure) return refuse(thrown);
    throw thrown;
  }
  const { input } = handler.method;
  const unknown = namesValues ? findUnknownName(input, json ?? '') : undefined;
  const misspelled = mayNameUnknownFields(req) ? undefined : findUnknownField(input, json ?? '');
  const fault = unknown ?? misspelled ?? findStructFault(input, json ?? '');
  if (fault) return refuse(new Failure('INVALID_REQUEST', { violations: [fault] }));

  const response = await handler({ ...request, body: body ? once(body) : chunksOf(req) });
  if (arrival.reached) return response;
  if (response.status === 405) {
    res.setHeader('allow', [...new Set(handler.allowedMethods), 'OPTIONS'].join(', '));
    throw new Failure('METHOD_NOT_ALLOWED');
  }
  if (response.status === 415)
    throw new Failure('UNSUPPORTED_MEDIA_TYPE', {
      message:
        'The Content-Type header must be application/json or application/proto, or one of gRPC or gRPC-Web.',
    });
  return rewriteRefusal(
    response,
    () => (json === undefined ? undefined : findJsonFault(input, json)),
    refused,
  );
}

/** For a stream at its end, because its trailer is complete only then. */
function withUnescapedMessage(response: UniversalServerResponse): UniversalServerResponse {
  const { body, trailer } = response;
  if (!trailer) return response;
  if (!body) {
    unescapeMessage(trailer);
    return response;
  }
  async function* whole(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    yield* chunks;
    unescapeMessage(trailer!);
  }
  return { ...response, body: whole(body) };
}

/**
 * A body, chunk by chunk. What is left of it after a refusal is read and
 * discarded: on HTTP/2 an unread rest would keep the stream open.
 */
async function* chunksOf(req: HttpRequest): AsyncIterable<Uint8Array> {
  try {
    yield* req.iterator({ destroyOnReturn: false });
  } finally {
    req.resume();
  }
}

async function* once(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield chunk;
}
