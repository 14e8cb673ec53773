import {
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextValues,
} from '@connectrpc/connect';
import type {
  UniversalHandler,
  UniversalServerRequest,
  UniversalServerResponse,
} from '@connectrpc/connect/protocol';
import { errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { Failure } from '../errors.js';
import { readBytes } from '../http/body.js';
import type { HttpHandler, HttpRequest } from '../http/message.js';
import { pathOf } from '../http/message.js';
import { type Arrival, arrivalKey } from './bind.js';
import { toConnectError } from './connectError.js';
import { findJsonFault } from './jsonFault.js';

/** Largest request message, bytes, and largest answer. A full Send is under 16 KiB; a page of sessions under 1.5 MiB. */
const READ_MAX = 65_536;
const WRITE_MAX = 4 * 1024 * 1024;
/** Longest deadline a caller can ask for, milliseconds. */
const TIMEOUT_MAX = 3_600_000;

interface Options {
  readonly routes: (router: ConnectRouter) => void;
  readonly peerOf: (req: HttpRequest) => string;
}

/**
 * Answers Connect, gRPC and gRPC-Web requests. Connect's own adapter with two
 * differences: handlers learn the caller's address, and a Connect request that
 * cannot be decoded is refused with our reason and the field named, without
 * quoting its value.
 */
export function createRpcHandler({ routes, peerOf }: Options): HttpHandler {
  const router = createConnectRouter({
    acceptCompression: [compressionGzip],
    readMaxBytes: READ_MAX,
    writeMaxBytes: WRITE_MAX,
    maxTimeoutMs: TIMEOUT_MAX,
  });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return async (req, res) => {
    const handler = handlers.get(pathOf(req));
    if (!handler) throw new Failure('ROUTE_NOT_FOUND');
    const arrival: Arrival = { peer: peerOf(req), reached: false };
    const request = universalRequestFromNodeRequest(
      req,
      res,
      undefined,
      createContextValues().set(arrivalKey, arrival),
    );
    const response = isPlainJson(req)
      ? await answerJson(handler, req, request, arrival)
      : await handler(request);
    await universalResponseToNodeResponse(response, res).catch((error: unknown) => {
      // The caller is gone or does not read: there is nobody to tell.
      if (!(error instanceof ConnectError)) throw error;
    });
  };
}

const isPlainJson = (req: HttpRequest): boolean =>
  req.method === 'POST' &&
  req.headers['content-encoding'] === undefined &&
  /^application\/json\b/i.test(req.headers['content-type'] ?? '');

async function answerJson(
  handler: UniversalHandler,
  req: HttpRequest,
  request: UniversalServerRequest,
  arrival: Arrival,
): Promise<UniversalServerResponse> {
  let body: Buffer;
  try {
    body = await readBytes(req, READ_MAX);
  } catch (thrown) {
    if (thrown instanceof Failure) return refusal(thrown);
    throw thrown;
  }
  const response = await handler({ ...request, body: once(body) });
  if (arrival.reached || response.status !== 400) return response;
  const fault = findJsonFault(handler.method.input, body.toString('utf8'));
  return refusal(new Failure('INVALID_REQUEST', fault && { violations: [fault] }));
}

function refusal(failure: Failure): UniversalServerResponse {
  const error = toConnectError(failure);
  const header = new Headers(error.metadata);
  header.set('content-type', 'application/json');
  return { status: failure.row.status, header, body: once(errorToJsonBytes(error, undefined)) };
}

async function* once(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield chunk;
}
