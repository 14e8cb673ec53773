import type { DescService, Message } from '@bufbuild/protobuf';
import type { ConnectError } from '@connectrpc/connect';
import { Failure } from '../errors.js';
import { readBytes } from '../http/body.js';
import { type HttpHandler, type HttpRequest, pathOf } from '../http/message.js';
import type { RejectedRequests } from '../http/rejectedRequests.js';
import { isAbandoned } from '../pipeline/callLifecycle.js';
import { readEnvelope } from '../pipeline/envelope.js';
import { headersOf } from '../pipeline/headers.js';
import type { Pipeline } from '../pipeline/index.js';
import { CREDENTIAL_HEADERS } from './bind.js';
import { callSignal } from './callSignal.js';
import { toConnectError } from './connectError.js';
import { connectUnary } from './connectUnary.js';
import { hasEnums } from './enumNames.js';
import { grpcUnary } from './grpcUnary.js';
import type { RpcHandler } from './handler.js';
import { readMaxOf } from './sizes.js';
import type { Exchange, Target, UnaryProtocol } from './unaryProtocol.js';

interface Options {
  readonly services: readonly DescService[];
  readonly pipeline: Pipeline;
  readonly peerOf: (req: HttpRequest) => string;
  readonly originOf: (req: HttpRequest) => string | undefined;
  readonly rejectedRequests: RejectedRequests;
  /** Handles every other request. */
  readonly fallback: RpcHandler;
}

type Timed = { readonly timeoutMs: number | undefined };

/**
 * Handles the plain form of Connect's and gRPC's unary calls as Connect does, at
 * about half the cost of its own handlers, which are built on web streams, headers
 * and signals that most calls do not need. Every other request is left to those.
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
    if (!target) return fallback(req, res);
    const exchange = { req, res, headers: {} };
    const grpc = grpcUnary.formatOf(req);
    if (grpc) return handle(grpcUnary, { target, format: grpc }, exchange);
    const connect = connectUnary.formatOf(req);
    return connect ? handle(connectUnary, { target, format: connect }, exchange) : fallback(req, res);
  };

  async function handle<F extends Timed>(
    protocol: UnaryProtocol<F>,
    { target, format }: { readonly target: Target; readonly format: F },
    exchange: Exchange,
  ): Promise<void> {
    const { req, res, headers } = exchange;
    const { method } = target;
    let request: Message | undefined;
    try {
      const body = await readBytes(req, readMaxOf(method) + protocol.overhead);
      request = protocol.decode(target, format, body);
      if (!request) return fallback(req, res, body);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      // On HTTP/2 an unread rest would keep the stream open.
      req.resume();
      const requestId = rejectedRequests.idOf(req);
      rejectedRequests.refused(thrown, req, requestId);
      headers['x-request-id'] = requestId;
      return protocol.sendError(exchange, toConnectError(thrown), thrown);
    }
    const { signal, release } = callSignal(res, format.timeoutMs);
    const envelope = readEnvelope((name) => req.headers[name] as string | undefined, {
      transport: protocol.transport,
      credentialIn: CREDENTIAL_HEADERS,
      peer: peerOf(req),
      origin: originOf(req),
      requestId: undefined,
      signal,
    });
    try {
      const response = await pipeline.call(method, request, envelope, (call) => {
        Object.assign(headers, headersOf(call));
      });
      release();
      await protocol.send(exchange, { method, format }, response);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      const error = isAbandoned(signal, thrown) ? (signal.reason as ConnectError) : toConnectError(thrown);
      protocol.sendError(exchange, error);
    } finally {
      release();
    }
  }
}
